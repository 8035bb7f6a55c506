// The line beneath a run's name: when, how long, by whom, of what, on what.
import type { ReactNode } from "react";

import { useQuery } from "../api/query.ts";
import type { RunDetails } from "../api/schema.ts";
import { Link } from "../app/router.tsx";
import { useNow } from "../parts/now.ts";
import { clock, duration, relative } from "../parts/say.ts";
import type { RunDocument } from "./fold.ts";
import { isOver, shortId } from "./state.ts";

export function Facts({ run, document }: { run: RunDetails; document: RunDocument }) {
  const over = isOver(run.state);
  const now = useNow(over ? 60_000 : 1000);
  const started = run.started_at == null ? undefined : Date.parse(run.started_at);
  const ended = run.ended_at == null ? now : Date.parse(run.ended_at);
  const usual = useUsual(run);
  return (
    <div className="run-facts num">
      {started === undefined ? <Fact name="Asked for">{relative(Date.parse(run.created_at), now)}</Fact> : <Fact name="Started"><time dateTime={run.started_at ?? ""} title={relative(started, now)}>{clock(started, now)}</time></Fact>}
      {started === undefined ? null : (
        <Fact name={over ? "Ran" : "Running for"}>
          {duration(Math.max(0, ended - started) / 1000)}
          {usual === undefined ? null : <span className="muted"> of ~{duration(usual)}</span>}
        </Fact>
      )}
      <Fact name="By">{run.batch == null ? byWhom(run) : <Link className="link" to={`/sweeps/${run.batch}`}>{byWhom(run)}</Link>}</Fact>
      {run.job == null ? null : <Fact name="Version">{run.job.version}</Fact>}
      {document.kernel === undefined ? null : <Fact name="On">{document.kernel.name} · {document.kernel.language} {document.kernel.language_version}</Fact>}
      {run.late ? <span className="is-warn late"><span className="mark" />later than its deadline</span> : null}
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return <span>{name} <b>{children}</b></span>;
}

function byWhom(run: RunDetails): string {
  switch (run.trigger) {
    case "manual":
      return run.triggered_by;
    case "restart":
      // The run that is run again.
      return run.resumed == null ? `${shortId(run.triggered_by)}, again` : `${shortId(run.triggered_by)}, resumed`;
    case "after":
      return "the end of another job";
    case "import":
      return "import";
    default:
      return `a ${run.trigger}`;
  }
}

/** How long good runs of its job take: the median, in seconds. */
function useUsual(run: RunDetails): number | undefined {
  const { data } = useQuery("GET /v1/runs", run.job == null ? undefined : { query: { job: run.job.name, state: "succeeded", limit: 20 } });
  const times = (data?.runs ?? []).flatMap(({ id, started_at: from, ended_at: to }) => (id === run.id || from == null || to == null ? [] : [Date.parse(to) - Date.parse(from)]));
  if (times.length < 3) return undefined;
  return (times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)] ?? 0) / 1000;
}
