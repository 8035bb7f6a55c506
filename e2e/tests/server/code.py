"""`make` writes a table in every format that the explorer's menu reads; `run` runs what the menu wrote, in the folder with them."""

import datetime
import decimal
import json
import sys

import duckdb
import numpy
import pandas
import polars
import pyarrow
import pyarrow.feather
import pyarrow.parquet

ROWS = 400
chance = numpy.random.default_rng(11)


def some(values, share=0.1):
    return [None if chance.random() < share else value for value in values]


texts = ["plain", 'say "hi"', "it's", "100%", "a_b", "back\\slash", "two\nlines", "Zürich", "ZÜRICH", "'; DROP TABLE t; --", "", "NA"]
days = [datetime.date(2024, 1, 1) + datetime.timedelta(days=int(day)) for day in chance.integers(-20_000, 500, ROWS)]
instants = [datetime.datetime(2024, 3, 30) + datetime.timedelta(milliseconds=int(ms)) for ms in chance.integers(0, 10**9, ROWS)]
floats = some([float(value) for value in chance.normal(0, 10, ROWS).round(1)])


def make():
    columns = {
        "id": pyarrow.array(range(ROWS)),
        'te"xt \\ ü': pyarrow.array(some(chance.choice(texts, ROWS))),
        "x": pyarrow.array([float("nan") if at % 17 == 0 else value for at, value in enumerate(floats)], pyarrow.float64()),
        "n": pyarrow.array(some(int(value) for value in chance.integers(-50, 50, ROWS)), pyarrow.int64()),
        "long": pyarrow.array([2**53 + int(value) for value in chance.integers(0, 9, ROWS)]),
        "ok": pyarrow.array(some(bool(value) for value in chance.integers(0, 2, ROWS))),
        "day": pyarrow.array(some(days)),
        "at": pyarrow.array(some(instants), pyarrow.timestamp("ms")),
    }
    text_table = pyarrow.table(columns)
    columns["zoned"] = pyarrow.array(some(instants), pyarrow.timestamp("us", "Europe/Berlin"))
    columns["money"] = pyarrow.array(some(decimal.Decimal(int(value)) / 100 for value in chance.integers(-500, 500, ROWS)), pyarrow.decimal128(9, 2))
    columns["class"] = pyarrow.array(some(chance.choice(["z", "a", "m"], ROWS))).dictionary_encode()
    table = pyarrow.table(columns)
    pyarrow.parquet.write_table(table, "it's.parquet", row_group_size=150)
    pyarrow.parquet.write_table(table, "short.pq")
    pyarrow.feather.write_feather(table, "t.feather", compression="uncompressed")
    frame = text_table.to_pandas(integer_object_nulls=True)
    frame["at"] = [None if pandas.isna(at) else at.isoformat(timespec="milliseconds") for at in frame["at"]]
    frame.to_csv("t.csv", index=False)


def run():
    asked = json.load(sys.stdin)
    answers = [{name: attempt(RUNNERS[name], code, asked["path"]) for name, code in codes.items()} for codes in asked["codes"]]
    json.dump(answers, sys.stdout)


def attempt(runner, code, path):
    try:
        columns, ids = runner(code, path)
        return {"columns": list(columns), "ids": [int(value) for value in ids]}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def of_python(name, module):
    def runner(code, _path):
        *before, last = code.split("\n")
        names = {name: module}
        exec("\n".join(before), names)
        frame = eval(last, names)
        return frame.columns, list(frame["id"])

    return runner


def of_sql(code, path):
    # The query of a file of Arrow is about a variable of this name.
    df = pandas.read_feather(path) if path.endswith(".feather") else None
    answer = duckdb.sql(code)
    at = answer.columns.index("id")
    return answer.columns, [row[at] for row in answer.fetchall()]


RUNNERS = {"pandas": of_python("pd", pandas), "polars": of_python("pl", polars), "sql": of_sql}

{"make": make, "run": run}[sys.argv[1]]()
