"""Frames of pandas: the index is the first columns, as in pandas' own table schema."""


class PandasView:
    def __init__(self, frame):
        self.frame = frame
        self.rows = len(frame)
        columns = distinct(frame.columns)
        levels = list(frame.index.names)
        unnamed = "index" if len(levels) == 1 and "index" not in columns else "level_{}"
        levels = [unnamed.format(at) if name is None else name for at, name in enumerate(levels)]
        self.levels = distinct(levels, columns)
        self.names = self.levels + columns
        # Whether another index is unique takes a table of its values to say.
        self.key = self.levels if type(frame.index).__name__ == "RangeIndex" else []
        self.types = [word_of_pandas(series) for series in self.series(0, min(self.rows, 10_000))]

    def series(self, first, count):
        """The columns of some rows."""
        part = self.frame.iloc[first : first + count]
        levels = [part.index.get_level_values(at) for at in range(len(self.levels))]
        columns = [part.iloc[:, at] for at in range(part.shape[1])]
        return [dense(series) for series in [level.to_series() for level in levels] + columns]

    def values(self, first, count):
        return [series.astype(object).tolist() for series in self.series(first, count)]

    def write(self, path, room):
        # Texts are not counted here, but when they are converted.
        if self.frame.memory_usage(index=False, deep=False).sum() > room.left:
            room.take(room.left + 1)
        # pandas brings it along where it is installed, and then it is there.
        if sys.modules.get("pyarrow") is None:
            return self.write_lines(path, room)
        kinds = [arrow_type(series) for series in self.series(0, self.rows)]

        def columns(first, count):
            series = self.series(first, count)
            return [arrow_array(one, kind) for one, kind in zip(series, kinds)]

        parts = (columns(first, count) for first, count in slices(self))
        return write_parquet(self, path, kinds, parts, room)

    def write_lines(self, path, room):
        frame_of = sys.modules["pandas"].DataFrame
        room.left = min(room.left, MOST_BYTES_OF_LINES)
        with open(path, "w", encoding="utf-8") as file:
            for first, count in slices(self):
                series = [json_array(one) for one in self.series(first, count)]
                part = frame_of(dict(zip(self.names, series)))
                lines = part.to_json(orient="records", lines=True, date_format="iso", date_unit="us")
                room.take(len(lines))
                file.write(lines)
        return "jsonl"


# Lines of JSON are read whole whenever they are asked.
MOST_BYTES_OF_LINES = 64 << 20

def dense(series):
    return series.sparse.to_dense() if str(series.dtype).startswith("Sparse[") else series


WORDS = {"b": "boolean", "i": "integer", "u": "integer", "f": "number", "M": "datetime", "m": "duration"}
WORDS_OF_OBJECTS = {
    "boolean": "boolean",
    "date": "date",
    "datetime": "datetime",
    "datetime64": "datetime",
    "floating": "number",
    "integer": "integer",
    "mixed-integer-float": "number",
    "time": "time",
}


def word_of_pandas(series):
    if series.dtype.kind != "O":
        return WORDS.get(series.dtype.kind, "string")
    if series.dtype != object:
        return "string"
    return WORDS_OF_OBJECTS.get(objects_of(series), "string")


def objects_of(series):
    """What the objects of a column are, in pandas' word."""
    return sys.modules["pandas"].api.types.infer_dtype(series, skipna=True)


def arrow_type(series):
    """The type all values of a column have in Arrow; text where they have none in common."""
    import pyarrow

    if series.dtype == object:
        kinds = {
            "boolean": pyarrow.bool_(),
            "bytes": pyarrow.binary(),
            "date": pyarrow.date32(),
            "datetime": pyarrow.timestamp("us"),
            "datetime64": pyarrow.timestamp("ns"),
            "floating": pyarrow.float64(),
            "integer": pyarrow.int64(),
            "mixed-integer-float": pyarrow.float64(),
            "time": pyarrow.time64("us"),
        }
        objects = objects_of(series)
        kind = kinds.get(objects, pyarrow.string())
        if objects == "decimal":
            # How many digits there are is known when all have been looked at.
            with contextlib.suppress(pyarrow.ArrowException):
                kind = pyarrow.array(series, from_pandas=True).type
    else:
        try:
            kind = pyarrow.array(series.iloc[:0], from_pandas=True).type
        except Exception:
            return pyarrow.string()
        if isinstance(kind, pyarrow.BaseExtensionType):
            return pyarrow.string()
    if series.dtype.kind == "O" and not fits(series, kind):
        return pyarrow.string()
    return plain_type(kind)


def fits(series, kind):
    """Integers of Python can be longer than those of Arrow."""
    import pyarrow

    if not pyarrow.types.is_integer(kind):
        return True
    values = series.dropna()
    return len(values) == 0 or -(2**63) <= values.min() and values.max() < 2**63


def arrow_array(series, kind):
    import pyarrow

    if pyarrow.types.is_string(kind) and series.dtype == object:
        values = (None if value is None or is_missing(value) else text_of(value) for value in series)
        return pyarrow.array(values, kind)
    try:
        array = pyarrow.array(series, from_pandas=True)
    except Exception:
        array = None
    if array is None or isinstance(array.type, pyarrow.BaseExtensionType):
        values = (None if is_missing(value) else text_of(value) for value in series.astype(object))
        return pyarrow.array(values, kind)
    return array.cast(kind)


def json_array(series):
    """Values that look the same in each line."""
    if series.dtype.kind in "biufM":
        return series.array
    values = series.astype(object)
    return [None if value is None or is_missing(value) else text_of(value) for value in values]
