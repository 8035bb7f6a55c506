// One job: its schedules, its parameters, its runs.
import { useQuery } from "../api/query.ts";
import type { Job, ParameterSchema, RunState } from "../api/schema.ts";
import { Page } from "../app/page.tsx";
import { Link } from "../app/router.tsx";
import { useNow } from "../parts/now.ts";
import { Empty, Failure, Loading } from "../parts/notice.tsx";
import { clock, relative, value } from "../parts/say.ts";
import { Strip } from "../parts/strip.tsx";
import { wordOf } from "../run/state.ts";
import { RunTable } from "../runs/run-table.tsx";
import { NewSchedule } from "../schedules/new-schedule.tsx";
import { ScheduleCard } from "../schedules/schedule-card.tsx";

/** The newest ones. */
const SWEEPS = 5;

export function JobPage({ name }: { name: string }) {
  const { data: job, error } = useQuery("GET /v1/jobs/{name}", { path: { name } });
  const crumbs: [string, string?][] = [["Jobs", "/jobs"], [name]];
  if (job === undefined) return <Page crumbs={crumbs}><h1 className="unseen">{name}</h1>{error === undefined ? <Loading what="the job" /> : <Failure error={error} />}</Page>;
  const address = `/jobs/${encodeURIComponent(name)}`;
  return (
    <Page crumbs={crumbs} actions={<Link className="button primary" to={`${address}/run`}>Run…</Link>} side={<Side job={job} />}>
      <div className="head"><h1>{job.name}</h1></div>
      {job.definition.description ? <p className="section muted">{job.definition.description}</p> : null}
      <Schedules name={name} />
      <Sweeps job={job} />
      <Runs name={name} />
    </Page>
  );
}

function Schedules({ name }: { name: string }) {
  const { data } = useQuery("GET /v1/schedules", { query: { job: name } });
  if (data === undefined) return null;
  return (
    <section className="section">
      <h2>Schedules</h2>
      {data.schedules.length === 0 ? null : <ul className="schedules">{data.schedules.map((schedule) => <ScheduleCard key={schedule.id} schedule={schedule} withJob={false} />)}</ul>}
      <div className="after-list"><NewSchedule job={name} taken={data.schedules.map((schedule) => schedule.name)} /></div>
    </section>
  );
}

function Sweeps({ job }: { job: Job }) {
  const { data } = useQuery("GET /v1/batches", {});
  const now = useNow(60_000);
  const batches = (data?.batches ?? []).filter((batch) => batch.job === job.id).slice(0, SWEEPS);
  if (data === undefined) return null;
  return (
    <section className="section">
      <h2>Sweeps and backfills</h2>
      {batches.length === 0 ? <p className="muted">None yet. <Link className="link" to={`/jobs/${encodeURIComponent(job.name)}/run`}>Run…</Link> with several values of a parameter makes a sweep, whose runs are compared.</p> : <ul className="sweeps panel">
        {batches.map((batch) => (
          <li key={batch.id}>
            <Link className="grow cut" to={`/sweeps/${batch.id}`}><b>{batch.label}</b></Link>
            <span className="muted num">{Object.entries(batch.runs).map(([state, count]) => `${count} ${wordOf(state as RunState).toLowerCase()}`).join(" · ")}</span>
            <time className="muted num" dateTime={batch.created_at}>{relative(Date.parse(batch.created_at), now)}</time>
          </li>
        ))}
      </ul>}
    </section>
  );
}

function Runs({ name }: { name: string }) {
  const { data, error } = useQuery("GET /v1/runs", { query: { job: name, limit: 30 } });
  return (
    <section className="section">
      <div className="head section-head"><h2 className="grow">Runs</h2><Link className="link" to={`/runs?job=${encodeURIComponent(name)}`}>All of them</Link></div>
      {data === undefined ? error === undefined ? <Loading what="runs" /> : <Failure error={error} /> : data.runs.length === 0 ? <Empty title="It has never run"><span><b className="plain">Run…</b> above runs it once, a schedule again and again.</span></Empty> : <><div className="job-page-strip"><Strip runs={data.runs} /></div><RunTable runs={data.runs} withName={false} /></>}
    </section>
  );
}

function Side({ job }: { job: Job }) {
  const tasks = job.definition.tasks;
  const updated = Date.parse(job.updated_at);
  return (
    <>
      {tasks.map((task) => (
        <section key={task.key ?? ""}>
          <h2>{tasks.length > 1 ? `Parameters of ${task.key}` : "Parameters"}</h2>
          {(task.schema ?? []).length === 0 ? <p className="muted">None are declared.</p> : <dl className="facts mono">{task.schema?.map((schema) => <Parameter key={schema.name} schema={schema} given={task.parameters?.[schema.name]} />)}</dl>}
        </section>
      ))}
      <section>
        <h2>Published</h2>
        <dl className="facts num">
          <dt>Version</dt><dd>{job.version}</dd>
          <dt>At</dt><dd><time dateTime={job.updated_at}>{clock(updated, updated - 1e9)}</time></dd>
          {tasks.map((task) => [<dt key={task.key}>Notebook</dt>, <dd key={`${task.key}=`} title={task.source ?? undefined}>{task.notebook}</dd>])}
        </dl>
      </section>
    </>
  );
}

function Parameter({ schema, given }: { schema: ParameterSchema; given: unknown }) {
  const shown = given ?? schema.default;
  return (
    <>
      <dt title={[schema.type, schema.help].filter(Boolean).join(", ")}>{schema.name}</dt>
      <dd className={given === undefined ? undefined : "changed"}>{shown === undefined ? (schema.required === true ? "must be given" : "") : value(shown)}</dd>
    </>
  );
}
