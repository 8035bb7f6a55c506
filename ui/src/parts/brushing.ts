// Parts of an axis, from 0 to 1, by the pointer and by keys.

/** Nobody hits the end of an axis exactly. */
const NEAR = 0.03;

function snapped(place: number): number {
  return place < NEAR ? 0 : place > 1 - NEAR ? 1 : place;
}

/** The part between two places; undefined of a click, which takes it away. */
export function between(one: number, other: number): [number, number] | undefined {
  const [from, to] = [snapped(Math.min(one, other)), snapped(Math.max(one, other))];
  return to - from < 0.01 ? undefined : [from, to];
}

const STEP = 0.05;

/** After a key: arrows move the part, with Shift its upper edge; Escape takes it away. Undefined where the key means nothing. */
export function pressed(key: string, shift: boolean, brush: [number, number] = [0, 1]): { brush: [number, number] | undefined } | undefined {
  const by = key === "ArrowUp" || key === "ArrowRight" ? STEP : key === "ArrowDown" || key === "ArrowLeft" ? -STEP : 0;
  const [from, to] = brush;
  if (key === "Escape") return { brush: undefined };
  if (by === 0) return undefined;
  if (shift) return { brush: [from, Math.min(1, Math.max(from + STEP, to + by))] };
  const whole = from === 0 && to === 1;
  // The whole column cannot be moved: the first step makes it shorter.
  if (whole) return { brush: by > 0 ? [STEP, 1] : [0, 1 - STEP] };
  const moved = Math.min(1 - to, Math.max(-from, by));
  return { brush: [from + moved, to + moved] };
}
