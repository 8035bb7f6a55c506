// The last runs of everything at once: a row each, a mark for every run. Arrow keys walk, Enter opens.
import { type KeyboardEvent, memo, useRef } from "react";

import { useQuery } from "../api/query.ts";
import type { Run } from "../api/schema.ts";
import { Link, navigate, usePlace, withQuery } from "../app/router.tsx";
import { useNow } from "../parts/now.ts";
import { Empty, Failure, Loading } from "../parts/notice.tsx";
import { clock, duration, fileName } from "../parts/say.ts";
import { lookOf, shortId, summary } from "../run/state.ts";
import { cells, COLUMNS, type GridRow, gridRows, moved, record, runsOf } from "./grid.ts";
import "./run-grid.css";

/** As many as the API gives at once. */
const LOOKED_AT = 500;

export function RunGrid() {
  const place = usePlace();
  const jobs = useQuery("GET /v1/jobs", {});
  const runs = useQuery("GET /v1/runs", { query: { limit: LOOKED_AT } });
  const error = jobs.error ?? runs.error;
  const wanted = place.query.get("q") ?? "";
  if (jobs.data === undefined || runs.data === undefined) return error === undefined ? <Loading what="runs" /> : <Failure error={error} />;
  const rows = gridRows(jobs.data.jobs.map(({ name }) => name), runs.data.runs, wanted);
  return (
    <>
      <form className="filters" role="search" aria-label="Filter rows" onSubmit={(event) => event.preventDefault()}>
        <input className="input grow" type="search" aria-label="Name of a job or notebook" placeholder="Filter" defaultValue={wanted} onChange={(event) => navigate(withQuery(place, { q: event.target.value }), "replace")} />
      </form>
      {rows.length === 0 ? <Empty title={wanted === "" ? "Nothing has run yet" : "Nothing is called that"}>{wanted === "" ? <Link className="button" to="/jobs">Run a job</Link> : null}</Empty> : <Grid rows={rows} runs={runs.data.runs} />}
    </>
  );
}

function Grid({ rows, runs }: { rows: GridRow[]; runs: Run[] }) {
  const table = useRef<HTMLTableElement>(null);
  const walk = (event: KeyboardEvent) => {
    const cell = (event.target as Element).closest("td");
    if (cell === null || event.metaKey || event.ctrlKey || event.altKey) return;
    const row = cell.closest("tr");
    const to = moved(event.key, [(row?.rowIndex ?? 0), cell.cellIndex - 1]);
    if (to === undefined) return;
    event.preventDefault();
    linkNear(table.current, to)?.focus();
  };
  return (
    <div className="panel run-grid">
      <table aria-label={`The last ${COLUMNS} runs of each; newest last`} ref={table} onKeyDown={walk}>
        <tbody>{rows.map((row) => (row.job === undefined ? <Row key={`notebook ${row.name}`} row={row} runs={runsOf(row.name, runs)} /> : <JobRow key={row.name} row={row} />))}</tbody>
      </table>
    </div>
  );
}

/** The run at a place of the grid, or the one that is nearest in its row. */
function linkNear(table: HTMLTableElement | null, [row, column]: [number, number]): HTMLElement | undefined {
  const links = [...(table?.rows[row]?.querySelectorAll<HTMLElement>("td a") ?? [])];
  const away = (link: HTMLElement) => Math.abs(((link.closest("td")?.cellIndex ?? 0) - 1) - column);
  return links.toSorted((one, other) => away(one) - away(other))[0];
}

function JobRow({ row }: { row: GridRow }) {
  const { data } = useQuery("GET /v1/runs", { query: { job: row.name, limit: COLUMNS } });
  return <Row row={row} runs={data?.runs ?? []} />;
}

const Row = memo(function Row({ row, runs }: { row: GridRow; runs: Run[] }) {
  const now = useNow(60_000);
  const newest = runs[0]?.id;
  return (
    <tr>
      <th scope="row">
        {row.job === undefined ? <span className="cut" title={row.name}>{fileName(row.name)}</span> : <Link className="cut" to={`/jobs/${encodeURIComponent(row.name)}`}>{row.name}</Link>}
        <small>{record(runs)}</small>
      </th>
      {cells(runs).map((run, at) => (
        <td key={run?.id ?? at}>{run === undefined ? null : <Link to={`/runs/${run.id}`} className={lookOf(run.state)} tabIndex={run.id === newest ? 0 : -1} aria-label={`Run ${shortId(run.id)}, ${summary(run).toLowerCase()}`} title={titleOf(run, now)}><span className="mark" /></Link>}</td>
      ))}
    </tr>
  );
});

function titleOf(run: Run, now: number): string {
  const began = Date.parse(run.started_at ?? run.created_at);
  const took = run.started_at == null || run.ended_at == null ? "" : ` · ${duration((Date.parse(run.ended_at) - began) / 1000)}`;
  return `${summary(run)} · ${clock(began, now)}${took}`;
}
