import { describe, expect, test } from "vitest";

import { type Action, begin, type EditedCell, finding, isHidden, isParameters, merge, outline, reduce, toDocument, tookAway } from "./notebook.ts";

function cell(id: string, source = id): EditedCell {
  return { id, kind: "code", source, outputs: [], count: null, rest: { metadata: {} } };
}

const TEXTS: [name: string, actions: Action[], sources: string[]][] = [
  ["a adds above, b below", [{ do: "add", where: "above" }, { do: "select", cell: "c" }, { do: "add", where: "below" }], ["", "a", "b", "c", ""]],
  ["a deleted cell comes back in its place", [{ do: "select", cell: "b" }, { do: "delete" }, { do: "undo" }], ["a", "b", "c"]],
  ["what was typed since stays", [{ do: "select", cell: "b" }, { do: "delete" }, { do: "type", cell: "c", source: "new" }, { do: "undo" }], ["a", "b", "new"]],
  ["an undone addition takes nothing that was typed", [{ do: "add", where: "below" }, { do: "type", cell: "c", source: "new" }, { do: "undo" }], ["a", "b", "new"]],
  ["an undone move moves back", [{ do: "move", by: 1 }, { do: "type", cell: "a", source: "new" }, { do: "undo" }], ["new", "b", "c"]],
  ["cut and paste moves", [{ do: "cut" }, { do: "paste" }], ["b", "a", "c"]],
  ["a move stops at the ends", [{ do: "move", by: -1 }, { do: "move", by: 1 }], ["b", "a", "c"]],
  ["a cell is put in front of another one", [{ do: "place", cell: "c", before: "a" }], ["c", "a", "b"]],
  ["a cell is put last", [{ do: "place", cell: "a", before: undefined }, { do: "place", cell: "a", before: "a" }], ["b", "c", "a"]],
  ["a text is replaced as it stands, everywhere", [{ do: "type", cell: "a", source: "b.b" }, { do: "replace", find: "b", by: "$&" }], ["$&.$&", "$&", "c"]],
  ["merge takes the cell below", [{ do: "merge" }], ["a\nb", "c"]],
  ["split at the cursor", [{ do: "type", cell: "a", source: "x\ny" }, { do: "split", offset: 2 }], ["x", "y", "b", "c"]],
  ["the last cell deleted leaves an empty one", [{ do: "delete" }, { do: "delete" }, { do: "delete" }], [""]],
];

test.each(TEXTS)("%s", (_, actions, sources) => {
  const state = actions.reduce(reduce, begin([cell("a"), cell("b"), cell("c")]));
  expect(state.cells.map(({ source }) => source)).toEqual(sources);
  expect(state.cells.some(({ id }) => id === state.at)).toBe(true);
});

test("one key marks the parameters, and one hides", () => {
  const state = begin([cell("a")]);
  const marked = reduce(reduce(state, { do: "parameters" }), { do: "hide", what: "outputs_hidden" });
  expect(marked.cells.map(isParameters)).toEqual([true]);
  expect(marked.cells.map((one) => isHidden(one, "outputs_hidden"))).toEqual([true]);
  expect(toDocument(marked.cells)[0]?.metadata).toEqual({ tags: ["parameters"], jupyter: { outputs_hidden: true } });
  expect(reduce(marked, { do: "parameters" }).cells.map(isParameters)).toEqual([false]);
});

test("a note at an output stays beside what else is known of it, and is saved", () => {
  const output = { output_type: "display_data" as const, data: { "text/plain": "x" }, metadata: { width: 1, nbpress: { other: true } } };
  const stream = { output_type: "stream" as const, name: "stdout", text: "1\n" };
  const state = begin([{ ...cell("a"), outputs: [stream, output] }, cell("b")]);
  const noted = [0, 1, 7].reduce((now, at) => reduce(now, { do: "note", cell: "a", output: at, note: { explorer: { view: "chart" } } }), state);
  expect(toDocument(noted.cells)[0]?.outputs).toEqual([stream, { ...output, metadata: { width: 1, nbpress: { other: true, explorer: { view: "chart" } } } }]);
  expect(noted.cells[1]).toBe(state.cells[1]);
});

test("what is found is what would be replaced", () => {
  const cells = [cell("a", "Total = 1"), cell("b", "x"), cell("c", "total")];
  expect([finding(cells, "total"), finding(cells, "ota"), finding(cells, ""), finding(cells, "y")]).toEqual([["c"], ["a", "c"], [], []]);
});

test("headings are those of text", () => {
  const text = { ...cell("a", "# One\n```\n# no heading\n```\n## **Two** ##\n#none"), kind: "markdown" as const };
  const open = { ...cell("c", "### Three\n~~~\n# never closed"), kind: "markdown" as const };
  const found = outline([text, cell("b", "# a comment"), open]);
  expect(found.map(({ cell: id, level, text: words }) => [id, level, words])).toEqual([["a", 1, "One"], ["a", 2, "Two"], ["c", 3, "Three"]]);
});

test("only what took a cell away is said to be deleted", () => {
  const state = begin([cell("a"), cell("b")]);
  const deleted = reduce(state, { do: "delete" });
  expect([state, deleted, reduce(deleted, { do: "add", where: "below" })].map(tookAway)).toEqual([false, true, false]);
});

describe("merge", () => {
  const base = [cell("a"), cell("b"), cell("c")];
  const CASES: [name: string, mine: EditedCell[], theirs: EditedCell[], sources: string[], conflicts: string[]][] = [
    ["different cells", [cell("a", "mine"), cell("b"), cell("c")], [cell("a"), cell("b"), cell("c", "theirs")], ["mine", "b", "theirs"], []],
    ["the same cell", [cell("a", "mine"), cell("b"), cell("c")], [cell("a", "theirs"), cell("b"), cell("c")], ["mine", "b", "c"], ["a"]],
    ["other parts of the same cell", [cell("a", "a\nmine"), cell("b"), cell("c")], [cell("a", "theirs\na"), cell("b"), cell("c")], ["theirs\na\nmine", "b", "c"], []],
    ["the same change", [cell("a", "new"), cell("b"), cell("c")], [cell("a", "new"), cell("b"), cell("c")], ["new", "b", "c"], []],
    ["both added", [cell("a"), cell("m"), cell("b"), cell("c")], [cell("a"), cell("b"), cell("t"), cell("c")], ["a", "m", "b", "t", "c"], []],
    ["theirs is gone", base, [cell("a"), cell("c")], ["a", "c"], []],
    ["gone there, changed here", [cell("a"), cell("b", "mine"), cell("c")], [cell("a"), cell("c")], ["a", "mine", "c"], ["b"]],
  ];
  test.each(CASES)("%s", (_, mine, theirs, sources, conflicts) => {
    const merged = merge(base, mine, theirs);
    expect([merged.cells.map(({ source }) => source), merged.conflicts]).toEqual([sources, conflicts]);
  });

  test("a mark of theirs joins a text of mine, two kinds do not", () => {
    const marked = reduce(begin(base), { do: "parameters" }).cells;
    const typed = [cell("a", "typing"), cell("b"), cell("c")];
    const { cells, conflicts } = merge(base, typed, marked);
    expect([cells[0]?.source, cells.map(isParameters), conflicts]).toEqual(["typing", [true, false, false], []]);
    const [markdown, raw] = (["markdown", "raw"] as const).map((kind) => reduce(begin(base), { do: "kind", kind }).cells) as [EditedCell[], EditedCell[]];
    expect(merge(base, markdown, raw).conflicts).toEqual(["a"]);
  });

  test("outputs of the server join a cell that is being typed in", () => {
    const output = { output_type: "stream" as const, name: "stdout", text: "1\n" };
    const theirs = [{ ...cell("a"), outputs: [output], count: 1 }, cell("b"), cell("c")];
    const { cells, conflicts } = merge(base, [cell("a", "typing"), cell("b"), cell("c")], theirs);
    expect(conflicts).toEqual([]);
    expect(cells[0]).toEqual({ ...cell("a", "typing"), outputs: [output], count: 1 });
  });
});
