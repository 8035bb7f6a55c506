// Asks for a run of a job: a field for every parameter its notebooks declare, checked where it is typed.
import { type FormEvent, useMemo, useState } from "react";

import { ApiError, request } from "../api/client.ts";
import { useQuery } from "../api/query.ts";
import type { Job, Run } from "../api/schema.ts";
import { Page } from "../app/page.tsx";
import { Link, navigate, usePlace } from "../app/router.tsx";
import { useNow } from "../parts/now.ts";
import { Failure, Loading } from "../parts/notice.tsx";
import { StatePill } from "../parts/pill.tsx";
import { duration, relative, value } from "../parts/say.ts";
import { same } from "../run/parameters.ts";
import { shortId } from "../run/state.ts";
import { Control } from "./control.tsx";
import "./form.css";
import { evaluate, knownOf, textsOf, type Values } from "./values.ts";

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
  const state = evaluate(known, texts);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (Object.keys(state.wrong).length > 0) return;
    setBusy(true);
    try {
      const run = await request("POST /v1/jobs/{name}/run", { path: { name: job.name }, body: { parameters: state.values } });
      navigate(`/runs/${run.id}`);
    } catch (error) {
      setRefused(error instanceof ApiError ? error : new ApiError(0, { message: String(error) }));
      setBusy(false);
    }
  };
  const refusedField = refused?.problem.field?.replace(/^parameters\./, "");
  const presets = Object.entries(job.definition.presets ?? {});
  return (
    <Page crumbs={crumbs} side={<Summary job={job} values={state.values} />} actions={<button type="submit" form="run-form" className="button primary" disabled={busy || Object.keys(state.wrong).length > 0}>Run</button>}>
      <div className="head"><h1>Run {job.name}</h1></div>
      {presets.length === 0 ? null : (
        <div className="presets" role="group" aria-label="Presets">
          {presets.map(([name, values]) => <button key={name} type="button" className="button" onClick={() => setTexts(textsOf(known, values))}>{name}</button>)}
        </div>
      )}
      <form id="run-form" className="run-form" noValidate onSubmit={(event) => void submit(event)}>
        {known.length === 0 ? <p className="muted">Its notebook declares no parameters.</p> : null}
        {known.map(({ schema, field, usual }) => (
          <Control
            key={schema.name}
            schema={schema}
            field={field}
            text={texts[schema.name] ?? ""}
            usual={usual}
            wrong={state.wrong[schema.name] ?? (refusedField === schema.name ? refused?.message : undefined)}
            onChange={(text) => {
              setRefused(undefined);
              setTexts((before) => ({ ...before, [schema.name]: text }));
            }}
          />
        ))}
        {refused !== undefined && !known.some(({ schema }) => schema.name === refusedField) ? <Failure error={refused} /> : null}
      </form>
    </Page>
  );
}

function Summary({ job, values }: { job: Job; values: Values }) {
  const { data } = useQuery("GET /v1/runs", { query: { job: job.name, limit: 30 } });
  const now = useNow(30_000);
  const changed = Object.entries(values);
  const times = (data?.runs ?? []).flatMap((run) => (run.state === "succeeded" && run.started_at != null && run.ended_at != null ? [Date.parse(run.ended_at) - Date.parse(run.started_at)] : []));
  const twin = data?.runs.find((run) => same(run.parameters, values));
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
