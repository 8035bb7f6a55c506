// The machines that run notebooks, and the pools whose slots runs share.
import { request } from "../api/client.ts";
import { invalidate } from "../api/query.ts";
import type { Pool, Worker, WorkerState } from "../api/schema.ts";
import { Link } from "../app/router.tsx";
import { useAct } from "../parts/act.ts";
import { useNow } from "../parts/now.ts";
import { bytes, counted, relative } from "../parts/say.ts";
import { type Look, shortId } from "../run/state.ts";

const STATES: { [state in WorkerState]: [look: Look, word: string] } = {
  up: ["is-ok", "up"],
  draining: ["is-warn", "takes no more"],
  gone: ["is-bad", "gone"],
};

export function Workers({ workers, operates }: { workers: Worker[]; operates: boolean }) {
  const now = useNow(5000);
  const { busy, failure, act } = useAct();
  const toggle = (worker: Worker) => act(async () => {
    const route = worker.state === "draining" ? "POST /v1/workers/{worker}/resume" : "POST /v1/workers/{worker}/drain";
    await request(route, { path: { worker: worker.id } });
    invalidate("v1/workers");
  });
  return (
    <section className="section">
      <h2>Workers</h2>
      {workers.length === 0 ? <p className="muted">None: nothing runs until one is started, <code>nbpress worker run</code>.</p> : (
        <div className="panel table-panel">
          <table className="table">
            <thead><tr><th scope="col">Worker</th><th scope="col">State</th><th scope="col">Slots</th><th scope="col" className="num middle">Machine</th><th scope="col" className="num wide">Heard</th>{operates ? <th scope="col" className="does"><span className="unseen">Drain</span></th> : null}</tr></thead>
            <tbody>
              {workers.map((worker) => (
                <tr key={worker.id}>
                  <th scope="row">{worker.name}<small>{worker.host === worker.name ? "" : `${worker.host} · `}{worker.version}</small></th>
                  <td><span className={`state ${STATES[worker.state][0]}`}><span className="mark" />{STATES[worker.state][1]}</span></td>
                  <td><Slots taken={worker.running} of={worker.slots} label={`Slots of ${worker.name}`} /></td>
                  <td className="num middle">{counted(worker.cpus, "processor")}, {bytes(worker.memory_bytes)}</td>
                  <td className="num wide">{relative(Math.min(Date.parse(worker.seen_at), now), now)}</td>
                  {operates ? <td className="does">{worker.state === "gone" ? null : <button type="button" className="button quiet" disabled={busy} onClick={() => toggle(worker)} aria-label={`${worker.state === "draining" ? "Resume" : "Drain"} ${worker.name}`}>{worker.state === "draining" ? "Resume" : "Drain"}</button>}</td> : null}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {failure === undefined ? null : <p className="wrong-line" role="alert">{failure}</p>}
    </section>
  );
}

export function Pools({ pools }: { pools: Pool[] }) {
  if (pools.length === 0) return null;
  return (
    <section className="section">
      <h2>Pools</h2>
      <div className="panel table-panel">
        <table className="table">
          <thead><tr><th scope="col">Pool</th><th scope="col">Slots</th><th scope="col" className="middle">Held by</th><th scope="col" className="num">Waiting</th></tr></thead>
          <tbody>
            {pools.map((pool) => (
              <tr key={pool.name}>
                <th scope="row">{pool.name}</th>
                <td><Slots taken={pool.held.length} of={pool.slots} label={`Slots of ${pool.name}`} /></td>
                <td className="middle mono">{pool.held.map(({ n, run }) => (run === "" ? <span key={n} className="muted">somebody </span> : <Link key={n} className="row-link" to={`/runs/${run}`}>{shortId(run)} </Link>))}</td>
                <td className="num">{pool.waiting}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Slots({ taken, of, label }: { taken: number; of: number; label: string }) {
  return <span className="slots num"><meter min={0} max={Math.max(1, of)} value={Math.min(taken, of)} aria-label={label} />{taken} of {of}</span>;
}
