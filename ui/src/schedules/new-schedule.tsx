// A schedule is made: when, in words and in times, before anything is saved.
import { type FormEvent, useEffect, useState } from "react";

import { ApiError, request } from "../api/client.ts";
import { invalidate } from "../api/query.ts";
import type { Fire, ScheduleDefinition } from "../api/schema.ts";
import { cronWords } from "./words.ts";

const USUAL: [label: string, expression: string][] = [
  ["Every day", "0 6 * * *"],
  ["Weekdays", "0 6 * * MON-FRI"],
  ["Every hour", "0 * * * *"],
  ["Every 15 minutes", "*/15 * * * *"],
];
/** After the last key. */
const PAUSE = 250;
const SHOWN = 4;

export function NewSchedule({ job, taken }: { job: string; taken: string[] }) {
  const [open, setOpen] = useState(false);
  if (!open) return <button type="button" className="button" onClick={() => setOpen(true)}>New schedule…</button>;
  return <Form job={job} taken={taken} onDone={() => setOpen(false)} />;
}

function Form({ job, taken, onDone }: { job: string; taken: string[]; onDone: () => void }) {
  const [expression, setExpression] = useState("0 6 * * *");
  const [zone, setZone] = useState(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [name, setName] = useState(() => freeName(taken));
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<string>();
  const definition: ScheduleDefinition = { trigger: { kind: "cron", expression: expression.trim(), time_zone: zone } };
  const { fires, wrong } = usePreview(definition);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await request("PUT /v1/jobs/{name}/schedules", { path: { name: job }, body: { name, definition } });
      invalidate("v1/schedules");
      onDone();
    } catch (error) {
      setRefused(error instanceof ApiError ? error.message : String(error));
      setBusy(false);
    }
  };
  return (
    <form className="new-schedule panel" aria-label="New schedule" onSubmit={(event) => void save(event)}>
      <div className="usual" role="group" aria-label="Usual times">
        {USUAL.map(([label, usual]) => <button key={usual} type="button" className="button" aria-pressed={usual === expression} onClick={() => setExpression(usual)}>{label}</button>)}
      </div>
      <div className="field">
        <label htmlFor="schedule-cron">Minute, hour, day, month, weekday</label>
        <input id="schedule-cron" className="input mono" value={expression} aria-invalid={wrong !== undefined} onChange={(event) => setExpression(event.target.value)} spellCheck={false} />
        <p className={wrong === undefined ? undefined : "wrong"} role={wrong === undefined ? undefined : "alert"}>{wrong ?? cronWords(expression.trim()) ?? " "}</p>
      </div>
      <div className="field">
        <label htmlFor="schedule-zone">Time zone</label>
        <select id="schedule-zone" className="input" value={zone} onChange={(event) => setZone(event.target.value)}>{zones(zone).map((known) => <option key={known}>{known}</option>)}</select>
      </div>
      <div className="field">
        <label htmlFor="schedule-name">Name</label>
        <input id="schedule-name" className="input" value={name} onChange={(event) => setName(event.target.value)} />
      </div>
      <ol className="preview num" aria-label="Next times">{fires.slice(0, SHOWN).map(({ logical_time: time }) => <li key={time}><time dateTime={time}>{inZone(time, zone)}</time></li>)}</ol>
      {refused === undefined ? null : <p className="wrong" role="alert">{refused}</p>}
      <div className="usual">
        <button type="submit" className="button primary" disabled={busy || wrong !== undefined}>Save</button>
        <button type="button" className="button quiet" onClick={onDone}>Never mind</button>
      </div>
    </form>
  );
}

/** When it would fire, or what is wrong with it; asked once the typing stops. */
function usePreview(definition: ScheduleDefinition): { fires: Fire[]; wrong: string | undefined } {
  const [preview, setPreview] = useState<{ fires: Fire[]; wrong: string | undefined }>({ fires: [], wrong: undefined });
  const asked = JSON.stringify(definition);
  useEffect(() => {
    const controller = new AbortController();
    const timer = setTimeout(() => {
      request("POST /v1/schedules/preview", { body: JSON.parse(asked) as ScheduleDefinition }, controller.signal).then(
        ({ upcoming }) => setPreview({ fires: upcoming, wrong: undefined }),
        (error: unknown) => error instanceof ApiError && setPreview({ fires: [], wrong: error.message }),
      );
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [asked]);
  return preview;
}

function freeName(taken: string[]): string {
  const names = ["main", ...Array.from({ length: taken.length }, (_, index) => `schedule-${index + 2}`)];
  return names.find((name) => !taken.includes(name)) ?? "";
}

function zones(own: string): string[] {
  return [...new Set([own, "UTC", ...Intl.supportedValuesOf("timeZone")])];
}

function inZone(time: string, timeZone: string): string {
  return new Date(time).toLocaleString("en-GB", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone });
}
