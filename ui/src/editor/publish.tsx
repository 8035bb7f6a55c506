// A notebook becomes a job: its name, and the values it runs with if nobody says anything.
import { type FormEvent, useState } from "react";

import { ApiError, request } from "../api/client.ts";
import { invalidate, useQuery } from "../api/query.ts";
import type { Job } from "../api/schema.ts";
import { Link } from "../app/router.tsx";
import { Control } from "../form/control.tsx";
import "../form/form.css";
import { evaluate, knownOf, textsOf, type Values } from "../form/values.ts";
import { Failure, Loading } from "../parts/notice.tsx";
import { jobOf, requestOf, targetOf, usualName } from "./publication.ts";

/** Shown once the notebook is saved: what is published is what the server has. */
export function Publish({ path, onClose }: { path: string; onClose: () => void }) {
  const jobs = useQuery("GET /v1/jobs", {});
  const declared = useQuery("GET /v1/notebooks/parameters", { query: { path } });
  const error = jobs.error ?? declared.error;
  if (jobs.data === undefined || declared.data === undefined || declared.loading) return error === undefined ? <Loading what="what it declares" /> : <Failure error={error} />;
  return <Form jobs={jobs.data.jobs} path={path} known={knownOf([{ schema: declared.data }])} onClose={onClose} />;
}

interface FormProps {
  jobs: Job[];
  path: string;
  known: ReturnType<typeof knownOf>;
  onClose: () => void;
}

function Form({ jobs, path, known, onClose }: FormProps) {
  const [before] = useState(() => jobOf(jobs, path));
  const [name, setName] = useState(before?.name ?? usualName(path));
  const [description, setDescription] = useState(before?.definition.description ?? "");
  const [texts, setTexts] = useState(() => textsOf(known, valuesOf(before, path)));
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<ApiError>();
  const [published, setPublished] = useState<Job>();
  const target = targetOf(jobs, name, path);
  const { values, wrong } = evaluate(known, texts);
  // What must be given can be given when it runs.
  const isWrong = known.some(({ schema }) => schema.name in wrong && texts[schema.name] !== "");
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (target.kind === "refused" || isWrong) return;
    setBusy(true);
    try {
      setPublished(await request("PUT /v1/jobs/{name}", { path: { name: name.trim() }, body: requestOf(target, path, description, values) }));
      invalidate("v1/jobs");
    } catch (error) {
      setRefused(error instanceof ApiError ? error : new ApiError(0, { message: String(error) }));
    }
    setBusy(false);
  };
  if (published !== undefined) return <Done job={published} onClose={onClose} />;
  const refusedField = refused?.problem.field?.replace(/^tasks\[0\]\.parameters\./, "");
  const say = (change: () => void) => {
    setRefused(undefined);
    change();
  };
  return (
    <form className="publish panel" aria-label="Publish as job" noValidate onSubmit={(event) => void submit(event)}>
      <div className="field">
        <label htmlFor="publish-name">Name of the job</label>
        <input id="publish-name" className="input" value={name} autoComplete="off" aria-invalid={target.kind === "refused"} onChange={({ target: { value } }) => say(() => setName(value))} ref={focused} />
        <p className={target.kind === "refused" ? "wrong" : undefined} role={target.kind === "refused" ? "alert" : undefined}>{words(target)}</p>
      </div>
      <div className="field">
        <label htmlFor="publish-description">What people should know</label>
        <input id="publish-description" className="input" value={description} autoComplete="off" onChange={({ target: { value } }) => setDescription(value)} />
      </div>
      {known.length === 0 ? <p className="muted wide">It declares no parameters: a cell that is marked as Parameters would.</p> : known.map(({ schema, field, usual }) => (
        <Control
          key={schema.name}
          schema={schema}
          field={field}
          text={texts[schema.name] ?? ""}
          usual={usual}
          wrong={texts[schema.name] === "" ? undefined : (wrong[schema.name] ?? (refusedField === schema.name ? refused?.message : undefined))}
          onChange={(text) => say(() => setTexts((all) => ({ ...all, [schema.name]: text })))}
        />
      ))}
      {refused === undefined || known.some(({ schema }) => schema.name === refusedField) ? null : <div className="wide"><Failure error={refused} /></div>}
      <div className="choices wide">
        <button type="submit" className="button primary" disabled={busy || target.kind === "refused" || isWrong}>{target.kind === "again" ? "Publish again" : "Publish"}</button>
        <button type="button" className="button quiet" onClick={onClose}>Never mind</button>
      </div>
    </form>
  );
}

/** What the job gives its notebook now. */
function valuesOf(job: Job | undefined, path: string): Values {
  return job?.definition.tasks.find(({ source, notebook }) => source?.endsWith(`/${path}`) === true || notebook === path)?.parameters ?? {};
}

function words(target: ReturnType<typeof targetOf>): string {
  switch (target.kind) {
    case "new":
      return "A copy of the notebook is kept: what is edited later is not run before it is published again.";
    case "again":
      return `Version ${target.job.version + 1} of this job; how and when it runs stays.`;
    default:
      return target.why;
  }
}

function Done({ job, onClose }: { job: Job; onClose: () => void }) {
  const address = `/jobs/${encodeURIComponent(job.name)}`;
  return (
    <div className="publish-done panel" role="status">
      <span className="grow">Published as <b>{job.name}</b>, version <span className="num">{job.version}</span>.</span>
      <Link className="button" to={`${address}/run`}>Run as job…</Link>
      <Link className="button" to={address}>Schedule it…</Link>
      <button type="button" className="button quiet" onClick={onClose}>Close</button>
    </div>
  );
}

/** Once, as it appears. */
const focused = (input: HTMLInputElement | null): void => input?.focus();
