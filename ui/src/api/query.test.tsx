// @vitest-environment happy-dom
import { act } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { invalidate, useQuery } from "./query.ts";

let answers = 0;

beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  answers = 0;
  vi.stubGlobal("fetch", () => {
    answers += 1;
    return Promise.resolve(new Response(JSON.stringify({ jobs: [{ name: `job ${answers}` }] })));
  });
});

afterEach(() => vi.unstubAllGlobals());

function Names({ onDraw }: { onDraw: () => void }) {
  const { data } = useQuery("GET /v1/jobs", {});
  onDraw();
  return <p>{data?.jobs.map(({ name }) => name).join(", ") ?? "nothing yet"}</p>;
}

async function shown(onDraw: () => void): Promise<[text: () => string | null, end: () => Promise<void>]> {
  const place = document.createElement("div");
  const root = createRoot(place);
  await act(async () => root.render(<Names onDraw={onDraw} />));
  return [() => place.textContent, () => act(async () => root.unmount())];
}

test("what changes between a drawing and its being heard of is asked for all the same", async () => {
  let drawn = 0;
  // As a stream of changes does while the code of a screen is on its way.
  const [text, end] = await shown(() => {
    drawn += 1;
    if (drawn === 1) invalidate("v1/jobs");
  });
  expect(text()).toBe("job 1");
  await end();
  const [again, over] = await shown(() => {
    drawn += 1;
    if (drawn === 3) invalidate("v1/jobs");
  });
  expect(again()).toBe("job 2");
  await over();
});

test("what nobody looks at is not asked for, and is not shown when it is old", async () => {
  const [, end] = await shown(() => undefined);
  await end();
  const before = answers;
  invalidate("v1/jobs");
  expect(answers).toBe(before);
  const [text, over] = await shown(() => undefined);
  expect(text()).toBe(`job ${before + 1}`);
  await over();
});
