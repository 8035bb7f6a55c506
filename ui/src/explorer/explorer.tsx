// A table to look into: rows in a grid or a chart of them, under what they are filtered by.
import { lazy, type ReactNode, Suspense, useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";

import type { ApiError } from "../api/client.ts";
import { Loading } from "../parts/notice.tsx";
import { type Look, resorted } from "./address.ts";
import { ColumnList } from "./column-list.tsx";
import { CodeMenu } from "./code-menu.tsx";
import "./explorer.css";
import { FilterForm } from "./filter-form.tsx";
import { pills, reads, withoutPill, withPill } from "./filter.ts";
import { Grid } from "./grid.tsx";
import { Menu } from "./menu.tsx";
import type { Filter, TableColumn, TableSource } from "./source.ts";
import { useColumns, usePages, useSummaries } from "./use-table.ts";
import { OTHER_VERSION } from "./version.ts";
import { amount, ofRows } from "./words.ts";

/** Whoever never looks at a chart does not load what draws them. */
const Charts = lazy(async () => ({ default: (await import("./charts/charts.tsx")).Charts }));

interface ExplorerProps {
  source: TableSource;
  /** What the table is called. */
  label: string;
  look: Look;
  onLook: (look: Look) => void;
  /** How many rows there should be, and why some are nowhere. */
  expected?: { total: number; omitted: string | undefined } | undefined;
  /** Of a file. */
  path?: string | undefined;
  /** Whether the columns stand at the left, where there is room; then there is room for more, too. */
  withColumns?: boolean;
  /** Beside the count: where else to go. */
  children?: ReactNode;
}

export function Explorer(props: ExplorerProps) {
  const { columns, error, retry } = useColumns(props.source);
  const [turn, setTurn] = useState(0);
  const again = () => {
    props.source.changes?.begin();
    retry();
    setTurn(turn + 1);
  };
  if (columns !== undefined && columns.length > 0) return <Loaded key={turn} {...props} columns={columns} onAgain={again} />;
  return (
    <div className="explorer">
      {error !== undefined && isOther(error) ? <Changed onAgain={again} /> : error !== undefined ? <Wrong error={error} onRetry={retry} /> : columns === undefined ? <Loading what="the table" /> : <p className="muted">A table without columns</p>}
    </div>
  );
}

function Loaded({ source, label, look, onLook, expected, path, withColumns = false, children, columns, onAgain }: ExplorerProps & { columns: TableColumn[]; onAgain: () => void }) {
  const { query, view } = look;
  const visible = useMemo(() => shownOf(columns, look.hidden), [columns, look.hidden]);
  const { pages, stale } = usePages(source, query, visible);
  const known = useSyncExternalStore(pages.subscribe, pages.snapshot);
  const summaries = useSummaries(source, columns, query.filter);
  const hasChanged = useSyncExternalStore(source.changes?.subscribe ?? never, source.changes?.isOther ?? no);
  const [asks, setAsks] = useState<{ column: string | undefined }>();
  const [said, setSaid] = useState({ text: "", times: 0 });
  const missing = known.matching === undefined || expected === undefined || known.total >= expected.total ? undefined : expected;
  // Charts ask for rows of their own; how many there are is said above them too.
  useEffect(() => {
    if (view === "chart") pages.want(0, 0);
  }, [view, pages]);
  const change = (changes: Partial<Look>) => onLook({ ...look, ...changes });
  const filterBy = useCallback((filter: Filter | undefined) => onLook({ ...look, query: { ...query, filter } }), [look, onLook, query]);
  const add = (filter: Filter) => filterBy(withPill(query.filter, filter));
  const list = <ColumnList columns={columns} summaries={summaries} hidden={look.hidden.filter((name) => columns.some((column) => column.name === name))} onHide={(hidden) => change({ hidden })} onFilter={add} />;
  return (
    <div className={withColumns ? "explorer with-columns" : "explorer"}>
      {withColumns ? <section className="explorer-columns" aria-label="Columns">{list}</section> : null}
      <div className="explorer-main">
        <div className="explorer-bar">
          <Views view={view} onChoose={(next) => change({ view: next })} />
          <span className="explorer-count num" role="status">{known.matching === undefined ? "" : ofRows(known.matching, known.total)}</span>
          <span className="grow" />
          <button type="button" className="button quiet" aria-expanded={asks !== undefined} onClick={() => setAsks(asks === undefined ? { column: undefined } : undefined)}>Filter</button>
          <Menu className={withColumns ? "explorer-narrow" : ""} label={`Columns${visible.length < columns.length ? ` ${amount(visible.length)}/${amount(columns.length)}` : ""}`}>{list}</Menu>
          {withColumns ? <CodeMenu columns={columns} look={look} path={path} /> : null}
          {children}
        </div>
        {missing === undefined ? null : <p className="explorer-note is-warn"><span className="mark" />The first {known.total.toLocaleString("en")} of {missing.total.toLocaleString("en")} rows{missing.omitted === undefined ? "" : `: ${missing.omitted}`}</p>}
        <Pills filter={query.filter} onChange={filterBy} />
        {asks === undefined ? null : <FilterForm key={asks.column ?? ""} columns={columns} summaries={summaries} first={asks.column} onAdd={add} onClose={() => setAsks(undefined)} />}
        {hasChanged ? <Changed onAgain={onAgain} /> : null}
        {known.error === undefined || isOther(known.error) ? null : <Wrong error={known.error} onRetry={() => pages.retry()} />}
        {view === "chart" ? (
          <div className="explorer-chart">
            <Suspense fallback={<Loading what="the chart" />}>
              <Charts columns={visible} source={source} query={query} choices={look.choices} onChoose={(choices) => change({ choices })} onFilter={(filter, choices) => change({ query: { ...query, filter }, choices })} />
            </Suspense>
          </div>
        ) : (
          <Grid
            label={label}
            columns={pages.columns}
            pages={pages}
            stale={stale}
            summaries={summaries}
            sort={query.sort}
            onSort={(column, also) => change({ query: { ...query, sort: resorted(query.sort, column, also) } })}
            onFilter={add}
            onAskFilter={(column) => setAsks({ column })}
            onSay={(text) => setSaid(({ times }) => ({ text, times: times + 1 }))}
          >
            {known.matching === undefined ? known.error === undefined ? <Loading what="the rows" /> : null : query.filter === undefined ? "There are no rows" : <>No row matches <button type="button" className="link-button" onClick={() => filterBy(undefined)}>Show all rows</button></>}
          </Grid>
        )}
        <div role="status">{said.text === "" ? null : <span key={said.times} className="explorer-said">{said.text}</span>}</div>
      </div>
    </div>
  );
}

/** Calm: what was read stays, and nothing of the other table is put beside it. */
function Changed({ onAgain }: { onAgain: () => void }) {
  return <p className="explorer-note is-warn" role="status"><span className="mark" />The table has changed since it was read <button type="button" className="link-button" onClick={onAgain}>Read again</button></p>;
}

function isOther(error: ApiError): boolean {
  return error.problem.code === OTHER_VERSION;
}

const never = () => () => undefined;
const no = () => false;

/** At least one column is shown, whatever the address says. */
function shownOf(columns: TableColumn[], hidden: string[]): TableColumn[] {
  const visible = columns.filter(({ name }) => !hidden.includes(name));
  return visible.length === 0 ? columns.slice(0, 1) : visible;
}

function Views({ view, onChoose }: { view: Look["view"]; onChoose: (view: Look["view"]) => void }) {
  const one = (name: Look["view"], label: string) => <button type="button" aria-pressed={view === name} onClick={() => onChoose(name)}>{label}</button>;
  return <div className="explorer-views" role="group" aria-label="View">{one("table", "Table")}{one("chart", "Chart")}</div>;
}

function Pills({ filter, onChange }: { filter: Filter | undefined; onChange: (filter: Filter | undefined) => void }) {
  const all = pills(filter);
  if (all.length === 0) return null;
  return (
    <ul className="explorer-pills" aria-label="Filters">
      {all.map((one, at) => {
        const text = reads(one);
        return <li key={JSON.stringify(one)}><span className="cut" title={text}>{text}</span><button type="button" aria-label={`Remove the filter ${text}`} onClick={() => onChange(withoutPill(filter, at))}>×</button></li>;
      })}
      {all.length > 1 ? <li className="is-plain"><button type="button" className="link-button" onClick={() => onChange(undefined)}>Remove all</button></li> : null}
    </ul>
  );
}

function Wrong({ error, onRetry }: { error: ApiError; onRetry: () => void }) {
  return (
    <div className="notice wrong" role="alert">
      <b>{error.status === 404 ? "The table is not there" : error.offline ? "The server cannot be reached" : error.problem.code === "too_slow" ? "This takes too long" : "That did not work"}</b>
      {error.offline && error.problem.code === undefined ? null : <span>{error.message}</span>}
      {typeof error.problem.hint === "string" ? <span>{error.problem.hint}</span> : null}
      <button type="button" className="button" onClick={onRetry}>Try again</button>
    </div>
  );
}
