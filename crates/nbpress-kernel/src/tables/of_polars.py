"""Frames of polars, which writes Parquet itself."""


class PolarsView:
    def __init__(self, frame):
        self.frame = frame
        self.rows = frame.height
        self.names = list(frame.columns)
        self.types = [word_of_polars(str(kind)) for kind in frame.dtypes]
        self.key = []

    def values(self, first, count):
        part = self.frame.slice(first, count)
        return [column.to_list() for column in part.get_columns()]

    def write(self, path, room):
        polars = sys.modules["polars"]
        room.take(self.frame.estimated_size())
        words = [polars.col(polars.Categorical), polars.col(polars.Enum)]
        frame = self.frame.with_columns(column.cast(polars.String) for column in words)
        frame.write_parquet(path, compression="zstd", row_group_size=self.slice)
        return "parquet"


def word_of_polars(kind):
    for word, beginnings in [
        ("boolean", ("Boolean",)),
        ("integer", ("Int", "UInt")),
        ("number", ("Float",)),
        ("datetime", ("Datetime",)),
        ("date", ("Date",)),
        ("time", ("Time",)),
        ("duration", ("Duration",)),
    ]:
        if kind.startswith(beginnings):
            return word
    return "string"
