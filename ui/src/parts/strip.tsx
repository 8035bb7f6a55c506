// The last runs of something, the newest at the right.
import type { Run } from "../api/schema.ts";
import { navigate } from "../app/router.tsx";
import { lookOf, shortId, summary } from "../run/state.ts";
import { Bars, STRIP } from "./bars.tsx";

/** `runs` are newest first, as the API lists them. */
export function Strip({ runs, current }: { runs: Run[]; current?: string }) {
  const oldestFirst = runs.slice(0, STRIP).toReversed();
  const bars = oldestFirst.map((run) => ({ key: run.id, look: lookOf(run.state), height: 1, label: `Run ${shortId(run.id)}, ${summary(run).toLowerCase()}` }));
  if (bars.length === 0) return null;
  const at = oldestFirst.findIndex(({ id }) => id === current);
  const choose = (index: number) => {
    const run = oldestFirst[index];
    if (run !== undefined) navigate(`/runs/${run.id}`);
  };
  return <Bars kind="strip" bars={bars} label="Runs, newest last; Enter opens one" current={at < 0 ? undefined : at} onChoose={choose} />;
}
