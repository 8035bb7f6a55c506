// Interactive kernels: whose, of which notebook, what they use, how long they have been idle; and their end.
import { useEffect } from "react";

import { request } from "../api/client.ts";
import { invalidate, useQuery } from "../api/query.ts";
import type { KernelStatus, Me } from "../api/schema.ts";
import { may } from "../app/me.ts";
import { Link } from "../app/router.tsx";
import { useAct } from "../parts/act.ts";
import { useNow } from "../parts/now.ts";
import { Failure, Loading } from "../parts/notice.tsx";
import { bytes, duration, fileName } from "../parts/say.ts";
import { Sure } from "../parts/sure.tsx";
import { editAddress } from "../app/places.ts";
import { idleOf, lookOfKernel, totals } from "./kernel.ts";

/** No event says what a kernel uses. */
const EVERY = 5000;
const KERNELS = "v1/kernels";

export function Kernels({ me }: { me: Me | undefined }) {
  const { data, error } = useQuery("GET /v1/kernels", {});
  const { busy, failure, act } = useAct();
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && invalidate(KERNELS), EVERY);
    return () => clearInterval(timer);
  }, []);
  const stop = (kernel: KernelStatus) => act(async () => {
    await request("DELETE /v1/kernels/{kernel}", { path: { kernel: kernel.id } });
    invalidate(KERNELS);
  });
  return (
    <section className="section">
      <h2>Kernels{data === undefined || data.length === 0 ? null : <span className="muted num"> {totals(data)}</span>}</h2>
      {data === undefined ? error === undefined ? <Loading what="kernels" /> : <Failure error={error} /> : data.length === 0 ? <p className="muted">None is on. One starts when a cell of a <Link className="link" to="/notebooks">notebook</Link> is run.</p> : <List kernels={data} mayStop={may(me, "write")} busy={busy} onStop={stop} />}
      {failure === undefined ? null : <p className="wrong-line" role="alert">{failure}</p>}
    </section>
  );
}

function List({ kernels, mayStop, busy, onStop }: { kernels: KernelStatus[]; mayStop: boolean; busy: boolean; onStop: (kernel: KernelStatus) => void }) {
  const now = useNow(5000);
  return (
    <div className="panel table-panel">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Notebook</th><th scope="col">State</th><th scope="col" className="middle">Whose</th><th scope="col" className="num middle">Memory</th><th scope="col" className="num wide">Processor</th><th scope="col" className="num middle">Idle</th>
            {mayStop ? <th scope="col" className="does"><span className="unseen">Stop</span></th> : null}
          </tr>
        </thead>
        <tbody>
          {kernels.map((kernel) => (
            <tr key={kernel.id}>
              <th scope="row"><Documents kernel={kernel} /></th>
              <td><span className={`state ${lookOfKernel(kernel)}`}><span className="mark" />{kernel.state}</span></td>
              <td className="middle">{kernel.owner || <span className="muted">nobody</span>}</td>
              <td className="num middle">{typeof kernel.memory_bytes === "number" ? bytes(kernel.memory_bytes) : "–"}</td>
              <td className="num wide">{typeof kernel.cpu_seconds === "number" ? duration(kernel.cpu_seconds) : "–"}</td>
              <td className="num middle">{idleOf(kernel, now)}</td>
              {mayStop ? <td className="does"><Sure label="Stop" question="Lose its variables?" of={nameOf(kernel)} busy={busy} onSure={() => onStop(kernel)} /></td> : null}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function nameOf(kernel: KernelStatus): string {
  return kernel.paths.length === 0 ? kernel.id : kernel.paths.map(fileName).join(", ");
}

function Documents({ kernel }: { kernel: KernelStatus }) {
  return (
    <>
      {kernel.paths.length === 0 ? <span className="muted">no notebook</span> : kernel.paths.map((path) => <Link key={path} className="row-link" to={editAddress(path)} title={path}>{fileName(path)}</Link>)}
      <small><span className="only-narrow">{[kernel.owner, typeof kernel.memory_bytes === "number" ? bytes(kernel.memory_bytes) : ""].filter(Boolean).join(" · ")}<br /></span>{kernel.name}{kernel.connections > 0 ? ` · ${kernel.connections} connected` : ""}{kernel.reason == null ? "" : ` · ${kernel.reason}`}</small>
    </>
  );
}
