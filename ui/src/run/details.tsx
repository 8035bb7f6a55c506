// Everything else that is known of a run.
import type { ReactNode } from "react";

import type { Attempt, RunDetails } from "../api/schema.ts";
import { clock, duration } from "../parts/say.ts";
import type { RunDocument } from "./fold.ts";

export function Details({ run, document }: { run: RunDetails; document: RunDocument }) {
  const { header, kernel } = document;
  const rows: [string, ReactNode][] = [
    ["Run", run.id],
    ["Notebook", run.notebook],
    ["Snapshot", run.snapshot],
    ["Workspace", run.workspace],
  ];
  if (header !== undefined) rows.push(["Platform", header.platform]);
  if (header?.git_commit != null) rows.push(["Commit", header.git_commit.commit]);
  if (kernel !== undefined) rows.push(["Kernel", `${kernel.name}, ${kernel.language} ${kernel.language_version}`]);
  if (run.logical != null) rows.push(["Logical time", `${run.logical.at} (${run.logical.time_zone})`]);
  if (run.record_sha256 != null) rows.push(["Record", run.record_sha256]);
  for (const [name, text] of Object.entries(run.tags)) rows.push([`Tag ${name}`, text]);
  return (
    <dl className="details">
      {rows.map(([name, content]) => <div key={name}><dt>{name}</dt><dd className="mono">{content}</dd></div>)}
    </dl>
  );
}

/** The tries of a run that was tried more than once. */
export function Attempts({ run, attempt, onChoose }: { run: RunDetails; attempt: number; onChoose: (number: number) => void }) {
  return (
    <div className="attempts" role="group" aria-label="Attempts">
      {run.attempts.map((one) => (
        <button key={one.number} type="button" className="button quiet" aria-pressed={one.number === attempt} onClick={() => onChoose(one.number)} title={titleOf(one)}>
          Attempt {one.number} <span className="muted">{one.state}</span>
        </button>
      ))}
    </div>
  );
}

function titleOf(attempt: Attempt): string {
  const began = Date.parse(attempt.claimed_at);
  const took = attempt.ended_at == null ? "" : `, ${duration((Date.parse(attempt.ended_at) - began) / 1000)}`;
  return `${clock(began, began)}${took}${attempt.reason == null ? "" : `: ${attempt.reason}`}`;
}
