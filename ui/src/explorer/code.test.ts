import { expect, test } from "vitest";

import { asPandas, asSql, type Shown } from "./code.ts";

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

test.each<[Shown["filter"], string, string]>([
  [{ column: "n", is: "=", value: 3 }, '(df["n"] == 3)', '"n" = 3'],
  [{ column: "n", is: ">=", value: "9007199254740993" }, '(df["n"] >= 9007199254740993)', '"n" >= 9007199254740993'],
  [{ column: "n", is: "!=", value: 3 }, '(df["n"].notna() & (df["n"] != 3))', '"n" <> 3'],
  [{ column: 'say "hi"', is: "=", value: "'; DROP" }, String.raw`(df["say \"hi\""] == "'; DROP")`, `"say ""hi""" = '''; DROP'`],
  [{ column: "ok", is: "=", value: "true" }, '(df["ok"] == True)', `"ok" = 'true'`],
  [{ column: "n", is: "not null" }, 'df["n"].notna()', '"n" IS NOT NULL'],
  [{ column: "n", is: "contains", value: "5%" }, 'df["n"].astype(str).str.contains("5%", case=False, regex=False, na=False)', String.raw`CAST("n" AS VARCHAR) ILIKE '%5\%%' ESCAPE '\'`],
  [{ column: "day", is: "<", value: "2026-01-01T00:00:00.000Z" }, '(df["day"] < "2026-01-01T00:00:00.000")', `"day" < '2026-01-01T00:00:00.000'`],
  [{ column: "at", is: "<", value: "2026-01-01T00:00:00.000Z" }, '(df["at"] < "2026-01-01T00:00:00.000Z")', `"at" < '2026-01-01T00:00:00.000Z'`],
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
