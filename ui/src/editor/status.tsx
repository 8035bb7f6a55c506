// How the notebook and its kernel are, in one line, and what can be done with both.
import { useQuery } from "../api/query.ts";
import { viewAddress } from "../app/places.ts";
import { elsewhere, Link } from "../app/router.tsx";
import type { Command } from "./keys.ts";
import { tookAway } from "./notebook.ts";
import { jobOf } from "./publication.ts";
import type { Session, Shown } from "./session.ts";

interface StatusProps {
  shown: Shown;
  session: Session;
  onCommand: (command: Command) => void;
  onPublish: () => void;
}

export function Status({ shown, session, onCommand, onPublish }: StatusProps) {
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
      <AsJob path={session.path} onPublish={onPublish} />
      <a className="button quiet" href={elsewhere(viewAddress(session.path))}>View</a>
    </div>
  );
}

/** Makes a job of this notebook, or leads to the form of the one that it is. */
function AsJob({ path, onPublish }: { path: string; onPublish: () => void }) {
  const jobs = useQuery("GET /v1/jobs", {}).data?.jobs;
  const job = jobOf(jobs ?? [], path);
  return (
    <>
      <button type="button" className="button quiet" onClick={onPublish} disabled={jobs === undefined}>{job === undefined ? "Publish as job…" : "Publish again…"}</button>
      {job === undefined ? null : <Link className="button quiet" to={`/jobs/${encodeURIComponent(job.name)}/run`}>Run as job…</Link>}
    </>
  );
}
