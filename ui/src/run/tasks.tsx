// The run of a whole job: its tasks' runs.
import { useQuery } from "../api/query.ts";
import type { RunDetails } from "../api/schema.ts";
import { Failure, Loading } from "../parts/notice.tsx";
import { RunTable } from "../runs/run-table.tsx";

export function Tasks({ run }: { run: RunDetails }) {
  const { data, error } = useQuery("GET /v1/runs/{run}/tasks", { path: { run: run.id } });
  return (
    <section className="section">
      <h2>Tasks</h2>
      {data === undefined ? error === undefined ? <Loading what="tasks" /> : <Failure error={error} /> : <RunTable runs={data.runs} />}
    </section>
  );
}
