import { expect, test, vi } from "vitest";

import { Version } from "./version.ts";

function versions(...now: (string | null)[]) {
  const version = new Version(async () => now.shift());
  const heard = vi.fn();
  version.subscribe(heard);
  return { version, heard };
}

test("the first answer says which version is looked at, and one of another is refused and told once", () => {
  const { version, heard } = versions();
  version.check("a");
  version.check("a");
  expect(version.isOther()).toBe(false);
  expect(() => version.check("b")).toThrow(/changed/);
  expect(() => version.check("c")).toThrow(/changed/);
  expect(version.isOther()).toBe(true);
  expect(heard).toHaveBeenCalledOnce();
});

test("once it is read again the version that is there then is the right one", () => {
  const { version } = versions();
  version.check("a");
  expect(() => version.check("b")).toThrow();
  version.begin();
  expect(version.isOther()).toBe(false);
  version.check("b");
  expect(() => version.check("a")).toThrow();
});

test("a look tells of another version before any row of it was asked for", async () => {
  const { version, heard } = versions("a", "b");
  version.look();
  version.check("a");
  version.look();
  await Promise.resolve();
  expect(version.isOther()).toBe(false);
  version.look();
  await vi.waitFor(() => expect(version.isOther()).toBe(true));
  expect(heard).toHaveBeenCalledOnce();
});

test("a table that has no version stays what it is", () => {
  const { version } = versions();
  version.check(null);
  version.check(null);
  expect(version.isOther()).toBe(false);
});
