// How the notebook and its kernel are, in one line, and what can be done with both.
import { useQuery } from "../api/query.ts";
import { viewAddress } from "../app/places.ts";
import { elsewhere, Link } from "../app/router.tsx";
import type { Command } from "./keys.ts";
import { tookAway } from "./notebook.ts";
import type { Session, Shown } from "./session.ts";

export function Status({ shown, session, onCommand }: { shown: Shown; session: Session; onCommand: (command: Command) => void }) {
  const { kernel, state } = shown;
  const isOff = kernel === undefined;
  return (
    <div className="editor-status">
      <p role="status">
        <span className={`kernel is-${kernel?.state ?? "none"}`}>{isOff ? "No kernel" : `${kernel.name} · ${kernel.state}`}</span>
        {typeof kernel?.memory_bytes === "number" ? <span className="num">{Math.round(kernel.memory_bytes / (1 << 20))} MB</span> : null}
        <span>{shown.unsaved ? "Unsaved changes" : "Saved"}</span>
        {shown.others.length === 0 ? null : <span className="others">Also here: {[...new Set(shown.others)].join(", ")}</span>}
      </p>
      {tookAway(state) ? <button type="button" className="button" onClick={() => onCommand({ do: "undo" })}>Undo delete</button> : null}
      <div className="grow" />
      <button type="button" className="button quiet" onClick={() => onCommand({ do: "interrupt" })} disabled={kernel?.state !== "busy"}>Interrupt</button>
      <button type="button" className="button quiet" onClick={() => onCommand({ do: "restart" })} disabled={isOff}>Restart</button>
      <button type="button" className="button quiet" onClick={() => onCommand({ do: "restart-run" })}>Restart and run all</button>
      <button type="button" className="button quiet" onClick={() => onCommand({ do: "find" })}>Find</button>
      <RunAsJob path={session.path} />
      <a className="button quiet" href={elsewhere(viewAddress(session.path))}>View</a>
    </div>
  );
}

/** To the form of the job that this notebook is published as. */
function RunAsJob({ path }: { path: string }) {
  const jobs = useQuery("GET /v1/jobs", {}).data?.jobs ?? [];
  const job = jobs.find(({ definition }) => definition.tasks.some(({ source }) => source?.endsWith(`/${path}`) === true));
  return job === undefined ? null : <Link className="button quiet" to={`/jobs/${encodeURIComponent(job.name)}/run`}>Run as job…</Link>;
}
