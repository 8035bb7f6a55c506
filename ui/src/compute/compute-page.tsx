// What computes: the kernels that are on, what waits and why, the machines, the pools.
import { useQuery } from "../api/query.ts";
import { may, useMe } from "../app/me.ts";
import { Page } from "../app/page.tsx";
import { Failure, Loading } from "../parts/notice.tsx";
import "../parts/table.css";
import "./compute.css";
import { Kernels } from "./kernels.tsx";
import { Pools, Workers } from "./places.tsx";
import { Ready } from "./ready.tsx";
import { Waiting } from "./waiting.tsx";

export default function ComputePage() {
  const me = useMe();
  const { data: workers, error } = useQuery("GET /v1/workers", {});
  const { data: pools } = useQuery("GET /v1/pools", {});
  const operates = may(me, "operate", true);
  return (
    <Page crumbs={[["Compute"]]}>
      <div className="head"><h1>Compute</h1></div>
      <Waiting />
      <Kernels me={me} />
      <Ready />
      {workers === undefined || pools === undefined ? error === undefined ? <Loading what="workers" /> : <Failure error={error} /> : <><Workers workers={workers} operates={operates} /><Pools pools={pools} /></>}
    </Page>
  );
}
