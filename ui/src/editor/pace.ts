// When a change is saved that nobody asked to save.

/** After the last key; less where somebody else waits for it. */
const PAUSE = 2000;
const PAUSE_AMONG_OTHERS = 700;
/** Cells that came, went or moved are a matter of one key. */
const AT_ONCE = 50;
/** Whoever types on and on has no pause. */
const LONGEST = 10_000;

export interface Unsaved {
  /** Whether somebody else has the notebook open. */
  amongOthers: boolean;
  /** Whether cells came, went or moved. */
  isStructure: boolean;
  /** How long something has been unsaved. */
  since: number;
}

/** Milliseconds from now, if nothing more is changed until then. */
export function pauseOf({ amongOthers, isStructure, since }: Unsaved): number {
  const pause = !amongOthers ? PAUSE : isStructure ? AT_ONCE : PAUSE_AMONG_OTHERS;
  return Math.max(0, Math.min(pause, LONGEST - since));
}
