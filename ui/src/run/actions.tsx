// What can be done with a run in its state.
import { request } from "../api/client.ts";
import { invalidate, useQuery } from "../api/query.ts";
import type { RunDetails } from "../api/schema.ts";
import { elsewhere, Link, navigate } from "../app/router.tsx";
import { useAct } from "../parts/act.ts";
import { fileName } from "../parts/say.ts";
import { isOver } from "./state.ts";

export function Actions({ run }: { run: RunDetails }) {
  const { busy, failure, act } = useAct();
  const path = { run: run.id };
  const from = canResume(run) ? run.cell : undefined;
  const source = useSource(typeof from === "number" ? run : undefined);
  const cancel = async () => {
    await request("POST /v1/runs/{run}/cancel", { path, body: {} });
    invalidate("v1/runs");
  };
  const again = async () => {
    const next = await request("POST /v1/runs/{run}/restart", { path, body: {} });
    navigate(`/runs/${next.id}`);
  };
  const resume = async () => {
    const next = await request("POST /v1/runs/{run}/resume", { path, body: source === undefined ? {} : { source } });
    navigate(`/runs/${next.id}`);
  };
  const over = isOver(run.state);
  const canRepeat = over && run.trigger !== "import";
  return (
    <>
      {failure === undefined ? null : <span className="is-bad action-failure cut" role="alert" title={failure}>{failure}</span>}
      {over ? <a className="button quiet wide-only" href={elsewhere(`runs/${run.id}/view`)}>Reader’s page</a> : null}
      {canRepeat && run.job != null ? <Link className="button wide-only" to={`/jobs/${encodeURIComponent(run.job.name)}/run?from=${run.id}`}>Other values…</Link> : null}
      {over ? null : <button type="button" className="button" disabled={busy || run.state === "cancelling"} onClick={() => act(cancel)}>{run.state === "cancelling" ? "Stopping…" : "Cancel"}</button>}
      {canRepeat ? <button type="button" className={typeof from === "number" ? "button wide-only" : "button primary"} disabled={busy} onClick={() => act(again)}>Run again</button> : null}
      {typeof from === "number" ? <button type="button" className="button primary" disabled={busy} onClick={() => act(resume)} title={howOf(run, source)}>Resume from cell {from + 1}</button> : null}
    </>
  );
}

/** Whether there is a cell to go on at. */
function canResume(run: RunDetails): boolean {
  return run.state === "failed" && typeof run.cell === "number" && run.trigger !== "import" && run.is_flow !== true;
}

/** Where the notebook of a run's job is edited, so that the run goes on with it as it is now. */
function useSource(run: RunDetails | undefined): string | undefined {
  const { data } = useQuery("GET /v1/jobs/{name}", run?.job == null ? undefined : { path: { name: run.job.name } });
  const task = data?.definition.tasks.find(({ key }, _, tasks) => tasks.length === 1 || key === run?.task);
  return task?.source ?? undefined;
}

function howOf(run: RunDetails, source: string | undefined): string {
  const notebook = source === undefined ? "the same notebook" : `${fileName(source)} as it is now`;
  return run.kept == null ? `With ${notebook}; the cells before are run again` : `With ${notebook}, from the state that was kept`;
}
