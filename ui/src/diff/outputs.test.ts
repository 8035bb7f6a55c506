// @vitest-environment happy-dom
import { expect, test } from "vitest";

import type { Output } from "../notebook/nbformat.ts";
import { outputChanges, sameOutputs } from "./outputs.ts";

const says = (text: string, name = "stdout"): Output => ({ output_type: "stream", name, text });
const shows = (mime: string, data: unknown): Output => ({ output_type: "display_data", data: { [mime]: data, "text/plain": "it" } });
const kept = (value: number, run: string) => shows("application/vnd.dataresource+json", { schema: { fields: [{ name: "n", type: "integer" }] }, data: [{ n: value }], nbpress: { rows: 1, table: `file of ${value}`, run } });
const table = (value: number) => shows("text/html", `<div><table><thead><tr><th></th><th>n</th></tr></thead><tbody><tr><th>a</th><td>${value}</td></tr></tbody></table></div>`);

test.each<[string, Output[], Output[], string[]]>([
  ["the same text in other parts", [says("a\n"), says("b\n")], [says("a\nb\n")], ["same"]],
  ["a number", [says("loss 0.5")], [says("loss 0.4")], ["numbers"]],
  ["text", [says("one way")], [says("another way")], ["text"]],
  ["colours alone are nothing", [says("\u001b[32mok\u001b[0m")], [says("ok")], ["same"]],
  ["a picture", [shows("image/png", "AAAA")], [shows("image/png", "BBBB")], ["both"]],
  ["rows of a table", [table(1)], [table(2)], ["table"]],
  ["rows of a table that is kept", [kept(1, "A")], [kept(2, "B")], ["table"]],
  ["a table that is kept by each run", [kept(1, "A")], [kept(1, "B")], ["same"]],
  ["a warning more", [says("x")], [says("careful", "stderr"), says("x")], ["both", "same"]],
  ["an error instead", [shows("image/png", "AAAA")], [{ output_type: "error", ename: "E", evalue: "v", traceback: [] }], ["both"]],
])("%s", (_, before, now, expected) => {
  expect(outputChanges(before, now).map(({ kind }) => kind)).toEqual(expected);
  expect(sameOutputs(before, now)).toBe(expected.every((kind) => kind === "same"));
});

test("where an object lies in memory is no difference", () => {
  expect(sameOutputs([says("<Figure at 0x7f33aa10>")], [says("<Figure at 0x7f9911bc>")])).toBe(true);
});
