import { expect, test } from "vitest";

import { canvasHeight, type Extent, lastRow, moved, revealing, rowAt, topOf } from "./scroll.ts";

const short: Extent = { rows: 1000, rowHeight: 26, viewHeight: 520 };
const long: Extent = { rows: 10_000_000, rowHeight: 26, viewHeight: 520 };

test("a short table is as high as its rows, a long one as high as browsers can", () => {
  expect(canvasHeight(short)).toBe(26_000);
  expect(canvasHeight(long)).toBe(8_000_000);
  expect(rowAt(short, 260)).toBe(10);
});

test.each([short, long])("every row has its place", (extent) => {
  const end = canvasHeight(extent) - extent.viewHeight;
  expect(rowAt(extent, 0)).toBe(0);
  expect(rowAt(extent, end)).toBeCloseTo(lastRow(extent), 6);
  expect(topOf(extent, lastRow(extent))).toBeCloseTo(end, 6);
  let before = -1;
  for (let part = 0; part <= 1; part += 1 / 64) {
    const row = part * lastRow(extent);
    expect(rowAt(extent, topOf(extent, row))).toBeCloseTo(row, 3);
    expect(topOf(extent, row)).toBeGreaterThan(before);
    before = topOf(extent, row);
  }
});

test("a wheel moves rows, also where a pixel stands for many", () => {
  const middle = 4_000_000;
  const row = rowAt(long, middle);
  expect(moved(long, row, middle, middle + 260)).toBeCloseTo(row + 10, 6);
  expect(moved(long, row, middle, middle + 1_000_000) - row).toBeGreaterThan(500_000);
});

test("the ends are reached by the wheel alone", () => {
  expect(moved(long, 3, 78, 0)).toBe(0);
  const end = canvasHeight(long) - long.viewHeight;
  expect(moved(long, lastRow(long) - 3, end - 78, end)).toBeCloseTo(lastRow(long), 6);
});

test("a row is brought in with as little movement as there can be", () => {
  expect(revealing(short, 10, 5)).toBe(5);
  expect(revealing(short, 10, 20)).toBe(10);
  expect(revealing(short, 10, 30)).toBe(11);
  expect(revealing(short, 10, 999)).toBe(lastRow(short));
});

test("a table that fits does not scroll", () => {
  const few = { rows: 3, rowHeight: 26, viewHeight: 520 };
  expect(lastRow(few)).toBe(0);
  expect(rowAt(few, 50)).toBe(0);
  expect(topOf(few, 0)).toBe(0);
});
