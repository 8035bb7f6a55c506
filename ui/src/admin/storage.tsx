// Where things are kept, and how long.
import type { FormEvent } from "react";

import { request } from "../api/client.ts";
import { invalidate, useQuery } from "../api/query.ts";
import type { Configured, Retention } from "../api/schema.ts";
import { useAct } from "../parts/act.ts";
import { Failure, Loading } from "../parts/notice.tsx";
import { bytes, counted } from "../parts/say.ts";

export function Storage() {
  const kept = useQuery("GET /v1/retention", {});
  const settings = useQuery("GET /v1/settings", {});
  const index = useQuery("GET /v1/search/index", {});
  const error = kept.error ?? settings.error;
  if (kept.data === undefined || settings.data === undefined) return error === undefined ? <Loading what="storage" /> : <Failure error={error} />;
  const value = (name: string) => settings.data?.find((setting) => setting.name === name);
  const counts = index.data?.counts;
  return (
    <>
      <section className="section">
        <h2>Kept at</h2>
        <dl className="stored panel">
          <Place name="Notebooks" setting={value("folder")} none="no folder is served" />
          <Place name="Jobs and runs" setting={value("database")} none="a file in the server’s home" />
          <Place name="Snapshots" setting={value("snapshots")} none="a folder in the server’s home" />
          <Place name="Records" setting={value("records")} none="only where they were made" />
          {counts === undefined ? null : <div><dt>Search index</dt><dd>{bytes(counts.bytes)}, {counted(counts.notebooks, "notebook")}, {counted(counts.runs, "run")}</dd></div>}
        </dl>
      </section>
      <section className="section">
        <h2>Kept for</h2>
        <RetentionForm key={JSON.stringify(kept.data)} retention={kept.data} />
      </section>
    </>
  );
}

function Place({ name, setting, none }: { name: string; setting: Configured | undefined; none: string }) {
  const set = setting?.secret === true ? (setting.origin === "default" ? undefined : `set by ${setting.origin}`) : setting?.value;
  return <div><dt>{name}</dt><dd>{set == null || set === "" ? <span className="muted">{none}</span> : <span className="mono">{set}</span>}</dd></div>;
}

function RetentionForm({ retention }: { retention: Retention }) {
  const { busy, failure, act } = useAct();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const body = { keep_succeeded_days: Number(form.get("succeeded")), keep_failed_days: Number(form.get("failed")), legal_hold: form.has("hold") };
    act(async () => {
      await request("PUT /v1/retention", { body });
      invalidate("v1/retention");
    });
  };
  return (
    <>
      <form className="admin-form" onSubmit={submit} aria-label="How long runs are kept">
        <div className="field"><label htmlFor="keep-succeeded">Days, of runs that succeeded</label><input className="input num" id="keep-succeeded" name="succeeded" type="number" min={1} max={36_500} required defaultValue={retention.keep_succeeded_days} /></div>
        <div className="field"><label htmlFor="keep-failed">Days, of runs that failed</label><input className="input num" id="keep-failed" name="failed" type="number" min={1} max={36_500} required defaultValue={retention.keep_failed_days} /></div>
        <span className="checks"><label><input type="checkbox" name="hold" defaultChecked={retention.legal_hold === true} /> Forget nothing</label></span>
        <button type="submit" className="button" disabled={busy}>Save</button>
      </form>
      <p className="muted kept-note">The last 20 good runs of every job are always kept.</p>
      {failure === undefined ? null : <p className="wrong-line" role="alert">{failure}</p>}
    </>
  );
}
