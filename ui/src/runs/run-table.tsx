// Runs, one a row; the arrow keys walk, Enter opens.
import { type KeyboardEvent, memo } from "react";

import type { Run } from "../api/schema.ts";
import { Link } from "../app/router.tsx";
import { useNow } from "../parts/now.ts";
import { duration, relative, value } from "../parts/say.ts";
import { isOver, lookOf, nameOf, shortId, summary } from "../run/state.ts";
import "./run-table.css";

export function RunTable({ runs, withName = true }: { runs: Run[]; withName?: boolean }) {
  const now = useNow(runs.some((run) => !isOver(run.state)) ? 1000 : 30_000);
  return (
    <ul className="run-table panel" onKeyDown={walk}>
      {runs.map((run) => <Row key={run.id} run={run} now={isOver(run.state) ? Math.floor(now / 30_000) * 30_000 : now} withName={withName} />)}
    </ul>
  );
}

const Row = memo(function Row({ run, now, withName }: { run: Run; now: number; withName: boolean }) {
  const parameters = Object.entries(run.parameters).map(([name, given]) => `${name}=${value(given)}`).join("  ");
  const began = Date.parse(run.started_at ?? run.created_at);
  return (
    <li>
      <Link to={`/runs/${run.id}`} className="run-row">
        <span className={`mark ${lookOf(run.state)}`} title={summary(run)} />
        <span className="run-name cut"><b>{withName ? nameOf(run) : shortId(run.id)}</b> <span className="mono muted">{withName ? shortId(run.id) : ""}</span></span>
        <span className={`run-state ${lookOf(run.state)}`}>{summary(run)}</span>
        <span className="run-parameters mono muted cut">{run.ename == null ? parameters : `${run.ename}: ${run.evalue ?? ""}`}</span>
        <span className="run-took num muted">{tookOf(run, now)}</span>
        <time className="run-when muted" dateTime={run.started_at ?? run.created_at}>{relative(began, Math.max(now, began))}</time>
      </Link>
    </li>
  );
});

function tookOf(run: Run, now: number): string {
  if (run.started_at == null) return "";
  const ended = run.ended_at == null ? now : Date.parse(run.ended_at);
  return duration(Math.max(0, ended - Date.parse(run.started_at)) / 1000);
}

function walk(event: KeyboardEvent<HTMLElement>): void {
  const step = event.key === "ArrowDown" || event.key === "j" ? 1 : event.key === "ArrowUp" || event.key === "k" ? -1 : 0;
  if (step === 0 || event.metaKey || event.ctrlKey || event.altKey) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("a.run-row")];
  const at = rows.findIndex((row) => row === document.activeElement);
  rows[at + step]?.focus();
  event.preventDefault();
}
