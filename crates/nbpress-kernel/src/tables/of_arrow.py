"""Tables of Arrow, and how a frame becomes a Parquet file with it."""


class ArrowView:
    """A `pyarrow.Table` or a batch of one."""

    def __init__(self, table):
        import pyarrow

        if isinstance(table, pyarrow.RecordBatch):
            table = pyarrow.Table.from_batches([table])
        self.table = table
        self.rows = table.num_rows
        self.names = distinct(table.column_names)
        self.types = [word_of_arrow(kind) for kind in table.schema.types]
        self.key = []

    def values(self, first, count):
        part = self.table.slice(first, count)
        return [column.to_pylist() for column in plain(part.columns)]

    def write(self, path, room):
        kinds = [plain_type(kind) for kind in self.table.schema.types]
        parts = (plain(self.table.slice(first, count).columns) for first, count in slices(self))
        return write_parquet(self, path, kinds, parts, room)


def word_of_arrow(kind):
    from pyarrow import types

    kind = plain_type(kind)
    for word, is_one in [
        ("boolean", types.is_boolean),
        ("integer", types.is_integer),
        ("number", types.is_floating),
        ("datetime", types.is_timestamp),
        ("date", types.is_date),
        ("time", types.is_time),
        ("duration", types.is_duration),
    ]:
        if is_one(kind):
            return word
    return "string"


def plain_type(kind):
    """A type that every reader of Parquet knows, for the same values."""
    import pyarrow
    from pyarrow import types

    if isinstance(kind, pyarrow.BaseExtensionType):
        return plain_type(kind.storage_type)
    if types.is_dictionary(kind):
        return plain_type(kind.value_type)
    if types.is_large_string(kind) or types.is_null(kind) or str(kind) == "string_view":
        return pyarrow.string()
    if types.is_large_binary(kind) or str(kind) == "binary_view":
        return pyarrow.binary()
    if str(kind) == "halffloat":
        return pyarrow.float32()
    return kind


def plain(columns):
    import pyarrow

    def cast(column):
        if isinstance(column.type, pyarrow.BaseExtensionType):
            column = column.cast(column.type.storage_type)
        return column.cast(plain_type(column.type))

    return [cast(column) for column in columns]


def write_parquet(view, path, kinds, parts, room):
    """Part by part, so that the memory it takes is that of a part: its columns, each as an array."""
    import pyarrow
    import pyarrow.parquet

    schema = pyarrow.schema(list(zip(view.names, kinds)))
    with open(path, "wb") as file, pyarrow.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for columns in parts:
            part = pyarrow.table(columns, schema=schema)
            room.take(part.nbytes)
            writer.write_table(part, row_group_size=max(1, part.num_rows))
    return "parquet"
