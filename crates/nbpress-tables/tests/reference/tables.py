"""Writes one table in every format, and what pandas answers to the questions the test asks."""

import json
import sys

import numpy
import pandas
import pyarrow
import pyarrow.feather
import pyarrow.parquet

folder = sys.argv[1]
rows = 5000
chance = numpy.random.default_rng(7)
frame = pandas.DataFrame(
    {
        "id": numpy.arange(rows),
        "region": chance.choice(["north", "south", "East", "west"], rows),
        "revenue": chance.normal(100, 30, rows).round(6),
        "day": pandas.Timestamp("2026-01-01") + pandas.to_timedelta(chance.integers(0, 90, rows), unit="D"),
        "good": chance.random(rows) < 0.3,
    }
)
frame.loc[frame.index % 11 == 0, "revenue"] = numpy.nan
frame["day"] = frame["day"].astype("datetime64[ms]")

table = pyarrow.Table.from_pandas(frame, preserve_index=False)
pyarrow.parquet.write_table(table, f"{folder}/t.parquet", row_group_size=700, compression="zstd")
pyarrow.parquet.write_table(table, f"{folder}/t.snappy.parquet", row_group_size=700, compression="snappy")
pyarrow.feather.write_feather(table, f"{folder}/t.arrow", compression="uncompressed")
frame.to_csv(f"{folder}/t.csv", index=False, date_format="%Y-%m-%dT%H:%M:%S")
frame.to_json(f"{folder}/t.jsonl", orient="records", lines=True, date_format="iso")
resource = frame.to_json(orient="table", index=False)
open(f"{folder}/t.json", "w").write(resource)



def question(mask, filter=None, sort=(), offset=0, limit=20):
    found = frame if mask is None else frame[mask]
    if sort:
        found = found.sort_values(
            [name for name, _ in sort], ascending=[not down for _, down in sort], kind="stable", na_position="last"
        )
    keys = [{"column": name, "descending": down} for name, down in sort]
    query = {"offset": offset, "limit": limit, "sort": keys, "columns": ["revenue", "id"]}
    if filter:
        query["filter"] = filter
    page = found.iloc[offset : offset + limit]
    return {"query": query, "matching": len(found), "ids": page["id"].tolist()}


def test(column, relation, value=None):
    return {"column": column, "is": relation, "value": value}


f = frame
west = f.region == "west"
questions = [
    question(None),
    question(None, offset=4990),
    question(None, offset=6000),
    question(None, offset=695, limit=10),
    question(None, sort=[("revenue", False)]),
    question(None, sort=[("revenue", True)], offset=100),
    question(None, sort=[("revenue", True)], offset=4980),
    question(None, sort=[("region", False), ("revenue", True)], offset=30),
    question(None, sort=[("good", True), ("day", False)]),
    question(f.id == 4321, test("id", "=", 4321)),
    question(f.id < 100, test("id", "<", 100), offset=90),
    question(f.id <= 100, test("id", "<=", "100"), offset=90),
    question(f.id > 4900, test("id", ">", 4900)),
    question(f.id >= 4900, test("id", ">=", 4900), sort=[("revenue", False)]),
    question(west, test("region", "=", "west")),
    question((f.region != "west"), test("region", "!=", "west"), sort=[("id", True)]),
    question(f.region.str.contains("EAST", case=False), test("region", "contains", "EAST")),
    question(f.revenue.isna(), test("revenue", "null")),
    question(f.revenue.notna(), test("revenue", "not null"), offset=40),
    question(f.revenue > 120, test("revenue", ">", 120)),
    question(f.revenue.notna() & (f.revenue != f.revenue[1]), test("revenue", "!=", f.revenue[1])),
    question(f.good, test("good", "=", True)),
    question(f.day >= "2026-03-01", test("day", ">=", "2026-03-01T00:00:00"), sort=[("day", False)]),
    question(
        west & ((f.id < 50) | (f.id > 4950)),
        {"and": [test("region", "=", "west"), {"or": [test("id", "<", 50), test("id", ">", 4950)]}]},
    ),
    question(f.id < 0, test("id", "<", 0), sort=[("region", False)]),
]

values = f.revenue.dropna()
summary = {
    "count": len(values),
    "nulls": int(f.revenue.isna().sum()),
    "distinct": int(values.nunique()),
    "min": values.min(),
    "max": values.max(),
    "mean": values.mean(),
    "bins": numpy.histogram(values, bins=20)[0].tolist(),
    "top": [[name, int(count)] for name, count in f.region.value_counts().items()],
}
print(json.dumps({"rows": rows, "questions": questions, "summary": summary}))
