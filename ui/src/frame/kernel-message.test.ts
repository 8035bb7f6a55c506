import { expect, test } from "vitest";

import { CONTROL, mayPass, type ToKernel } from "./kernel-message.ts";

const said: ToKernel = { id: "1", type: "comm_msg", comm: "c", data: {}, metadata: {}, buffers: [] };

test.each<[string, object, boolean]>([
  ["a message on a comm", said, true],
  ["the comm of all widgets", { ...said, type: "comm_open", target: CONTROL }, true],
  ["another comm", { ...said, type: "comm_open", target: "jupyter.widget" }, false],
  ["a comm without a target", { ...said, type: "comm_open" }, false],
  ["code", { ...said, type: "execute_request" }, false],
  ["nonsense", { ...said, buffers: "x" }, false],
])("a frame may say %s: %s", (_name, message, expected) => {
  expect(mayPass(message as ToKernel)).toBe(expected);
});
