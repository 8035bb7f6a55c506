// Beside a run: its job's last runs, its parameters beside those of the last good run, what it used.
import { useMemo } from "react";

import { useQuery } from "../api/query.ts";
import type { Resumed, Run, RunDetails } from "../api/schema.ts";
import { Link } from "../app/router.tsx";
import { firstDivergence } from "../diff/divergence.ts";
import { environmentChanges, environmentInWords } from "../diff/packages.ts";
import type { Notebook } from "../notebook/nbformat.ts";
import { Strip } from "../parts/strip.tsx";
import { value } from "../parts/say.ts";
import type { RunDocument } from "./fold.ts";
import { jumpTo } from "./jump.ts";
import { compare, type Difference } from "./parameters.ts";
import { Resources } from "./resources.tsx";
import { changesInWords, sourceChanges } from "./source-changes.ts";
import { isOver, shortId } from "./state.ts";

export function Side({ run, document }: { run: RunDetails; document: RunDocument }) {
  const good = useLastGood(run);
  return (
    <>
      {run.job == null ? null : <LastRuns job={run.job.name} run={run.id} />}
      <Parameters run={run} good={good} />
      {run.resumed == null ? null : <GoesOn run={run} resumed={run.resumed} />}
      {good === undefined ? null : <Changed run={run} good={good} document={document} />}
      <Resources run={run} looks={document.usage} />
    </>
  );
}

/** Which run this one goes on from, and what it has of that one. */
function GoesOn({ run, resumed }: { run: RunDetails; resumed: Resumed }) {
  const { first, way, lost, changed } = resumed;
  return (
    <section>
      <h2>Goes on from {resumed.run === run.id ? "the attempt before" : <Link className="link" to={`/runs/${resumed.run}`}>{shortId(resumed.run)}</Link>}</h2>
      {way == null ? <p className="muted">It is not known yet with what of it.</p> : null}
      <dl className="facts num">
        {first == null || first === 0 ? null : <><dt>First cell that ran</dt><dd>{first + 1}</dd></>}
        {way == null ? null : <><dt>Cells before</dt><dd>{way === "rerun" ? "run again" : "from the kept state"}</dd></>}
        {changed.length === 0 ? null : <><dt>Edited before it</dt><dd>{changed.map((cell) => cell + 1).join(", ")}</dd></>}
      </dl>
      {lost.length === 0 ? null : <ul className="lost muted">{lost.map((text) => <li key={text}>{text}</li>)}</ul>}
    </section>
  );
}

function LastRuns({ job, run }: { job: string; run: string }) {
  const { data } = useQuery("GET /v1/runs", { query: { job, limit: 30 } });
  if (data === undefined) return null;
  return <section><h2>Last {data.runs.length === 1 ? "run" : `${Math.max(2, data.runs.length)} runs`}</h2><Strip runs={data.runs} current={run} /></section>;
}

/** The newest run of the job before this one that succeeded. */
function useLastGood(run: Run): Run | undefined {
  const ask = run.job == null ? undefined : { query: { job: run.job.name, state: "succeeded", until: run.created_at, limit: 2 } };
  const { data } = useQuery("GET /v1/runs", ask);
  return data?.runs.find(({ id }) => id !== run.id);
}

function Parameters({ run, good }: { run: RunDetails; good: Run | undefined }) {
  const differences = compare(run.parameters, good?.parameters);
  return (
    <section>
      <h2>Parameters</h2>
      {differences.length === 0 ? <p className="muted">None were given.</p> : <dl className="facts mono">{differences.map((difference) => <Parameter key={difference.name} {...difference} />)}</dl>}
    </section>
  );
}

function Parameter({ name, now, before, changed }: Difference) {
  return (
    <>
      <dt>{name}</dt>
      <dd className={changed ? "changed" : undefined} title={value(now ?? "")}>
        {changed && before !== undefined ? <del>{value(before)}</del> : null}
        {now === undefined ? <span className="muted">default</span> : value(now)}
      </dd>
    </>
  );
}

/** What is other than in the last good run: the first question after a failure. */
function Changed({ run, good, document }: { run: RunDetails; good: Run; document: RunDocument }) {
  const edited = good.snapshot !== run.snapshot;
  // Before its end there is always one more cell that differs.
  const over = isOver(run.state) && run.attempt > 0;
  // What the API's document does not say: a notebook.
  const { data } = useQuery("GET /v1/runs/{run}/notebook", edited || over ? { path: { run: good.id } } : undefined) as { data: Notebook | undefined };
  const environment = useEnvironment(run, good, document);
  const parameters = compare(run.parameters, good.parameters).filter((difference) => difference.changed).length;
  const known = data !== undefined && document.cells.length > 0;
  const notebook = !edited ? "the same" : known ? changesInWords(sourceChanges(document.cells, data.cells)) : "edited";
  const other = useMemo(() => (known && over ? firstDivergence(data.cells, document.cells) : undefined), [known, over, data, document.cells]);
  return (
    <section>
      <h2>Since the last good run, <Link className="link" to={`/runs/${good.id}`}>{shortId(good.id)}</Link></h2>
      <dl className="facts num">
        <dt>Parameters</dt><dd>{parameters === 0 ? "the same" : `${parameters} changed`}</dd>
        <dt>Notebook</dt><dd title={notebook}>{notebook}</dd>
        {run.job != null && good.job != null && run.job.version !== good.job.version ? <><dt>Version</dt><dd>{good.job.version} → {run.job.version}</dd></> : null}
        {environment === undefined ? null : <><dt>Environment</dt><dd title={environment}>{environment}</dd></>}
        {known && over ? <><dt>Outputs</dt><dd>{other === undefined ? "the same" : <button type="button" className="link-button" onClick={() => jumpTo(other.anchor)}>other from cell {other.index + 1}</button>}</dd></> : null}
      </dl>
      <p className="side-more"><Link className="link" to={`/diff?a=${good.id}&b=${run.id}`}>Compare the two</Link></p>
    </section>
  );
}

/** How the environment changed, in words; undefined while that is not known. */
function useEnvironment(run: RunDetails, good: Run, document: RunDocument): string | undefined {
  // A run that was only claimed has no record to ask; before its kernel answers, the record does not know.
  const begun = document.header !== undefined && (document.kernel !== undefined || isOver(run.state)) && run.is_flow !== true;
  const now = useQuery("GET /v1/runs/{run}/environment", begun ? { path: { run: run.id } } : undefined).data;
  const before = useQuery("GET /v1/runs/{run}/environment", begun ? { path: { run: good.id } } : undefined).data;
  return now === undefined || before === undefined ? undefined : environmentInWords(environmentChanges(before, now));
}
