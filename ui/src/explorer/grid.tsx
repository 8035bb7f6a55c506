// Rows of a table of any length under a head that stays. Rows are not moved by the browser but drawn for the place it
// scrolled to, in a layer that stays where it is: however far one jumps, something is there at once.
import { type ClipboardEvent, type KeyboardEvent, type PointerEvent, type ReactNode, useEffect, useId, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";

import { copyInto } from "./copy.ts";
import "./grid.css";
import { Head } from "./head.tsx";
import { type Lane, lanesOf, revealingLane, usualWidth, within } from "./lanes.ts";
import type { Known, Pages } from "./pages.ts";
import { Row } from "./row.tsx";
import { canvasHeight, type Extent, revealing } from "./scroll.ts";
import { Scroller } from "./scroller.ts";
import { areaOf, begin, HEAD, press, type Selection } from "./selection.ts";
import type { Filter, SortKey, TableColumn } from "./source.ts";
import { useSize } from "./use-size.ts";
import type { Summaries } from "./use-table.ts";

export interface GridProps {
  label: string;
  columns: TableColumn[];
  pages: Pages;
  /** Other rows are on their way. */
  stale: boolean;
  summaries: Summaries;
  sort: SortKey[];
  onSort: (column: string, also: boolean) => void;
  onFilter: (filter: Filter) => void;
  onAskFilter: (column: string) => void;
  /** What happened that cannot be seen. */
  onSay: (message: string) => void;
  /** What stands in the place of rows where there are none. */
  children: ReactNode;
}

export const HEAD_HEIGHT = 96;
/** Drawn beside what is seen, so that a small movement has it already. */
const BESIDE = 200;
const STEP = 16;

export function Grid({ label, columns, pages, stale, summaries, sort, onSort, onFilter, onAskFilter, onSay, children }: GridProps) {
  const id = useId();
  const place = useRef<HTMLDivElement>(null);
  const { width, height } = useSize(place);
  const known = useSyncExternalStore(pages.subscribe, pages.snapshot);
  const rows = known.matching ?? 0;
  const rowHeight = useRowHeight();
  const extent: Extent = { rows, rowHeight, viewHeight: Math.max(rowHeight, height - HEAD_HEIGHT) };
  const [scroller] = useState(() => new Scroller());
  const { row: top, left } = useSyncExternalStore(scroller.subscribe, scroller.snapshot);
  const { lanes, total, setWidth } = useLanes(columns, pages, known.matching !== undefined);
  const gutter = gutterOf(rows);
  const seen = useMemo(() => within(lanes, left - BESIDE, left + width + BESIDE), [lanes, left, width]);
  const [selection, setSelection] = useState<Selection>(() => begin(0, 0));
  const area = areaOf(selection);

  const first = Math.floor(top);
  const count = Math.min(rows - first, Math.ceil(extent.viewHeight / rowHeight) + 1);
  useEffect(() => pages.want(first, first + count - 1), [pages, first, count]);
  const { viewHeight } = extent;
  const of = JSON.stringify(pages.query);
  useLayoutEffect(() => {
    scroller.attach(place.current);
    scroller.measure({ rows, rowHeight, viewHeight }, of);
  }, [scroller, rows, rowHeight, viewHeight, of]);

  const show = (next: Selection) => {
    setSelection(next);
    if (next.at.row !== HEAD) scroller.goTo(revealing(extent, top, next.at.row));
    const lane = lanes[next.at.column];
    if (lane !== undefined) scroller.goAcross((before, room) => revealingLane(lane, before, room - gutter));
  };
  const obey = (event: KeyboardEvent) => {
    if (event.target !== place.current) return;
    const column = columns[selection.at.column];
    const size = { rows, columns: columns.length, page: Math.max(1, Math.floor(extent.viewHeight / rowHeight) - 1) };
    const sideways = event.key === "ArrowLeft" ? -STEP : event.key === "ArrowRight" ? STEP : 0;
    const next = press(selection, event, size);
    if (column !== undefined && event.key === "Enter" && selection.at.row === HEAD) onSort(column.name, event.shiftKey);
    else if (column !== undefined && event.key === "f" && !event.ctrlKey && !event.metaKey && !event.altKey) onAskFilter(column.name);
    else if (column !== undefined && event.shiftKey && sideways !== 0 && selection.at.row === HEAD) setWidth(column.name, (lanes[selection.at.column]?.width ?? 0) + sideways);
    else if (next === undefined) return;
    else show(next);
    event.preventDefault();
  };
  const point = (event: PointerEvent, extend: boolean) => {
    const found = (event.target as Element).closest<HTMLElement>(".grid-cell");
    if (found === null || event.button > 0) return;
    const at = { row: Number(found.dataset["row"]), column: Number(found.dataset["column"]) };
    setSelection((before) => ({ anchor: extend && before.anchor.row !== HEAD ? before.anchor : at, at }));
  };
  const copy = (event: ClipboardEvent) => {
    if (event.target !== place.current || rows === 0) return;
    event.preventDefault();
    const bottom = Math.max(0, Math.min(area.bottom, rows - 1));
    copyInto(event.clipboardData, pages, { ...area, top: Math.max(0, Math.min(area.top, bottom)), bottom }).then(onSay, (error: unknown) => onSay(`Not copied: ${error instanceof Error ? error.message : String(error)}`));
  };
  const isSeen = selection.at.row === HEAD ? columns.length > 0 : selection.at.row >= first && selection.at.row < first + count;
  const isLaneSeen = seen.some(({ index }) => index === selection.at.column);

  return (
    <div className="grid-frame">
      <div
        ref={place}
        className={stale ? "grid is-stale" : "grid"}
        role="grid"
        tabIndex={0}
        aria-label={label}
        aria-rowcount={rows + 1}
        aria-colcount={columns.length + 1}
        aria-multiselectable="true"
        aria-busy={stale || known.matching === undefined}
        aria-activedescendant={isSeen && isLaneSeen ? (selection.at.row === HEAD ? `${id}-head-${selection.at.column}` : `${id}-at`) : undefined}
        data-choosing=""
        onScroll={scroller.scrolled}
        onKeyDown={obey}
        onCopy={copy}
        onPointerDown={(event) => point(event, event.shiftKey)}
        onPointerOver={(event) => event.buttons === 1 && event.pointerType === "mouse" && point(event, true)}
      >
        <HeadRow id={id} lanes={seen} gutter={gutter} total={total} at={selection.at.row === HEAD ? selection.at.column : undefined} summaries={summaries} sort={sort} onSort={onSort} onFilter={onFilter} onAskFilter={onAskFilter} onWidth={setWidth} />
        <div className="grid-canvas" role="presentation" style={{ height: canvasHeight(extent), width: gutter + total }}>
          {rows === 0 ? null : <Rows id={id} pages={pages} known={known} lanes={seen} gutter={gutter} width={gutter + total} extent={extent} top={top} count={count} selection={selection} />}
        </div>
      </div>
      {rows === 0 ? <div className="grid-none" style={{ top: HEAD_HEIGHT }}>{children}</div> : null}
    </div>
  );
}

interface HeadRowProps extends Pick<GridProps, "summaries" | "sort" | "onSort" | "onFilter" | "onAskFilter"> {
  id: string;
  lanes: Lane[];
  gutter: number;
  total: number;
  /** The column where the keyboard is. */
  at: number | undefined;
  onWidth: (column: string, width: number) => void;
}

function HeadRow({ id, lanes, gutter, total, at, summaries, ...rest }: HeadRowProps) {
  return (
    <div role="rowgroup" className="grid-head" style={{ width: gutter + total, height: HEAD_HEIGHT }}>
      <div role="row" aria-rowindex={1} className="grid-row is-head">
        <div role="columnheader" aria-colindex={1} className="grid-number" style={{ width: gutter }}><span className="unseen">Row</span></div>
        <div className="grid-lanes" role="presentation" style={{ left: gutter }}>
          {lanes.map((lane) => <Head key={lane.column.name} id={`${id}-head-${lane.index}`} lane={lane} summary={summaries.get(lane.column.name)} isAt={at === lane.index} {...rest} />)}
        </div>
      </div>
    </div>
  );
}

interface RowsProps {
  id: string;
  pages: Pages;
  /** Another one when other rows are there. */
  known: Known;
  lanes: Lane[];
  gutter: number;
  width: number;
  extent: Extent;
  top: number;
  count: number;
  selection: Selection;
}

function Rows({ id, pages, lanes, gutter, width, extent, top, count, selection }: RowsProps) {
  const area = areaOf(selection);
  const first = Math.floor(top);
  const indices = Array.from({ length: Math.max(0, count) }, (_, offset) => first + offset);
  return (
    <div role="rowgroup" className="grid-view" style={{ top: HEAD_HEIGHT, height: Math.min(extent.viewHeight, extent.rows * extent.rowHeight) }}>
      {indices.map((index) => {
        const isChosen = index >= area.top && index <= area.bottom;
        return (
          <Row
            key={index}
            index={index}
            top={Math.round((index - top) * extent.rowHeight)}
            height={extent.rowHeight}
            width={width}
            gutter={gutter}
            values={pages.row(index)}
            lanes={lanes}
            from={isChosen ? area.left : 0}
            to={isChosen ? area.right : -1}
            at={selection.at.row === index ? selection.at.column : undefined}
            prefix={id}
          />
        );
      })}
    </div>
  );
}

function begun(widths: Map<string, number>, pages: Pages): Map<string, number> {
  const rows = Array.from({ length: 40 }, (_, index) => pages.row(index)).filter((row) => row !== undefined);
  const all = pages.columns.map((column, at): [string, number] => [column.name, widths.get(column.name) ?? usualWidth(column, rows.map((row) => row[at]))]);
  return new Map([...widths, ...all]);
}

/** The column of row numbers, as wide as the largest. */
function gutterOf(rows: number): number {
  return Math.max(3, rows.toLocaleString("en").length) * 7 + 20;
}

function useLanes(columns: TableColumn[], pages: Pages, isKnown: boolean): { lanes: Lane[]; total: number; setWidth: (column: string, width: number) => void } {
  const [widths, setWidths] = useState<Map<string, number>>(() => new Map());
  // From the first rows there ever were: columns do not change their width under one's hand.
  if (isKnown && pages.columns.some(({ name }) => !widths.has(name))) setWidths(begun(widths, pages));
  const lanes = useMemo(() => lanesOf(columns, widths), [columns, widths]);
  const last = lanes.at(-1);
  const setWidth = (column: string, width: number) => setWidths((before) => new Map(before).set(column, Math.max(60, width)));
  return { lanes, total: last === undefined ? 0 : last.left + last.width, setWidth };
}

const NARROW = "(max-width: 900px)";

/** A thumb takes more than a mouse. */
export function useRowHeight(): number {
  const isNarrow = useSyncExternalStore(
    (listener) => {
      const query = matchMedia(NARROW);
      query.addEventListener("change", listener);
      return () => query.removeEventListener("change", listener);
    },
    () => matchMedia(NARROW).matches,
  );
  return isNarrow ? 36 : 26;
}
