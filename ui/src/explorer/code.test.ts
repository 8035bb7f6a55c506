import { expect, test } from "vitest";

import { asPandas, asPolars, asSql, type Shown } from "./code.ts";

const columns: Shown["columns"] = [
  { name: 'say "hi"', type: "Utf8", kind: "text" },
  { name: "n", type: "Int64", kind: "number" },
  { name: "ok", type: "Boolean", kind: "text" },
  { name: "day", type: "Timestamp(ms)", kind: "time" },
  { name: "at", type: 'Timestamp(ms, "UTC")', kind: "time" },
];
const nothing: Shown = { columns, hidden: [], sort: [], filter: undefined, path: undefined };

test("everything is the table itself", () => {
  expect(asPandas(nothing)).toBe("df");
  expect(asSql(nothing)).toBe("SELECT *\nFROM df");
  expect(asPandas({ ...nothing, path: "a/b.parquet" })).toBe('df = pd.read_parquet("a/b.parquet")\ndf');
  expect(asSql({ ...nothing, path: "it's.csv" })).toBe("SELECT *\nFROM 'it''s.csv'");
});

test.each<[filter: Shown["filter"], pandas: string, sql: string]>([
  [{ column: "n", is: "=", value: 3 }, '(df["n"] == 3)', '"n" = 3'],
  [{ column: "n", is: ">=", value: "9007199254740993" }, '(df["n"] >= 9007199254740993)', '"n" >= 9007199254740993'],
  [{ column: "n", is: "!=", value: 3 }, '(df["n"].notna() & (df["n"] != 3))', '"n" <> 3'],
  [{ column: 'say "hi"', is: "=", value: "'; DROP" }, String.raw`(df["say \"hi\""] == "'; DROP")`, `"say ""hi""" = '''; DROP'`],
  [{ column: "ok", is: "=", value: "true" }, '(df["ok"] == True)', `"ok" = 'true'`],
  [{ column: "n", is: "not null" }, 'df["n"].notna()', '"n" IS NOT NULL'],
  [{ column: "n", is: "contains", value: "5%" }, 'df["n"].map(str, na_action="ignore").str.contains("5%", case=False, regex=False, na=False)', String.raw`CAST("n" AS VARCHAR) ILIKE '%5\%%' ESCAPE '\'`],
  [{ column: "day", is: "<", value: "2026-01-01T00:00:00.000Z" }, '(df["day"] < pd.Timestamp("2026-01-01T00:00:00.000"))', `"day" < '2026-01-01T00:00:00.000'`],
  [{ column: "at", is: "<", value: "2026-01-01T00:00:00.000Z" }, '(df["at"] < pd.Timestamp("2026-01-01T00:00:00.000Z"))', `"at" < '2026-01-01T00:00:00.000Z'`],
  [{ and: [{ or: [{ column: "n", is: "null" }, { column: "n", is: "<", value: 1 }] }, { column: "ok", is: "null" }] }, '(df["n"].isna() | (df["n"] < 1)) & df["ok"].isna()', '("n" IS NULL OR "n" < 1)\n  AND "ok" IS NULL'],
])("%j", (filter, pandas, sql) => {
  expect(asPandas({ ...nothing, filter })).toBe(`df[${pandas}]`);
  expect(asSql({ ...nothing, filter })).toBe(`SELECT *\nFROM df\nWHERE ${sql}`);
});

test("rows are sorted before a column goes that they are sorted by", () => {
  const shown: Shown = { ...nothing, hidden: ["n", "ok", "day", "at"], sort: [{ column: "n", descending: true }, { column: "day", descending: false }] };
  expect(asPandas(shown)).toBe(String.raw`df.sort_values(["n", "day"], ascending=[False, True], kind="stable")[["say \"hi\""]]`);
  expect(asSql(shown)).toBe('SELECT "say ""hi"""\nFROM df\nORDER BY "n" DESC NULLS LAST, "day" NULLS LAST');
});

test("polars has filters, an order and columns one after the other", () => {
  const shown: Shown = { ...nothing, hidden: ["ok", "day", "at"], sort: [{ column: "n", descending: true }], filter: { and: [{ column: "n", is: ">", value: 3 }, { column: 'say "hi"', is: "contains", value: "A" }] }, path: "a.csv" };
  expect(asPolars(shown)).toBe(
    [
      String.raw`df = pl.read_csv("a.csv", try_parse_dates=True, new_columns=["say \"hi\"", "n", "ok", "day", "at"])`,
      String.raw`df.filter((pl.col("n") > 3), pl.col("say \"hi\"").str.to_lowercase().str.contains("a", literal=True)).sort(pl.col("n"), descending=[True], nulls_last=True, maintain_order=True).select("say \"hi\"", "n")`,
    ].join("\n"),
  );
});

test("NaN, instants of a zone and categories are what they are here", () => {
  const typed: Shown["columns"] = [
    { name: "x", type: "Float64", kind: "number" },
    { name: "t", type: 'Timestamp(us, "Europe/Berlin")', kind: "time" },
    { name: "c", type: "Dictionary(Int32, Utf8)", kind: "text" },
  ];
  const shown = (filter: Shown["filter"]): Shown => ({ ...nothing, columns: typed, path: "t.parquet", filter });
  expect(asSql(shown({ column: "x", is: ">", value: 1 }))).toContain("WHERE CASE WHEN CAST(\"x\" AS VARCHAR) NOT IN ('nan', 'NaN') THEN \"x\" END > 1");
  expect(asSql(shown({ column: "x", is: "<", value: 1 }))).toContain('WHERE "x" < 1');
  expect(asPolars(shown({ column: "x", is: "null" }))).toContain('pl.col("x").fill_nan(None).is_null()');
  expect(asPolars(shown({ column: "t", is: "<", value: "2026-01-01T00:00:00Z" }))).toContain('.dt.convert_time_zone("Europe/Berlin")');
  expect(asPandas(shown(undefined))).toBe('df = pd.read_parquet("t.parquet").astype({"c": object})\ndf');
});
