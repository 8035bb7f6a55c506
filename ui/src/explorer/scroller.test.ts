import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { lastRow, topOf } from "./scroll.ts";
import { Scroller } from "./scroller.ts";

const long = { rows: 10_000_000, rowHeight: 26, viewHeight: 520 };

function scrolling(extent = long) {
  const element = { scrollTop: 0, scrollLeft: 0, clientWidth: 800 };
  const scroller = new Scroller();
  scroller.attach(element as HTMLElement);
  scroller.measure(extent, "one");
  const to = (top: number) => {
    element.scrollTop = top;
    scroller.scrolled();
    return scroller.snapshot().row;
  };
  return { element, scroller, to };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("after some turns of the wheel the scroll bar is where its row is", () => {
  const { element, scroller, to } = scrolling();
  const middle = to(4_000_000);
  for (let turn = 1; turn <= 10; turn += 1) expect(to(4_000_000 + turn * 260)).toBeCloseTo(middle + turn * 10, 6);
  expect(element.scrollTop).toBe(4_002_600);
  vi.advanceTimersByTime(1000);
  expect(element.scrollTop).toBeCloseTo(topOf(long, middle + 100), 6);
  // What the browser says of that is no movement.
  scroller.scrolled();
  expect(scroller.snapshot().row).toBeCloseTo(middle + 100, 6);
});

test("other rows begin at their beginning, the same ones stay where they are", () => {
  const { element, scroller, to } = scrolling();
  const row = to(3_000_000);
  scroller.measure({ ...long, viewHeight: 260 }, "one");
  expect(scroller.snapshot().row).toBe(row);
  scroller.measure(long, "two");
  expect([scroller.snapshot().row, element.scrollTop]).toEqual([0, 0]);
});

test("where fewer rows are left, the last of them are seen", () => {
  const { scroller } = scrolling();
  scroller.goTo(9_000_000);
  const few = { ...long, rows: 100 };
  scroller.measure(few, "one");
  expect(scroller.snapshot().row).toBe(lastRow(few));
});

test("those who look hear of it once", () => {
  const { scroller, to } = scrolling();
  const heard = vi.fn();
  scroller.subscribe(heard);
  to(1000);
  scroller.scrolled();
  expect(heard).toHaveBeenCalledTimes(1);
});
