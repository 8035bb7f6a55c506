// What a run used over time: the looks of the runner as two curves.

/** One look. */
export interface Usage {
  /** Milliseconds since 1970. */
  at: number;
  memory: number;
  /** Processor seconds since the kernel began. */
  processor: number;
}

/** A curve in a picture of the width 1 and the height 1, with its floor at 1. */
export interface Curve {
  path: string;
  /** What it says at its end, and at most. */
  last: number;
  most: number;
}

export interface Curves {
  memory: Curve;
  /** In processors: 1 is one that is busy all the time. */
  processor: Curve;
  /** How long there were looks, in seconds. */
  seconds: number;
}

/** The curves of two looks and more; fewer are no picture. */
export function curvesOf(looks: Usage[]): Curves | undefined {
  const [first, last] = [looks[0], looks.at(-1)];
  if (first === undefined || last === undefined || last.at <= first.at) return undefined;
  const across = (at: number) => (at - first.at) / (last.at - first.at);
  const memory = looks.map(({ at, memory: bytes }): Point => [across(at), bytes]);
  const processor = looks.slice(1).flatMap((look, index): Point[] => {
    const before = looks[index] ?? first;
    const seconds = (look.at - before.at) / 1000;
    // Of a process that is gone nobody knows what it had used.
    const used = Math.max(0, look.processor - before.processor);
    return seconds <= 0 ? [] : [[across(before.at), used / seconds], [across(look.at), used / seconds]];
  });
  return { memory: curve(memory), processor: curve(processor, 1), seconds: (last.at - first.at) / 1000 };
}

type Point = [x: number, value: number];

/** A curve that fills its picture where it is highest, or at `full`, which may be higher. */
function curve(points: Point[], full = 0): Curve {
  const most = Math.max(0, ...points.map(([, value]) => value));
  const height = Math.max(most, full) || 1;
  const path = points.map(([x, value], index) => `${index === 0 ? "M" : "L"}${short(x)} ${short(1 - value / height)}`).join("");
  return { path, last: points.at(-1)?.[1] ?? 0, most };
}

function short(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
