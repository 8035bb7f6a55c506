"""Relations of DuckDB. Each is a query, which is executed once more for this; its rows are written as they come."""


class RelationView(ArrowView):
    def __init__(self, relation):
        import pyarrow

        # Another one, because older versions keep a result in the relation itself and give each row once.
        relation = relation.project(text_of_intervals(relation))
        read = getattr(relation, "to_arrow_reader", None) or relation.fetch_record_batch
        self.unread = read(SLICE_ROWS)
        batches, rows = [], 0
        for batch in self.unread:
            batches.append(batch)
            rows += batch.num_rows
            if rows > FIRST_ROWS:
                break
        super().__init__(pyarrow.Table.from_batches(batches, self.unread.schema))

    def write(self, path, room):
        kinds = [plain_type(kind) for kind in self.table.schema.types]
        try:
            return write_parquet(self, path, kinds, self.parts(room), room)
        except Omitted as omitted:
            raise Omitted(f"{omitted}, and there are more") from None

    def parts(self, room):
        yield plain(self.table.columns)
        for batch in self.unread:
            self.rows += batch.num_rows
            if self.rows > room.rows:
                raise Omitted(f"it has more than {room.rows} rows")
            yield plain(batch.columns)


def text_of_intervals(relation):
    """All columns; those that Parquet has no type for as text."""
    names = ['"{}"'.format(name.replace('"', '""')) for name in relation.columns]
    texts = [name for name, kind in zip(names, relation.types) if str(kind) in ("INTERVAL", "TIME WITH TIME ZONE")]
    replaced = ", ".join(f"CAST({name} AS VARCHAR) AS {name}" for name in texts)
    return f"* REPLACE ({replaced})" if texts else "*"
