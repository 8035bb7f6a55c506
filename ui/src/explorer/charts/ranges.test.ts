import { expect, test } from "vitest";

import type { Filter } from "../source.ts";
import { apart, placesOf, rangeAt, withRange } from "./ranges.ts";

const between = (column: string, from: number, to: number): Filter => ({ and: [{ column, is: ">=", value: from }, { column, is: "<=", value: to }] });
const other: Filter = { column: "region", is: "=", value: "EMEA" };

test("a part of a column becomes a pill, another one takes its place, and none takes it away", () => {
  const one = withRange(undefined, "a", [1, 2]);
  expect(one).toEqual({ and: [between("a", 1, 2)] });
  const both = withRange(withRange(one, "b", [0, 9]), "a", [3, 4]);
  expect(both).toEqual({ and: [between("b", 0, 9), between("a", 3, 4)] });
  expect(withRange(withRange(both, "a", undefined), "b", undefined)).toBeUndefined();
  expect(withRange(other, "a", undefined)).toEqual(other);
});

test("parts of the axes are told apart from whatever else is filtered by", () => {
  const filter: Filter = { and: [other, between("a", 1, 2), between("b", 3, 4), between("c", 5, 6)] };
  const { ranges, rest } = apart(filter, ["a", "b"]);
  expect([...ranges]).toEqual([["a", [1, 2]], ["b", [3, 4]]]);
  expect(rest).toEqual({ and: [other, between("c", 5, 6)] });
  expect(apart({ and: [between("a", 1, 2)] }, ["a"]).rest).toBeUndefined();
  expect(apart(other, ["region"])).toEqual({ ranges: new Map(), rest: other });
});

test.each<[string, [number, number], [number, number]]>([
  ["Float64", [0.25, 1], [2.5, 10]],
  ["Float64", [0, 1 / 3], [0, 3.33333]],
  ["Int64", [0.25, 0.75], [3, 7]],
  ["Int64", [0.41, 0.42], [5, 5]],
])("a part of %s from %o is %o", (type, places, expected) => {
  expect(rangeAt({ least: 0, most: 10 }, places, { name: "a", type, kind: "number" })).toEqual(expected);
});

test("a part is where its values are, and within the axis", () => {
  expect(placesOf({ least: 0, most: 10 }, [2, 50])).toEqual([0.2, 1]);
});
