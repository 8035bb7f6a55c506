// A state in a word and a shape.
import type { Run } from "../api/schema.ts";
import { lookOf, summary } from "../run/state.ts";

export function StatePill({ run }: { run: Pick<Run, "state" | "cell"> }) {
  return <span className={`pill ${lookOf(run.state)}`}><span className="mark" />{summary(run)}</span>;
}
