// All runs, as a list or as a grid; which of them, and what is filtered by, is in the address.
import { useEffect, useRef } from "react";

import { useQuery } from "../api/query.ts";
import { Page } from "../app/page.tsx";
import { Link, navigate, usePlace, withQuery } from "../app/router.tsx";
import { Empty, Failure, Loading } from "../parts/notice.tsx";
import { STATES, wordOf } from "../run/state.ts";
import { askOf, PERIODS, parameterOf } from "./filter.ts";
import { RunGrid } from "./run-grid.tsx";
import { RunTable } from "./run-table.tsx";
import "./runs-page.css";

export function RunsPage() {
  const isGrid = usePlace().query.get("view") === "grid";
  return (
    <Page crumbs={[["Runs"]]}>
      <div className="head">
        <h1 className="grow">Runs</h1>
        <nav className="view-switch" aria-label="How they are shown">
          <Link to="/runs" aria-current={isGrid ? undefined : "true"}>List</Link>
          <Link to="/runs?view=grid" aria-current={isGrid ? "true" : undefined}>Grid</Link>
        </nav>
      </div>
      {isGrid ? <RunGrid /> : <List />}
    </Page>
  );
}

function List() {
  const place = usePlace();
  const { query } = place;
  const { data, error } = useQuery("GET /v1/runs", askOf(query));
  const jobs = useQuery("GET /v1/jobs", {});
  const form = useRef<HTMLFormElement>(null);
  useSlash(form);
  const set = (changes: { [name: string]: string | undefined }) => navigate(withQuery(place, { cursor: undefined, ...changes }), "replace");
  const filtered = ["state", "job", "period", "param"].some((name) => query.has(name));
  return (
    <>
      <form className="filters" ref={form} role="search" aria-label="Filter runs" onSubmit={(event) => event.preventDefault()}>
        <select className="input" aria-label="State" value={query.get("state") ?? ""} onChange={(event) => set({ state: event.target.value })}>
          <option value="">Any state</option>
          {STATES.map((state) => <option key={state} value={state}>{wordOf(state)}</option>)}
        </select>
        <select className="input" aria-label="Job" value={query.get("job") ?? ""} onChange={(event) => set({ job: event.target.value })}>
          <option value="">Any job</option>
          {jobs.data?.jobs.map(({ name }) => <option key={name}>{name}</option>)}
        </select>
        <select className="input" aria-label="Period" value={query.get("period") ?? ""} onChange={(event) => set({ period: event.target.value })}>
          <option value="">Any time</option>
          {Object.entries(PERIODS).map(([name, { label }]) => <option key={name} value={name}>{label}</option>)}
        </select>
        <input
          className="input grow mono"
          type="search"
          aria-label="A parameter, as name=value"
          placeholder="region=EMEA"
          defaultValue={query.get("param") ?? ""}
          key={query.get("param") ?? ""}
          onBlur={(event) => set({ param: event.target.value.trim() })}
          onKeyDown={(event) => event.key === "Enter" && set({ param: event.currentTarget.value.trim() })}
          aria-invalid={query.has("param") && parameterOf(query.get("param") ?? "") === undefined}
        />
        {filtered ? <Link className="button quiet" to="/runs">Clear</Link> : null}
      </form>
      {error === undefined ? null : <Failure error={error} />}
      {data === undefined ? error === undefined ? <Loading what="runs" /> : null : data.runs.length === 0 ? <Nothing filtered={filtered} /> : <RunTable runs={data.runs} />}
      <nav className="pager" aria-label="Pages">
        {query.has("cursor") ? <Link className="button" to={withQuery(place, { cursor: undefined })}>Newest</Link> : null}
        {typeof data?.next === "string" ? <Link className="button" to={withQuery(place, { cursor: data.next })}>Older</Link> : null}
      </nav>
    </>
  );
}

function Nothing({ filtered }: { filtered: boolean }) {
  if (filtered) return <Empty title="No run is like that"><Link className="link" to="/runs">Show all of them</Link></Empty>;
  return <Empty title="Nothing has run yet"><span>Runs of jobs, and of notebooks that were submitted, stand here for as long as they are kept.</span><Link className="button" to="/jobs">Run a job</Link><span>From a terminal: <code>nbpress submit notebook.ipynb</code></span></Empty>;
}

/** The key `/` goes to the filters, as in many places. */
function useSlash(form: React.RefObject<HTMLFormElement | null>): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && event.target.closest("input, textarea, select") !== null;
      if (event.key !== "/" || typing || event.metaKey || event.ctrlKey) return;
      event.preventDefault();
      form.current?.querySelector<HTMLElement>("select")?.focus();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [form]);
}
