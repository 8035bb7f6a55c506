// The columns of a table under each other: which are shown, what they hold, what is most frequent in them.
import { extentOf } from "./distribution.tsx";
import { bound, edges, ofBin, ofTop } from "./filter.ts";
import { aboutOf } from "./head.tsx";
import { useState } from "react";
import type { Filter, Summary, TableColumn } from "./source.ts";
import type { Summaries } from "./use-table.ts";
import { amount, share } from "./words.ts";

interface ColumnListProps {
  columns: TableColumn[];
  summaries: Summaries;
  hidden: string[];
  onHide: (hidden: string[]) => void;
  onFilter: (filter: Filter) => void;
}

export function ColumnList({ columns, summaries, hidden, onHide, onFilter }: ColumnListProps) {
  const [sought, setSought] = useState("");
  const found = columns.filter(({ name }) => name.toLowerCase().includes(sought.toLowerCase()));
  const shownCount = columns.length - hidden.length;
  return (
    <div className="column-list">
      {columns.length > 8 ? <input type="search" className="input" placeholder="Find a column" aria-label="Find a column" value={sought} onChange={(event) => setSought(event.target.value)} /> : null}
      <div className="column-list-all">
        <span className="muted">{hidden.length === 0 ? `${amount(columns.length)} columns` : `${amount(shownCount)} of ${amount(columns.length)} columns`}</span>
        {hidden.length === 0 ? null : <button type="button" className="link-button" onClick={() => onHide([])}>Show all</button>}
      </div>
      <ul>
        {found.map((column) => (
          <Item key={column.name} column={column} summary={summaries.get(column.name)} isShown={!hidden.includes(column.name)} isLast={shownCount === 1} onFilter={onFilter} onShow={(isShown) => onHide(isShown ? hidden.filter((name) => name !== column.name) : [...hidden, column.name])} />
        ))}
      </ul>
    </div>
  );
}

interface ItemProps {
  column: TableColumn;
  summary: Summary | undefined;
  isShown: boolean;
  /** The last one that is shown stays. */
  isLast: boolean;
  onShow: (isShown: boolean) => void;
  onFilter: (filter: Filter) => void;
}

function Item({ column, summary, isShown, isLast, onShow, onFilter }: ItemProps) {
  const [from, to] = extentOf(column, summary);
  return (
    <li className="column-item">
      <label><input type="checkbox" checked={isShown} disabled={isShown && isLast} onChange={(event) => onShow(event.target.checked)} /><span className="cut">{column.name}</span></label>
      <details>
        <summary><span className="cut">{aboutOf(column, summary)}</span><span className="cut num">{to === "" ? from : `${from} to ${to}`}</span></summary>
        <Frequent column={column} summary={summary} onFilter={onFilter} />
      </details>
    </li>
  );
}

/** The most frequent values, or the bins that hold most: each a filter. */
function Frequent({ column, summary, onFilter }: Pick<ItemProps, "column" | "summary" | "onFilter">) {
  if (summary === undefined) return null;
  const all = summary.count + summary.nulls;
  const facts = valuesOf(column, summary);
  return (
    <ul className="column-values">
      {facts.map(({ label, count, filter }) => <Value key={JSON.stringify(filter)} label={label} count={count} all={all} onChoose={() => onFilter(filter)} />)}
      {summary.nulls > 0 ? <Value label="null" count={summary.nulls} all={all} onChoose={() => onFilter({ column: column.name, is: "null" })} /> : null}
      {summary.mean == null ? null : <li className="column-mean num">{`mean ${bound(column.kind, column.type, summary.mean)}`}</li>}
    </ul>
  );
}

function Value({ label, count, all, onChoose }: { label: string; count: number; all: number; onChoose: () => void }) {
  return (
    <li>
      <button type="button" onClick={onChoose}>
        <i style={{ width: `${(count / Math.max(1, all)) * 100}%` }} />
        <span className="cut">{label}</span>
        <span className="num">{share(count, all)}</span>
      </button>
    </li>
  );
}

const MOST = 10;

function valuesOf(column: TableColumn, summary: Summary): { label: string; count: number; filter: Filter }[] {
  const top = (summary.top ?? []).map(({ value, count }) => ({ label: value === "" ? "empty" : value, count, filter: ofTop(column.name, value) }));
  const { min, max, histogram } = summary;
  if (histogram == null || min == null || max == null) return top;
  const bins = histogram.bins.flatMap((count, bin) => {
    const filter = ofBin(column, summary, bin);
    const [from, to] = edges(min, max, histogram.bins.length, bin).map((number) => bound(column.kind, column.type, number));
    return count === 0 || filter === undefined ? [] : [{ label: min === max ? String(from) : `${from} to ${to}`, count, filter, bin }];
  });
  return bins.toSorted((one, other) => other.count - one.count).slice(0, MOST).toSorted((one, other) => one.bin - other.bin);
}
