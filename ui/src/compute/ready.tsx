// Kernels that were started ahead, and what they hold.
import { useEffect } from "react";

import { invalidate, useQuery } from "../api/query.ts";
import type { ReadyKernels, ReadyShelf } from "../api/schema.ts";
import { bytes } from "../parts/say.ts";
import { keptReady, readyInWords } from "./kernel.ts";

/** Nothing says when one is taken. */
const AGAIN = 5000;

export function Ready() {
  const { data } = useQuery("GET /v1/kernels/ready", {});
  useEffect(() => {
    const timer = setInterval(() => invalidate("v1/kernels/ready"), AGAIN);
    return () => clearInterval(timer);
  }, []);
  if (data === undefined) return null;
  return (
    <section className="section">
      <h2>Ready kernels{data === null || data.shelves.length === 0 ? null : <span className="muted num"> {keptReady(data)}</span>}</h2>
      {data === null ? <p className="muted">None is kept ready: runs and notebooks wait for their kernel to start. <code>nbpress ready start</code> on the server’s machine has kernels wait instead.</p> : <Shelves ready={data} />}
    </section>
  );
}

function Shelves({ ready }: { ready: ReadyKernels }) {
  return (
    <>
      {ready.shelves.length === 0 ? <p className="muted">Nothing yet: the first run of a notebook says which kernels to keep.</p> : (
        <div className="panel table-panel">
          <table className="table">
            <thead><tr><th scope="col">Kernel</th><th scope="col">State</th><th scope="col" className="num">Waiting</th><th scope="col" className="num">Memory</th><th scope="col" className="middle">Made by</th></tr></thead>
            <tbody>{ready.shelves.map((shelf, index) => <Shelf key={index} shelf={shelf} />)}</tbody>
          </table>
        </div>
      )}
      <p className="muted ready-words">{readyInWords(ready)}</p>
    </>
  );
}

function Shelf({ shelf }: { shelf: ReadyShelf }) {
  const refused = shelf.refused ?? undefined;
  const look = refused !== undefined ? "is-warn" : shelf.ready > 0 ? "is-ok" : "is-active";
  return (
    <tr>
      <th scope="row">{shelf.kernel}{refused === undefined ? null : <small>{refused}</small>}</th>
      <td><span className={`state ${look}`}><span className="mark" />{refused !== undefined ? "never ready" : shelf.ready > 0 ? "ready" : "preparing"}</span></td>
      <td className="num">{shelf.ready}</td>
      <td className="num">{bytes(shelf.memory_bytes)}</td>
      <td className="middle">{refused !== undefined ? "–" : shelf.template ? "a fork of its template" : "a start ahead"}</td>
    </tr>
  );
}
