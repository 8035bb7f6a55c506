import { expect, test } from "vitest";

import { ApiError } from "../api/client.ts";
import { ofRows } from "./held.ts";
import { orElse } from "./served.ts";
import type { TableSource } from "./source.ts";

const held = ofRows({ columns: [{ name: "n", type: "Int64", kind: "number" }], rows: [[1], [2]] });

function failing(error: unknown): TableSource {
  const fail = async () => {
    throw error;
  };
  return { key: "failing", columns: fail, page: fail, summary: fail };
}

const QUERY = { offset: 0, limit: 10, sort: [], filter: undefined };

test("a table that is not there is what the output holds of it", async () => {
  const source = orElse(failing(new ApiError(404, { message: "there is no cell `c0`" })), held);
  expect(await source.columns()).toHaveLength(1);
  expect((await source.page(QUERY)).rows).toEqual([[1], [2]]);
  expect((await source.summary(["n"], undefined))[0]?.count).toBe(2);
});

test.each([new ApiError(0, { message: "the server cannot be reached" }), new DOMException("", "AbortError")])("one that could not be asked for is asked for again", async (error) => {
  const source = orElse(failing(error), held);
  await expect(source.columns()).rejects.toBe(error);
  await expect(source.page(QUERY)).rejects.toBe(error);
});
