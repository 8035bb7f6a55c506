import { expect, test } from "vitest";

import { inAddress, type Look, lookOf, lookOfKept, NOTHING, resorted, sameLook, toKeep } from "./address.ts";

function roundTrip(look: Look): Look {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(inAddress(look))) if (value !== undefined) query.set(name, value);
  return lookOf(new URLSearchParams(query.toString()));
}

test("what is looked at survives the address", () => {
  const look: Look = {
    query: { sort: [{ column: "größe, & [x]", descending: true }], filter: { and: [{ column: "a", is: ">=", value: 3 }, { or: [{ column: "b", is: "null" }] }] } },
    hidden: ["c"],
    view: "chart",
    choices: { view: "bar" },
  };
  expect(roundTrip(look)).toEqual(look);
  expect(roundTrip(NOTHING)).toEqual(NOTHING);
  expect(Object.values(inAddress(NOTHING)).every((value) => value === undefined)).toBe(true);
});

test("what is looked at survives the metadata of an output", () => {
  const look: Look = { query: { sort: [{ column: "a", descending: true }], filter: { column: "a", is: ">=", value: 3 } }, hidden: ["c"], view: "chart", choices: { view: "bar" } };
  expect(lookOfKept(JSON.parse(JSON.stringify(toKeep(look))))).toEqual(look);
  expect(lookOfKept(JSON.parse(JSON.stringify(toKeep(NOTHING))))).toEqual(NOTHING);
  const asServed = { ...toKeep(look), chart: { view: "bar" }, filter: { value: 3, is: ">=", column: "a" } };
  expect([sameLook(lookOfKept(asServed), look), sameLook(lookOfKept({ ...asServed, hidden: [] }), look)]).toEqual([true, false]);
  for (const nonsense of [undefined, null, 7, [], { view: "pie", sort: {}, chart: [] }]) expect(lookOfKept(nonsense)).toEqual(NOTHING);
});

test("ascending is not said", () => {
  expect(inAddress({ ...NOTHING, query: { sort: [{ column: "x", descending: false }], filter: undefined } })["sort"]).toBe('[{"column":"x"}]');
});

test.each(["sort=[1]", "sort={", "filter=7", 'filter={"and":[{"column":1}]}', "hidden={}", "view=pie", "chart=[]"])("nonsense says nothing: %s", (text) => {
  expect(lookOf(new URLSearchParams(text))).toEqual(NOTHING);
});

test("a head chosen again turns the order around, then takes it away", () => {
  const one = resorted([], "x", false);
  expect(one).toEqual([{ column: "x", descending: false }]);
  const two = resorted(one, "x", false);
  expect(two).toEqual([{ column: "x", descending: true }]);
  expect(resorted(two, "x", false)).toEqual([]);
  expect(resorted(two, "y", false)).toEqual([{ column: "y", descending: false }]);
});

test("beside others it keeps its place", () => {
  const both = resorted([{ column: "x", descending: false }], "y", true);
  expect(both.map(({ column }) => column)).toEqual(["x", "y"]);
  expect(resorted(both, "x", true)).toEqual([{ column: "x", descending: true }, { column: "y", descending: false }]);
  expect(resorted(resorted(both, "x", true), "x", true)).toEqual([{ column: "y", descending: false }]);
});
