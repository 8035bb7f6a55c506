// What needs attention, what is running, what was done last.
import type { ReactNode } from "react";

import { useQuery } from "../api/query.ts";
import type { Run } from "../api/schema.ts";
import { Page } from "../app/page.tsx";
import { Link } from "../app/router.tsx";
import { Empty, Failure, Loading } from "../parts/notice.tsx";
import { RunTable } from "../runs/run-table.tsx";
import { attention } from "./attention.ts";

const ROWS = 7;
const LOOKED_AT = 100;

export function HomePage() {
  const { data, error } = useQuery("GET /v1/runs", { query: { limit: LOOKED_AT } });
  return (
    <Page crumbs={[["Home"]]}>
      <h1 className="unseen">Home</h1>
      {data === undefined ? error === undefined ? <Loading what="runs" /> : <Failure error={error} /> : data.runs.length === 0 ? <Welcome /> : <Lists runs={data.runs} />}
    </Page>
  );
}

function Lists({ runs }: { runs: Run[] }) {
  const { failed, live, ended } = attention(runs);
  return (
    <>
      <List title="Needs attention" runs={failed} all="/runs?state=failed" empty="Nothing. What fails stands here until it has succeeded again." />
      <List title="Running" runs={live} all="/runs?state=running" empty="Nothing runs or waits." />
      <List title="Recent" runs={ended} all="/runs" empty="" />
    </>
  );
}

function List({ title, runs, all, empty }: { title: string; runs: Run[]; all: string; empty: ReactNode }) {
  return (
    <section className="section">
      <div className="head section-head">
        <h2 className="grow">{title}{runs.length > 0 ? <span className="muted num"> {runs.length}</span> : null}</h2>
        {runs.length > ROWS ? <Link className="link" to={all}>All of them</Link> : null}
      </div>
      {runs.length === 0 ? <p className="muted">{empty}</p> : <RunTable runs={runs.slice(0, ROWS)} />}
    </section>
  );
}

function Welcome() {
  return (
    <Empty title="Nothing has run yet">
      <span>Write a notebook or open one, run it cell by cell, and publish it as a job when it is to run by itself.</span>
      <Link className="button primary" to="/notebooks">Open a notebook</Link>
      <span>From a terminal: <code>nbpress submit notebook.ipynb</code> runs one, <code>nbpress job publish NAME notebook.ipynb</code> makes a job of it.</span>
    </Empty>
  );
}
