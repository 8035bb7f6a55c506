// One schedule: its words, its cron expression, when it fires next, and whether it is paused.
import { useState } from "react";

import { request } from "../api/client.ts";
import { invalidate, useQuery } from "../api/query.ts";
import type { Fire, Schedule } from "../api/schema.ts";
import { Link } from "../app/router.tsx";
import { useNow } from "../parts/now.ts";
import { relative } from "../parts/say.ts";
import { Strip } from "../parts/strip.tsx";
import "./schedules.css";
import { wordsOf } from "./words.ts";

const SHOWN = 5;

export function ScheduleCard({ schedule, withJob }: { schedule: Schedule; withJob: boolean }) {
  const { trigger } = schedule.definition;
  const Heading = withJob ? "h2" : "h3";
  const details = useQuery("GET /v1/schedules/{schedule}", { path: { schedule: schedule.id } });
  // The document does not say that it is there.
  const upcoming = (details.data as { upcoming?: Fire[] } | undefined)?.upcoming ?? [];
  const runs = useQuery("GET /v1/runs", withJob ? { query: { job: schedule.job_name, limit: 30 } } : undefined);
  const parameters = Object.entries(schedule.parameters);
  return (
    <li className={`schedule panel${schedule.paused ? " is-paused" : ""}`}>
      <div className="schedule-main">
        <Heading>{withJob ? <Link to={`/jobs/${encodeURIComponent(schedule.job_name)}`}>{schedule.job_name}</Link> : capital(wordsOf(trigger))}</Heading>
        <p className="muted">
          {withJob ? <>{capital(wordsOf(trigger))} </> : null}
          {trigger.kind === "cron" ? <span className="mono">{trigger.expression} {trigger.time_zone}</span> : null}
        </p>
        {parameters.length === 0 ? null : <p className="mono changed cut">{parameters.map(([name, given]) => `${name}=${JSON.stringify(given)}`).join("  ")}</p>}
      </div>
      {runs.data === undefined || runs.data.runs.length === 0 ? <span className="schedule-strip" /> : <div className="schedule-strip"><Strip runs={runs.data.runs} /></div>}
      <Fires fires={schedule.paused ? [] : upcoming} zone={trigger.kind === "cron" ? trigger.time_zone : "UTC"} paused={schedule.paused} />
      <Pause schedule={schedule} />
    </li>
  );
}

function Fires({ fires, zone, paused }: { fires: Fire[]; zone: string; paused: boolean }) {
  const now = useNow(30_000);
  const format = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: zone });
  if (fires.length === 0) return <p className="fires muted">{paused ? "Paused" : "Fires when told to"}</p>;
  return (
    <ol className="fires num" aria-label="Next times">
      {fires.slice(0, SHOWN).map(({ logical_time: time }, index) => (
        <li key={time} className={index === 0 ? undefined : "muted"}>
          <time dateTime={time}>{format.format(new Date(time))}</time>
          {index === 0 ? <b> {relative(Date.parse(time), now)}</b> : null}
        </li>
      ))}
    </ol>
  );
}

function Pause({ schedule }: { schedule: Schedule }) {
  const [busy, setBusy] = useState(false);
  const toggle = async () => {
    setBusy(true);
    try {
      await request(schedule.paused ? "POST /v1/schedules/{schedule}/resume" : "POST /v1/schedules/{schedule}/pause", { path: { schedule: schedule.id } });
    } finally {
      setBusy(false);
      invalidate("v1/schedules");
    }
  };
  return <button type="button" className="button" disabled={busy} onClick={() => void toggle()} aria-label={`${schedule.paused ? "Resume" : "Pause"} the schedule of ${schedule.job_name}`}>{schedule.paused ? "Resume" : "Pause"}</button>;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
