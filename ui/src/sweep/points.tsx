// The runs of a sweep as a table of what differs, sorted by any of it.
import type { Run } from "../api/schema.ts";
import { Link, navigate, usePlace, withQuery } from "../app/router.tsx";
import { lookOf, shortId, summary } from "../run/state.ts";
import { type Point, sorted, type SweepTable } from "./table.ts";
import { shown as said } from "./words.ts";

export function Points({ table, shown, onMark }: { table: SweepTable; shown: Point[]; onMark: (run: string | undefined) => void }) {
  const place = usePlace();
  const by = place.query.get("sort") ?? "";
  const [key, descending] = by.startsWith("-") ? [by.slice(1), true] : [by, false];
  const rows = sorted(shown, table.columns.find((column) => column.key === key), descending);
  const sort = (of: string) => navigate(withQuery(place, { sort: of !== key ? of : descending ? undefined : `-${of}` }), "replace");
  return (
    <div className="panel sweep-table" tabIndex={0} role="region" aria-label="Runs">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Run</th>
            {table.columns.map((column) => (
              <th key={column.key} scope="col" className={`num is-${column.kind}`} aria-sort={column.key !== key ? "none" : descending ? "descending" : "ascending"}>
                <button type="button" onClick={() => sort(column.key)}>{column.name}<span aria-hidden="true">{column.key !== key ? "" : descending ? " ↓" : " ↑"}</span></button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ run, values }) => (
            <tr key={run.id} onPointerEnter={() => onMark(run.id)} onPointerLeave={() => onMark(undefined)}>
              <th scope="row"><Open run={run} /></th>
              {table.columns.map((column) => <td key={column.key} className="num">{said(column, values[column.key])}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Open({ run }: { run: Run }) {
  return <Link className={`sweep-run ${lookOf(run.state)}`} to={`/runs/${run.id}`} title={summary(run)}><span className="mark" /><span className="mono">{shortId(run.id)}</span></Link>;
}
