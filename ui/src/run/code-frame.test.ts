import { expect, test } from "vitest";

import { codeFrame } from "./code-frame.ts";

const SOURCE = "a\nb\nc\nd\ne\nf";

test.each([
  ["IPython", ["\u001b[31mKeyError\u001b[39m", "\u001b[36mCell\u001b[39m\u001b[36m \u001b[39m\u001b[32mIn[3]\u001b[39m\u001b[32m, line 4\u001b[39m"], 4, 2, ["b", "c", "d", "e", "f"]],
  ["the first line", ["Cell In[1], line 1"], 1, 1, ["a", "b", "c"]],
  ["an arrow", ["----> 6 f"], 6, 4, ["d", "e", "f"]],
  ["a line that is not there", ["Cell In[1], line 99"], undefined, 1, ["a", "b", "c", "d", "e", "f"]],
  ["no line", ["boom"], undefined, 1, ["a", "b", "c", "d", "e", "f"]],
])("%s", (_name, traceback, hit, first, lines) => {
  expect(codeFrame(SOURCE, traceback)).toEqual({ hit, first, lines });
});
