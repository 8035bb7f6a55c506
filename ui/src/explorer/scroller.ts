// The rows that a scrolled element shows: what scrolling does with them, and what they do with the scroll bar.
import { type Extent, isScaled, lastRow, moved, topOf } from "./scroll.ts";

/** After this long without movement the scroll bar is put where its row is. */
const REST = 200;

export interface Seen {
  /** The row at the top, with the part of it that is not seen. */
  row: number;
  left: number;
}

export class Scroller {
  #element: HTMLElement | undefined;
  #extent: Extent = { rows: 0, rowHeight: 1, viewHeight: 1 };
  #of = "";
  #row = 0;
  #top = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;
  #seen: Seen = { row: 0, left: 0 };
  #listeners = new Set<() => void>();

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      clearTimeout(this.#rest);
    };
  };

  snapshot = (): Seen => this.#seen;

  attach = (element: HTMLElement | null): void => {
    this.#element = element ?? undefined;
  };

  /** Says how much there is to scroll; other rows, which another name says, begin at their beginning. */
  measure(extent: Extent, of: string): void {
    this.#extent = extent;
    this.goTo(of === this.#of ? this.#row : 0);
    this.#of = of;
  }

  goTo(row: number): void {
    this.#row = Math.min(Math.max(0, row), lastRow(this.#extent));
    this.#settle();
    this.#tell();
  }

  /** Scrolls sideways. */
  goAcross(to: (left: number, width: number) => number): void {
    if (this.#element !== undefined) this.#element.scrollLeft = to(this.#element.scrollLeft, this.#element.clientWidth);
  }

  /** After the element was scrolled, by whomever. */
  scrolled = (): void => {
    const top = this.#element?.scrollTop ?? 0;
    if (top !== this.#top) {
      this.#row = moved(this.#extent, this.#row, this.#top, top);
      this.#top = top;
      clearTimeout(this.#rest);
      if (isScaled(this.#extent)) this.#rest = setTimeout(() => this.#settle(), REST);
    }
    this.#tell();
  };

  #settle(): void {
    if (this.#element === undefined) return;
    this.#element.scrollTop = topOf(this.#extent, this.#row);
    // As the browser has rounded it.
    this.#top = this.#element.scrollTop;
  }

  #tell(): void {
    const left = this.#element?.scrollLeft ?? 0;
    if (this.#seen.row === this.#row && this.#seen.left === left) return;
    this.#seen = { row: this.#row, left };
    for (const listener of this.#listeners) listener();
  }
}
