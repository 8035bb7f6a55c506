"""Results of SQL magics: ipython-sql's are lists of rows, jupysql's fetch them as they are asked for."""


class ResultsView(PandasView):
    def __init__(self, result):
        # No other package that these need makes frames of rows.
        import pandas

        rows = [tuple(row) for row in fetched(result)]
        names = distinct(result.keys)
        super().__init__(pandas.DataFrame.from_records(rows, columns=names))
        # They have no index.
        self.levels, self.key = [], []
        self.names, self.types = names, self.types[1:]


def fetched(result):
    """All rows: those that are not fetched yet are in a database, and may be any number."""
    if isinstance(result, list):
        return result
    # The other half is for writing them.
    until = time.monotonic() + PATIENCE / 2
    while not result._done_fetching():
        if len(result._results) > MOST_FETCHED or time.monotonic() > until:
            raise TooMany
        result.fetchmany(size=SLICE_ROWS)
    return result._results


class TooMany(Exception):
    """The result is shown as the magic shows it."""


# Rows of Python's objects that are held twice while their table is made.
MOST_FETCHED = 1_000_000


VIEWS = {
    "arrow": ArrowView,
    "duckdb": RelationView,
    "pandas": PandasView,
    "polars": PolarsView,
    "results": ResultsView,
}
