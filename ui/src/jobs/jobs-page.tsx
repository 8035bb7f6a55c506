// The jobs: how their last runs went, when they run next.
import { useQuery } from "../api/query.ts";
import type { Job, Schedule } from "../api/schema.ts";
import { Page } from "../app/page.tsx";
import { Link } from "../app/router.tsx";
import { useNow } from "../parts/now.ts";
import { Empty, Failure, Loading } from "../parts/notice.tsx";
import { relative } from "../parts/say.ts";
import { Strip } from "../parts/strip.tsx";
import { wordsOf } from "../schedules/words.ts";
import "./jobs.css";

export function JobsPage() {
  const { data, error } = useQuery("GET /v1/jobs", {});
  const schedules = useQuery("GET /v1/schedules", {});
  const of = (job: Job) => (schedules.data?.schedules ?? []).filter((schedule) => schedule.job === job.id);
  return (
    <Page crumbs={[["Jobs"]]}>
      <div className="head"><h1>Jobs</h1></div>
      {data === undefined ? error === undefined ? <Loading what="jobs" /> : <Failure error={error} /> : data.jobs.length === 0 ? <Nothing /> : <ul className="jobs panel">{data.jobs.map((job) => <Row key={job.id} job={job} schedules={of(job)} />)}</ul>}
    </Page>
  );
}

function Nothing() {
  return <Empty title="There are no jobs yet"><span>A job is a notebook with a name, a copy that nobody edits, and values for its parameters. Open a notebook and choose <b className="plain">Publish as job…</b></span><Link className="button" to="/notebooks">Open a notebook</Link><span>From a terminal: <code>nbpress job publish NAME notebook.ipynb</code></span></Empty>;
}

function Row({ job, schedules }: { job: Job; schedules: Schedule[] }) {
  const address = `/jobs/${encodeURIComponent(job.name)}`;
  const { data } = useQuery("GET /v1/runs", { query: { job: job.name, limit: 30 } });
  const now = useNow(30_000);
  const last = data?.runs[0];
  return (
    <li className="job">
      <div className="job-name">
        <Link to={address}><b>{job.name}</b></Link>
        <span className="muted cut">{job.definition.description || job.definition.tasks.map(({ notebook }) => notebook).join(", ")}</span>
      </div>
      <div className="job-strip">{data === undefined ? null : data.runs.length === 0 ? <span className="muted">never run</span> : <Strip runs={data.runs} />}</div>
      <span className="job-last muted num">{last === undefined ? "" : relative(Date.parse(last.created_at), now)}</span>
      <span className="job-next muted num cut">{schedules.map((schedule) => (schedule.paused ? "paused" : schedule.next_at == null ? wordsOf(schedule.definition.trigger) : `next ${relative(Date.parse(schedule.next_at), now)}`)).join(", ") || "by hand"}</span>
      <Link className="button" to={`${address}/run`} aria-label={`Run ${job.name}`}>Run…</Link>
    </li>
  );
}
