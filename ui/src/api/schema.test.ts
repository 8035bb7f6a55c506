import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

// @ts-expect-error A script of Node without types.
import { read, schemaOf, TARGET } from "../../scripts/schema.mjs";

test("the types are those of the API's document", () => {
  const made: string = schemaOf(read());
  expect(readFileSync(TARGET, "utf8"), "run `npm run schema`").toBe(made);
  expect(made).toContain('"GET /v1/runs/{run}"');
});
