"""Has the shell show data frames as rows, too. The program that makes them is compiled when the first one is shown."""


def install(settings, program):
    from IPython import get_ipython
    from IPython.core.formatters import BaseFormatter
    from traitlets import ObjectName, Unicode

    class TableFormatter(BaseFormatter):
        format_type = Unicode("application/vnd.dataresource+json")
        print_method = ObjectName("_repr_data_resource_")
        _return_type = (dict,)

    loaded = {"__name__": "nbpress"}

    def shown_by(kind):
        def resource(frame):
            try:
                if "resource" not in loaded:
                    exec(compile(program, "<nbpress>", "exec"), loaded)
                return loaded["resource"](kind, frame, settings)
            # A table that cannot be made is not the notebook's fault: it shows what it did before.
            except Exception:
                return None

        return resource

    def shown_if_quick(formatter, resource):
        from time import monotonic

        def bundle(relation):
            begin = monotonic()
            own = getattr(type(relation), "_repr_mimebundle_", None)
            shown = {"text/plain": repr(relation)} if own is None else own(relation)
            table = resource(relation) if formatter.enabled and monotonic() - begin < 5 else None
            return shown if table is None else {**shown, formatter.format_type: table}

        return bundle

    formatter = TableFormatter(parent=get_ipython().display_formatter)
    # By name: a library that the notebook does not import is not there.
    for kind, module, name in [
        ("pandas", "pandas", "DataFrame"),
        ("pandas", "pandas.core.frame", "DataFrame"),
        ("polars", "polars.dataframe.frame", "DataFrame"),
        ("arrow", "pyarrow.lib", "Table"),
        ("arrow", "pyarrow.lib", "RecordBatch"),
        ("results", "sql.run", "ResultSet"),
        ("results", "sql.run.resultset", "ResultSet"),
    ]:
        formatter.for_type_by_name(module, name, shown_by(kind))
    # A query whose showing takes long is not executed once more.
    bundles = get_ipython().display_formatter.mimebundle_formatter
    for module in ["duckdb._relation", "_duckdb", "duckdb.duckdb"]:
        bundles.for_type_by_name(module, "DuckDBPyRelation", shown_if_quick(formatter, shown_by("duckdb")))
    get_ipython().display_formatter.formatters[formatter.format_type] = formatter


try:
    install(SETTINGS, PROGRAM)
except Exception:
    pass
