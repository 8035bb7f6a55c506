// One row of the grid, drawn again only when something of it changes.
import { memo } from "react";

import type { Lane } from "./lanes.ts";
import { shown } from "./words.ts";

/** Characters of a value that are in the page: no column is as wide, and values can be books. */
const LONGEST = 1000;

interface RowProps {
  /** Among those that match, from 0. */
  index: number;
  top: number;
  height: number;
  width: number;
  /** How wide the row's number is. */
  gutter: number;
  values: unknown[] | undefined;
  lanes: Lane[];
  /** The columns that are chosen, with both ends; the second is before the first where there are none. */
  from: number;
  to: number;
  /** The column where the keyboard is. */
  at: number | undefined;
  prefix: string;
}

export const Row = memo(function Row({ index, top, height, width, gutter, values, lanes, from, to, at, prefix }: RowProps) {
  return (
    <div role="row" aria-rowindex={index + 2} className="grid-row" style={{ top, height, width }} aria-busy={values === undefined}>
      <div role="rowheader" aria-colindex={1} className="grid-number num" style={{ width: gutter }}>{(index + 1).toLocaleString("en")}</div>
      {lanes.map(({ column, index: place, left, width: wide }) => {
        const value = values?.[place];
        const states = [column.kind === "number" && "num", values !== undefined && value === null && "is-null", place >= from && place <= to && "is-chosen", place === at && "is-at"].filter(Boolean);
        const text = values === undefined ? "" : shown(value, column).slice(0, LONGEST);
        return (
          <div key={place} role="gridcell" id={place === at ? `${prefix}-at` : undefined} aria-colindex={place + 2} aria-selected={place >= from && place <= to} className={`grid-cell ${states.join(" ")}`} style={{ left: gutter + left, width: wide }} data-row={index} data-column={place} title={text.length * 7 > wide ? text : undefined}>
            {values === undefined ? <i className="grid-waiting" /> : text}
          </div>
        );
      })}
    </div>
  );
});
