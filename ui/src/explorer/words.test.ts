import { expect, test } from "vitest";

import { amount, asTsv, ofRows, share, shown, typeInWords } from "./words.ts";

test.each([
  ["Utf8", "text"],
  ["Int64", "integer"],
  ["Float64", "number"],
  ["Decimal128(10, 2)", "decimal"],
  ['Timestamp(µs, "Europe/Berlin")', "time"],
  ["Time64(ns)", "time of day"],
  ["Dictionary(Int8, Utf8)", "text"],
  ["List(Int64)", "list"],
  ["Binary", "bytes"],
])("%s is %s", (type, words) => {
  expect(typeInWords(type)).toBe(words);
});

const number = { name: "n", type: "Float64", kind: "number" } as const;

test.each<[unknown, string]>([
  [null, "null"],
  [2026, "2026"],
  [0.1 + 0.2, "0.3"],
  [1234.56789, "1234.5679"],
  [1e-9, "1.00000e-9"],
  [-1e300, "-1e+300"],
])("%j is shown as %s", (value, text) => {
  expect(shown(value, number)).toBe(text);
});

test("lines and tabs do not break what is copied", () => {
  expect(asTsv(["a", "b\tc"], [["x\ny", null], [true, 0.1]])).toBe("a\tb c\nx y\t\ntrue\t0.1");
});

test("counts are as short as they can be without lying", () => {
  expect(ofRows(1204, 4_100_321)).toBe("1,204 of 4.1M rows");
  expect(ofRows(4_100_321, 4_100_321)).toBe("4,100,321 rows");
  expect(ofRows(1, 1)).toBe("1 row");
  expect(amount(999_999)).toBe("999,999");
  expect([share(0, 10), share(1, 1000), share(999, 1000), share(1, 2)]).toEqual([undefined, "< 1 %", "> 99 %", "50 %"]);
});
