import { expect, test } from "vitest";

import { brushesOf, inAddress } from "./brush.ts";

test("parts of columns stand in the address", () => {
  const query = new URLSearchParams(Object.entries(inAddress("given lr", [0.25, 2 / 3])) as [string, string][]);
  expect(brushesOf(query)).toEqual({ "given lr": [0.25, 0.667] });
  expect(inAddress("x", undefined)).toEqual({ "brush.x": undefined });
  expect(brushesOf(new URLSearchParams("brush.a=1,0&brush.b=x&other=0,1"))).toEqual({});
});
