// Which row is at the top for a place of the scroll bar. Browsers have no elements of more than some 17 million pixels,
// so of long tables only both ends are as high as their rows; between them a pixel stands for more.
export interface Extent {
  rows: number;
  rowHeight: number;
  /** Of what is seen of the rows. */
  viewHeight: number;
}

const MOST_PIXELS = 8_000_000;
/** At both ends, where a turn of the wheel would otherwise reach the end before the rows do. */
const EXACT = 1_000_000;
/** More than a wheel moves at once, less than a pixel of a scroll bar does. */
const LEAP = 5000;

export function canvasHeight({ rows, rowHeight }: Extent): number {
  return Math.min(rows * rowHeight, MOST_PIXELS);
}

function lastTop(extent: Extent): number {
  return Math.max(0, canvasHeight(extent) - extent.viewHeight);
}

/** The row at the top when the last one is at the bottom; a fraction where a row is cut. */
export function lastRow({ rows, rowHeight, viewHeight }: Extent): number {
  return Math.max(0, rows - viewHeight / rowHeight);
}

export function isScaled({ rows, rowHeight }: Extent): boolean {
  return rows * rowHeight > MOST_PIXELS;
}

export function rowAt(extent: Extent, top: number): number {
  const [end, last, exact] = [lastTop(extent), lastRow(extent), EXACT / extent.rowHeight];
  if (!isScaled(extent)) return Math.min(last, Math.max(0, top / extent.rowHeight));
  if (top <= EXACT) return Math.max(0, top / extent.rowHeight);
  if (top >= end - EXACT) return Math.min(last, last - (end - top) / extent.rowHeight);
  return exact + ((top - EXACT) / (end - 2 * EXACT)) * (last - 2 * exact);
}

export function topOf(extent: Extent, row: number): number {
  const [end, last, exact] = [lastTop(extent), lastRow(extent), EXACT / extent.rowHeight];
  if (!isScaled(extent)) return Math.min(end, row * extent.rowHeight);
  if (row <= exact) return row * extent.rowHeight;
  if (row >= last - exact) return Math.min(end, end - (last - row) * extent.rowHeight);
  return EXACT + ((row - exact) / (last - 2 * exact)) * (end - 2 * EXACT);
}

/** The row after the place moved `from` one pixel `to` another: a wheel moves rows, a scroll bar moves through the table. */
export function moved(extent: Extent, row: number, from: number, to: number): number {
  if (!isScaled(extent) || Math.abs(to - from) > LEAP) return rowAt(extent, to);
  if (to <= 0 || to >= lastTop(extent)) return rowAt(extent, to);
  return Math.min(lastRow(extent), Math.max(0, row + (to - from) / extent.rowHeight));
}

/** The row at the top so that another is seen, with as little movement as there can be. */
export function revealing(extent: Extent, top: number, row: number): number {
  const whole = Math.max(1, Math.floor(extent.viewHeight / extent.rowHeight));
  if (row < top) return row;
  return row > top + whole - 1 ? Math.min(lastRow(extent), Math.max(0, row + 1 - extent.viewHeight / extent.rowHeight)) : top;
}
