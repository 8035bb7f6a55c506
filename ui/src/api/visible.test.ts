// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";

import { whileVisible } from "./visible.ts";

afterEach(() => vi.restoreAllMocks());

function look(state: DocumentVisibilityState): void {
  vi.spyOn(document, "visibilityState", "get").mockReturnValue(state);
  document.dispatchEvent(new Event("visibilitychange"));
}

test("what is open is closed while nobody looks, and opened again", () => {
  const said: string[] = [];
  const stop = whileVisible(() => {
    said.push("open");
    return () => said.push("closed");
  });
  for (const state of ["visible", "hidden", "hidden", "visible"] as const) look(state);
  stop();
  look("hidden");
  look("visible");
  expect(said).toEqual(["open", "closed", "open", "closed"]);
});

test("in a page that is not looked at yet nothing is opened", () => {
  look("hidden");
  const open = vi.fn(() => () => undefined);
  const stop = whileVisible(open);
  expect(open).not.toHaveBeenCalled();
  look("visible");
  expect(open).toHaveBeenCalledOnce();
  stop();
});
