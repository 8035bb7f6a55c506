// The runs of a sweep beside each other: what differs between them, and what came of it.
import { useMemo, useState } from "react";

import { request } from "../api/client.ts";
import { invalidate, useQuery } from "../api/query.ts";
import type { Batch, Run, ScrapValue } from "../api/schema.ts";
import { may, useMe } from "../app/me.ts";
import { Page } from "../app/page.tsx";
import { navigate, usePlace, withQuery } from "../app/router.tsx";
import { useAct } from "../parts/act.ts";
import { Empty, Failure, Loading } from "../parts/notice.tsx";
import { counted } from "../parts/say.ts";
import { Sure } from "../parts/sure.tsx";
import { wordOf } from "../run/state.ts";
import "../parts/table.css";
import { brushesOf, inAddress } from "./brush.ts";
import { RunLines } from "./parallel.tsx";
import { Points } from "./points.tsx";
import { Scatter } from "./scatter.tsx";
import "./sweep.css";
import { type Column, sweepTable, type SweepTable, within } from "./table.ts";

/** As many as the API gives at once. */
const MOST = 500;

export default function SweepPage({ id }: { id: string }) {
  const batch = useQuery("GET /v1/batches/{batch}", { path: { batch: id } });
  const runs = useQuery("GET /v1/runs", { query: { batch: id, limit: MOST } });
  const scraps = useQuery("GET /v1/batches/{batch}/scraps", { path: { batch: id } });
  const error = batch.error ?? runs.error ?? scraps.error;
  const name = batch.data?.label || "Sweep";
  return (
    <Page crumbs={[["Runs", "/runs"], [name]]} actions={batch.data === undefined ? null : <Cancel batch={batch.data} />}>
      <div className="head"><h1>{name}</h1>{batch.data === undefined ? null : <States batch={batch.data} />}</div>
      {runs.data === undefined || scraps.data === undefined ? error === undefined ? <Loading what="the sweep" /> : <Failure error={error} /> : <Compared runs={runs.data.runs} scraps={scraps.data} />}
    </Page>
  );
}

function States({ batch }: { batch: Batch }) {
  const states = Object.entries(batch.runs) as [Run["state"], number][];
  return <span className="muted num">{states.map(([state, count]) => `${count} ${wordOf(state).toLowerCase()}`).join(" · ")}</span>;
}

function Cancel({ batch }: { batch: Batch }) {
  const me = useMe();
  const { busy, failure, act } = useAct();
  if (batch.state !== "active" || !may(me, "run")) return null;
  const cancel = () => act(async () => {
    await request("POST /v1/batches/{batch}/cancel", { path: { batch: batch.id } });
    invalidate("v1/batches");
  });
  return <>{failure === undefined ? null : <span className="wrong-line" role="alert">{failure}</span>}<Sure label="Cancel" question="End its runs?" of={batch.label} busy={busy} onSure={cancel} /></>;
}

function Compared({ runs, scraps }: { runs: Run[]; scraps: { [run: string]: ScrapValue[] } }) {
  // Runs of tasks stand in the run of their job.
  const table = useMemo(() => sweepTable(runs.filter(({ parent }) => parent == null), scraps), [runs, scraps]);
  if (table.points.length === 0) return <Empty title="There are no runs of it">They may be older than what is kept.</Empty>;
  if (table.columns.length === 0) return <><p className="muted">Nothing differs between its runs so far.</p><Points table={table} shown={table.points} onMark={() => undefined} /></>;
  return <Charts table={table} />;
}

function Charts({ table }: { table: SweepTable }) {
  const place = usePlace();
  const [marked, setMarked] = useState<string>();
  const brushes = brushesOf(place.query);
  const shown = within(table.points, table.columns, brushes);
  const chosen = new Set(shown.map(({ run }) => run.id));
  const brush = (changes: { [name: string]: string | undefined }) => navigate(withQuery(place, changes), "replace");
  const clear = Object.assign({}, ...Object.keys(brushes).map((key) => inAddress(key, undefined))) as { [name: string]: undefined };
  return (
    <>
      <section className="panel sweep-panel" aria-label="All columns"><RunLines columns={table.columns} points={table.points} chosen={chosen} brushes={brushes} marked={marked} onBrush={(key, part) => brush(inAddress(key, part))} /></section>
      <Against table={table} chosen={chosen} marked={marked} onMark={setMarked} onBrush={brush} />
      <div className="head section-head">
        <h2 className="grow num">{shown.length === table.points.length ? counted(shown.length, "run") : `${shown.length} of ${counted(table.points.length, "run")}`}</h2>
        {Object.keys(brushes).length === 0 ? null : <button type="button" className="button quiet" onClick={() => brush(clear)}>Show all</button>}
      </div>
      <Points table={table} shown={shown} onMark={setMarked} />
    </>
  );
}

interface AgainstProps {
  table: SweepTable;
  chosen: Set<string>;
  marked: string | undefined;
  onMark: (run: string | undefined) => void;
  onBrush: (changes: { [name: string]: string | undefined }) => void;
}

/** Two columns, chosen in the address; at first what was given first and what was measured first. */
function Against({ table, chosen, marked, onMark, onBrush }: AgainstProps) {
  const place = usePlace();
  const numeric = table.columns.filter(({ range }) => range !== undefined);
  const named = (name: string, usual: Column | undefined) => numeric.find(({ key }) => key === place.query.get(name)) ?? usual;
  const x = named("x", numeric[0]);
  const y = named("y", numeric.find(({ kind, key }) => kind === "measured" && key !== x?.key) ?? numeric[1]);
  if (x === undefined || y === undefined) return null;
  const choose = (name: "x" | "y", label: string, column: Column) => (
    <select className="input" aria-label={label} value={column.key} onChange={(event) => onBrush({ [name]: event.target.value })}>
      {numeric.map(({ key, name: of }) => <option key={key} value={key}>{of}</option>)}
    </select>
  );
  return (
    <section className="panel sweep-panel" aria-label="Two columns">
      <div className="sweep-against">{choose("y", "Upwards", y)}<span className="muted">by</span>{choose("x", "Across", x)}</div>
      <Scatter x={x} y={y} points={table.points} chosen={chosen} marked={marked} onMark={onMark} onBrush={(across, up) => onBrush({ ...inAddress(x.key, across), ...inAddress(y.key, up) })} />
    </section>
  );
}
