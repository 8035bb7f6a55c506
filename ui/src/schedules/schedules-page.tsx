// What runs by itself, and when next.
import { useQuery } from "../api/query.ts";
import { Page } from "../app/page.tsx";
import { Link } from "../app/router.tsx";
import { Empty, Failure, Loading } from "../parts/notice.tsx";
import { ScheduleCard } from "./schedule-card.tsx";

export function SchedulesPage() {
  const { data, error } = useQuery("GET /v1/schedules", {});
  return (
    <Page crumbs={[["Schedules"]]}>
      <div className="head"><h1>Schedules</h1></div>
      {data === undefined ? error === undefined ? <Loading what="schedules" /> : <Failure error={error} /> : data.schedules.length === 0 ? <Nothing /> : <ul className="schedules">{data.schedules.map((schedule) => <ScheduleCard key={schedule.id} schedule={schedule} withJob />)}</ul>}
    </Page>
  );
}

function Nothing() {
  return <Empty title="Nothing runs by itself"><span>A schedule belongs to a job: open one and choose <b className="plain">New schedule…</b></span><Link className="button" to="/jobs">Open a job</Link><span>From a terminal: <code>nbpress schedule set JOB --cron '30 7 * * MON-FRI'</code></span></Empty>;
}
