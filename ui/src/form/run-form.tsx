// Asks for a run of a job: a field for every parameter its notebooks declare, checked where it is typed.
import { type FormEvent, useMemo, useState } from "react";

import { ApiError, request } from "../api/client.ts";
import { invalidate, useQuery } from "../api/query.ts";
import type { Job, Run } from "../api/schema.ts";
import { Page } from "../app/page.tsx";
import { Link, navigate, usePlace } from "../app/router.tsx";
import { useNow } from "../parts/now.ts";
import { Failure, Loading } from "../parts/notice.tsx";
import { StatePill } from "../parts/pill.tsx";
import { counted, duration, relative, value } from "../parts/say.ts";
import { same } from "../run/parameters.ts";
import { shortId } from "../run/state.ts";
import { Control } from "./control.tsx";
import "./form.css";
import { canSweep, firstText, MOST, pointsOf, readSeveral } from "./sweep.ts";
import { evaluate, type Known, knownOf, textsOf, type Values } from "./values.ts";

export function RunFormPage({ name }: { name: string }) {
  const { query } = usePlace();
  const from = query.get("from");
  const job = useQuery("GET /v1/jobs/{name}", { path: { name } });
  const origin = useQuery("GET /v1/runs/{run}", from === null ? undefined : { path: { run: from } });
  const crumbs: [string, string?][] = [["Jobs", "/jobs"], [name, `/jobs/${encodeURIComponent(name)}`], ["Run"]];
  const error = job.error ?? origin.error;
  if (job.data === undefined || (from !== null && origin.data === undefined)) {
    return <Page crumbs={crumbs}><h1 className="unseen">Run {name}</h1>{error === undefined ? <Loading what="the job" /> : <Failure error={error} />}</Page>;
  }
  return <Form key={from ?? ""} job={job.data} given={origin.data?.parameters ?? {}} crumbs={crumbs} />;
}

function Form({ job, given, crumbs }: { job: Job; given: Values; crumbs: [string, string?][] }) {
  const known = useMemo(() => knownOf(job.definition.tasks), [job]);
  const [texts, setTexts] = useState(() => textsOf(known, given));
  const [refused, setRefused] = useState<ApiError>();
  const [busy, setBusy] = useState(false);
  /** Texts of the parameters that have several values. */
  const [several, setSeveral] = useState<{ [name: string]: string }>({});
  const [together, setTogether] = useState(2);
  const state = evaluate(known.filter(({ schema }) => !(schema.name in several)), texts);
  const sweep = sweepOf(known, several);
  const points = sweep.wrong === undefined ? pointsOf(state.values, sweep.values) : [];
  const isSweep = Object.keys(several).length > 0;
  const isWrong = Object.keys(state.wrong).length > 0 || (isSweep && (points.length === 0 || points.length > MOST));
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isWrong) return;
    setBusy(true);
    try {
      navigate(isSweep ? await sweepNow(job, points, several, together) : await runNow(job, state.values));
    } catch (error) {
      setRefused(error instanceof ApiError ? error : new ApiError(0, { message: String(error) }));
      setBusy(false);
    }
  };
  const refusedField = refused?.problem.field?.replace(/^parameters\./, "");
  const toggle = ({ schema: { name }, field }: Known) => setSeveral((before) => {
    const { [name]: text, ...rest } = before;
    return text === undefined ? { ...rest, [name]: firstText(field, texts[name] ?? "") } : rest;
  });
  const presets = Object.entries(job.definition.presets ?? {});
  return (
    <Page crumbs={crumbs} side={<Summary job={job} values={state.values} several={several} />} actions={<button type="submit" form="run-form" className="button primary" disabled={busy || isWrong}>{isSweep && points.length > 0 ? `Run ${counted(points.length, "time")}` : "Run"}</button>}>
      <div className="head"><h1>Run {job.name}</h1></div>
      {presets.length === 0 ? null : (
        <div className="presets" role="group" aria-label="Presets">
          {presets.map(([name, values]) => <button key={name} type="button" className="button" onClick={() => setTexts(textsOf(known, values))}>{name}</button>)}
        </div>
      )}
      <form id="run-form" className="run-form" noValidate onSubmit={(event) => void submit(event)}>
        {known.length === 0 ? <p className="muted">Its notebook declares no parameters.</p> : null}
        {known.map((one) => {
          const { schema: { name }, schema, field, usual } = one;
          const on = name in several;
          return (
            <Control
              key={name}
              schema={schema}
              field={field}
              text={several[name] ?? texts[name] ?? ""}
              usual={usual}
              wrong={(on ? sweep.wrong?.[name] : state.wrong[name]) ?? (refusedField === name ? refused?.message : undefined)}
              onChange={(text) => {
                setRefused(undefined);
                (on ? setSeveral : setTexts)((before) => ({ ...before, [name]: text }));
              }}
              {...(canSweep(field) ? { sweep: { on, onToggle: () => toggle(one) } } : {})}
            />
          );
        })}
        {isSweep ? (
          <p className="sweep-bar">
            <span className="num" role="status">{points.length > MOST ? `${counted(points.length, "run")}: at most ${MOST.toLocaleString("en")} can be asked for` : points.length === 0 ? "No runs yet" : `${counted(points.length, "run")}, one for every combination`}</span>
            <label>At once <input className="input num" type="number" min={1} max={64} value={together} onChange={({ target }) => setTogether(Math.max(1, Number(target.value)))} /></label>
          </p>
        ) : null}
        {refused !== undefined && !known.some(({ schema }) => schema.name === refusedField) ? <Failure error={refused} /> : null}
      </form>
    </Page>
  );
}

async function runNow(job: Job, parameters: Values): Promise<string> {
  const run = await request("POST /v1/jobs/{name}/run", { path: { name: job.name }, body: { parameters } });
  return `/runs/${run.id}`;
}

/** One run for each point; they are compared on the sweep's page. */
async function sweepNow(job: Job, points: Values[], several: { [name: string]: string }, concurrency: number): Promise<string> {
  const label = Object.entries(several).map(([name, text]) => `${name}=${text}`).join(" ");
  const batch = await request("POST /v1/jobs/{name}/sweep", { path: { name: job.name }, body: { points, concurrency, label } });
  invalidate("v1/batches");
  return `/sweeps/${batch.id}`;
}

/** What several values mean, or what is wrong with them. */
function sweepOf(known: Known[], several: { [name: string]: string }): { values: { [name: string]: unknown[] }; wrong: { [name: string]: string } | undefined } {
  const values: { [name: string]: unknown[] } = {};
  const wrong: { [name: string]: string } = {};
  for (const { schema, field } of known) {
    const text = several[schema.name];
    if (text === undefined) continue;
    const found = readSeveral(text, field);
    if ("wrong" in found) wrong[schema.name] = found.wrong;
    else values[schema.name] = found.values;
  }
  return { values, wrong: Object.keys(wrong).length > 0 ? wrong : undefined };
}

function Summary({ job, values, several }: { job: Job; values: Values; several: { [name: string]: string } }) {
  const { data } = useQuery("GET /v1/runs", { query: { job: job.name, limit: 30 } });
  const now = useNow(30_000);
  const changed = Object.entries({ ...values, ...several });
  const times = (data?.runs ?? []).flatMap((run) => (run.state === "succeeded" && run.started_at != null && run.ended_at != null ? [Date.parse(run.ended_at) - Date.parse(run.started_at)] : []));
  const twin = Object.keys(several).length > 0 ? undefined : data?.runs.find((run) => same(run.parameters, values));
  return (
    <>
      <section>
        <h2>What will run</h2>
        <dl className="facts">
          <dt>Version</dt><dd className="num">{job.version}</dd>
          {job.definition.tasks.map((task) => [<dt key={task.key}>Notebook</dt>, <dd key={`${task.key}=`}>{task.notebook}</dd>])}
          {times.length === 0 ? null : <><dt>Last took</dt><dd className="num">{duration((times[0] ?? 0) / 1000)}</dd></>}
        </dl>
      </section>
      <section>
        <h2>Other than usual</h2>
        {changed.length === 0 ? <p className="muted">Nothing: the job’s own values.</p> : <dl className="facts mono">{changed.map(([name, given]) => [<dt key={name}>{name}</dt>, <dd key={`${name}=`} className="changed">{value(given)}</dd>])}</dl>}
      </section>
      {twin === undefined ? null : <Twin run={twin} now={now} />}
    </>
  );
}

function Twin({ run, now }: { run: Run; now: number }) {
  return (
    <section>
      <h2>Run with these values before</h2>
      <p className="twin"><Link className="link" to={`/runs/${run.id}`}>{shortId(run.id)}</Link> <StatePill run={run} /> <span className="muted num">{relative(Date.parse(run.created_at), now)}</span></p>
    </section>
  );
}
