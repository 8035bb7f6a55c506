import { expect, test } from "vitest";

import type { Me, Permission } from "../api/schema.ts";
import { may } from "./me.ts";

const me = (permissions: { [place: string]: Permission[] }): Me => ({ name: "ada", permissions, lab: false });

test.each<[Me | undefined, Permission, boolean, boolean]>([
  [undefined, "read", false, false],
  [me({ main: ["read", "write"] }), "write", false, true],
  [me({ main: ["read", "write"] }), "write", true, false],
  [me({ other: ["write"] }), "write", false, false],
  [me({ "*": ["admin"] }), "admin", true, true],
  [me({ "*": ["admin"] }), "admin", false, true],
])("%o may %s, everywhere %s: %s", (somebody, permission, everywhere, expected) => {
  expect(may(somebody, permission, everywhere)).toBe(expected);
});
