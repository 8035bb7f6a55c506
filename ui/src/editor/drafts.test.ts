import { expect, test } from "vitest";

import { textsOf, unsavedTexts } from "./drafts.ts";
import type { EditedCell } from "./notebook.ts";

function cell(id: string, source: string): EditedCell {
  return { id, kind: "code", source, outputs: [], count: null, rest: { metadata: {} } };
}

test("a draft has the texts of cells that the others have, where they changed", () => {
  const base = [cell("a", "1"), cell("b", "2"), cell("c", "3")];
  expect(unsavedTexts(base, [cell("c", "3"), cell("b", "two"), cell("new", "4")])).toEqual([{ cell: "b", source: "two" }]);
});

test("of two who type in one cell the later is shown", () => {
  const drafts = new Map([["v", { window: "v", by: "Ada", cells: [{ cell: "a", source: "1" }, { cell: "b", source: "2" }] }], ["w", { window: "w", by: "Alan", cells: [{ cell: "b", source: "3" }] }]]);
  expect([...textsOf(drafts)]).toEqual([["a", { by: "Ada", source: "1" }], ["b", { by: "Alan", source: "3" }]]);
});
