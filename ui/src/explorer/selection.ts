// Which cells of a grid are chosen, and how keys move that. Row -1 is the head.
export interface Cell {
  row: number;
  column: number;
}

export interface Selection {
  /** Where it began. */
  anchor: Cell;
  /** Where the keyboard is. */
  at: Cell;
}

export const HEAD = -1;

export interface Size {
  rows: number;
  columns: number;
  /** Whole rows that are seen. */
  page: number;
}

export interface Key {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

export function begin(row: number, column: number): Selection {
  return { anchor: { row, column }, at: { row, column } };
}

/** The selection after a key; undefined where it is no key of ours. */
export function press(selection: Selection, key: Key, size: Size): Selection | undefined {
  if (key.altKey || size.columns === 0) return undefined;
  const far = key.ctrlKey || key.metaKey;
  if (far && key.key.toLowerCase() === "a") return { anchor: { row: 0, column: 0 }, at: { row: Math.max(0, size.rows - 1), column: size.columns - 1 } };
  const next = target(selection.at, key.key, far, size);
  if (next === undefined) return undefined;
  const at = { row: clamp(next.row, HEAD, size.rows - 1), column: clamp(next.column, 0, size.columns - 1) };
  return key.shiftKey && at.row !== HEAD && selection.anchor.row !== HEAD ? { anchor: selection.anchor, at } : { anchor: at, at };
}

function target({ row, column }: Cell, key: string, far: boolean, { rows, columns, page }: Size): Cell | undefined {
  switch (key) {
    case "ArrowUp":
      return { row: far ? 0 : row - 1, column };
    case "ArrowDown":
      return { row: far ? rows - 1 : row + 1, column };
    case "ArrowLeft":
      return { row, column: far ? 0 : column - 1 };
    case "ArrowRight":
      return { row, column: far ? columns - 1 : column + 1 };
    case "PageUp":
      return { row: Math.max(0, row - page), column };
    case "PageDown":
      return { row: row + page, column };
    case "Home":
      return { row: far ? 0 : row, column: 0 };
    case "End":
      return { row: far ? rows - 1 : row, column: columns - 1 };
    default:
      return undefined;
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, Math.max(least, most)));
}

export interface Area {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

/** The rectangle, with its ends; in the head it is a whole column's name. */
export function areaOf({ anchor, at }: Selection): Area {
  return {
    top: Math.min(anchor.row, at.row),
    bottom: Math.max(anchor.row, at.row),
    left: Math.min(anchor.column, at.column),
    right: Math.max(anchor.column, at.column),
  };
}

export function isWithin({ top, bottom, left, right }: Area, row: number, column: number): boolean {
  return row >= top && row <= bottom && column >= left && column <= right;
}
