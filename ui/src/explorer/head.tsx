// The head of a column: its name, by which rows are sorted, its type, how many values are missing, how they are distributed.
import type { PointerEvent } from "react";

import { Distribution, extentOf } from "./distribution.tsx";
import { isNested } from "./filter.ts";
import { type Lane, NARROWEST } from "./lanes.ts";
import type { Filter, SortKey, Summary, TableColumn } from "./source.ts";
import type { ShownSummary } from "./use-table.ts";
import { share, typeInWords } from "./words.ts";

interface HeadProps {
  id: string;
  lane: Lane;
  summary: ShownSummary | undefined;
  sort: SortKey[];
  isAt: boolean;
  onSort: (column: string, also: boolean) => void;
  onFilter: (filter: Filter) => void;
  onAskFilter: (column: string) => void;
  onWidth: (column: string, width: number) => void;
}

export function Head({ id, lane, summary, sort, isAt, onSort, onFilter, onAskFilter, onWidth }: HeadProps) {
  const { column, index, left, width } = lane;
  const at = sort.findIndex((key) => key.column === column.name);
  const order = sort[at] === undefined ? undefined : sort[at].descending ? "descending" : "ascending";
  const [from, to] = extentOf(column, summary);
  return (
    <div id={id} role="columnheader" aria-colindex={index + 2} aria-sort={order ?? "none"} className={`lane${isAt ? " is-at" : ""}${summary?.stale === true ? " is-stale" : ""}`} style={{ left, width }} data-row={-1} data-column={index}>
      <div className="lane-top">
        <button type="button" tabIndex={-1} className="lane-name" disabled={isNested(column.type)} title={`${column.name}: sort; with Shift beside other columns`} onClick={(event) => onSort(column.name, event.shiftKey)}>
          <span className="cut">{column.name}</span>
          {order === undefined ? null : <span className="lane-order" aria-hidden="true">{order === "ascending" ? "↑" : "↓"}{sort.length > 1 ? at + 1 : ""}</span>}
        </button>
        <button type="button" tabIndex={-1} className="lane-filter" aria-label={`Filter by ${column.name}`} title="Filter" onClick={() => onAskFilter(column.name)}>
          <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M2.5 4h11M4.5 8h7M6.5 12h3" /></svg>
        </button>
      </div>
      <div className="lane-type cut">{aboutOf(column, summary)}</div>
      <Distribution column={column} summary={summary} onFilter={onFilter} />
      <div className="lane-extent num"><span className="cut">{from}</span><span className="cut">{to}</span></div>
      <span className="lane-edge" aria-hidden="true" onPointerDown={(event) => drag(event, width, (wide) => onWidth(column.name, wide))} />
    </div>
  );
}

/** `integer, 2 % null`. */
export function aboutOf(column: TableColumn, summary: Summary | undefined): string {
  const missing = summary === undefined ? undefined : share(summary.nulls, summary.nulls + summary.count);
  return [typeInWords(column.type), missing === undefined ? undefined : `${missing} null`].filter(Boolean).join(", ");
}

function drag(event: PointerEvent<HTMLElement>, width: number, onWidth: (width: number) => void): void {
  event.preventDefault();
  event.stopPropagation();
  const [edge, begin] = [event.currentTarget, event.clientX];
  edge.setPointerCapture(event.pointerId);
  const move = ({ clientX }: globalThis.PointerEvent) => onWidth(Math.max(NARROWEST, Math.round(width + clientX - begin)));
  edge.addEventListener("pointermove", move);
  edge.addEventListener("lostpointercapture", () => edge.removeEventListener("pointermove", move), { once: true });
}
