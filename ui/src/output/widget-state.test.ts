import { expect, test } from "vitest";

import { partOf, STATE_MIME, VIEW_MIME, widgetsOf, type WidgetState } from "./widget-state.ts";

const SAVED: WidgetState = {
  version_major: 2,
  version_minor: 0,
  state: {
    box: { state: { children: ["IPY_MODEL_slider", "IPY_MODEL_out"], layout: "IPY_MODEL_gone" } },
    slider: { state: { value: 3, box: "IPY_MODEL_box" } },
    out: { state: { outputs: [{ output_type: "display_data", data: { [VIEW_MIME]: { model_id: "inner" } } }] } },
    inner: { state: {} },
    other: { state: { text: "IPY_MODEL" } },
  },
};

test.each([
  ["box", ["box", "inner", "out", "slider"]],
  ["inner", ["inner"]],
  ["other", ["other"]],
])("what %s refers to", (model, expected) => {
  expect(Object.keys(partOf(SAVED, model)?.state ?? {}).toSorted()).toEqual(expected);
});

test("a widget that was not saved", () => {
  expect(partOf(SAVED, "gone")).toBeUndefined();
  expect(partOf(SAVED, "toString")).toBeUndefined();
});

test.each([
  ["saved", { [STATE_MIME]: SAVED }, SAVED],
  ["another form", { [STATE_MIME]: { state: null } }, undefined],
  ["nothing", undefined, undefined],
])("metadata with %s", (_name, metadata, expected) => {
  expect(widgetsOf(metadata)).toEqual(expected);
});
