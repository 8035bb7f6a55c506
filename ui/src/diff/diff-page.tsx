// Two runs beside each other: what they were given, what they ran in, what they are made of, what came out.
import type { ReactNode } from "react";

import { useQuery } from "../api/query.ts";
import type { Run, RunDetails } from "../api/schema.ts";
import { Page } from "../app/page.tsx";
import { Link, navigate, usePlace, withQuery } from "../app/router.tsx";
import type { Notebook } from "../notebook/nbformat.ts";
import { useNow } from "../parts/now.ts";
import { Empty, Failure, Loading } from "../parts/notice.tsx";
import { StatePill } from "../parts/pill.tsx";
import { clock, counted, value } from "../parts/say.ts";
import { compare } from "../run/parameters.ts";
import { nameOf, shortId, summary } from "../run/state.ts";
import { CellList } from "./cell-list.tsx";
import "./diff.css";
import { environmentChanges, type Fact } from "./packages.ts";
import { partsOf, PARTS, type Part, withPart } from "./parts.ts";

export default function DiffPage() {
  const { query } = usePlace();
  const [a, b] = [query.get("a") ?? "", query.get("b") ?? ""];
  const before = useQuery("GET /v1/runs/{run}", a === "" ? undefined : { path: { run: a } });
  const now = useQuery("GET /v1/runs/{run}", b === "" ? undefined : { path: { run: b } });
  const error = before.error ?? now.error;
  return (
    <Page crumbs={[["Runs", "/runs"], ["Compare"]]} actions={before.data === undefined || now.data === undefined ? null : <Swap />}>
      <div className="head"><h1>{before.data === undefined || now.data === undefined ? "Compare two runs" : nameOf(now.data)}</h1></div>
      <Runs before={before.data} now={now.data} />
      {error === undefined ? null : <Failure error={error} />}
      {a === "" || b === "" ? <Empty title="Which runs?">Choose the two above, or begin at a run’s page.</Empty> : null}
      {before.data === undefined || now.data === undefined ? null : <Both key={`${a} ${b}`} before={before.data} now={now.data} />}
    </Page>
  );
}

function Swap() {
  const place = usePlace();
  const to = withQuery(place, { a: place.query.get("b") ?? "", b: place.query.get("a") ?? "" });
  return <Link className="button" to={to}>Swap</Link>;
}

function Runs({ before, now }: { before: RunDetails | undefined; now: RunDetails | undefined }) {
  const job = (now ?? before)?.job?.name;
  const { data } = useQuery("GET /v1/runs", { query: { limit: 50, ...(job === undefined ? {} : { job }) } });
  return (
    <div className="diff-runs">
      <Chosen name="a" label="Before" run={before} others={data?.runs ?? []} />
      <Chosen name="b" label="After" run={now} others={data?.runs ?? []} />
    </div>
  );
}

function Chosen({ name, label, run, others }: { name: "a" | "b"; label: string; run: RunDetails | undefined; others: Run[] }) {
  const place = usePlace();
  const listed = run === undefined || others.some(({ id }) => id === run.id) ? others : [run, ...others];
  const now = useNow(undefined);
  return (
    <section className="diff-run panel">
      <label htmlFor={`run-${name}`}>{label}</label>
      <select className="input" id={`run-${name}`} value={run?.id ?? ""} onChange={(event) => navigate(withQuery(place, { [name]: event.target.value }), "replace")}>
        {run === undefined ? <option value="">Choose a run</option> : null}
        {listed.map((one) => <option key={one.id} value={one.id}>{`${shortId(one.id)} · ${nameOf(one)} · ${summary(one).toLowerCase()} · ${clock(Date.parse(one.created_at), now)}`}</option>)}
      </select>
      {run === undefined ? null : <p><StatePill run={run} /><Link className="link" to={`/runs/${run.id}`}>Open the run</Link></p>}
    </section>
  );
}

function Both({ before, now }: { before: RunDetails; now: RunDetails }) {
  const parameters = compare(now.parameters, before.parameters);
  const changed = parameters.filter((difference) => difference.changed);
  return (
    <>
      <Section title="Parameters" same={changed.length === 0 ? (parameters.length === 0 ? "None were given." : "The same.") : restOf(parameters.length - changed.length)}>
        <Facts className="is-parameters" facts={changed.map(({ name, now: is, before: was }) => ({ name, before: said(was), now: said(is) }))} />
      </Section>
      <Environment before={before} now={now} />
      <Notebooks before={before} now={now} />
    </>
  );
}

function said(of: unknown): string | undefined {
  return of === undefined ? undefined : value(of);
}

function restOf(count: number): string | undefined {
  return count === 0 ? undefined : `${counted(count, "other")} ${count === 1 ? "is" : "are"} the same.`;
}

function Section({ title, same, children }: { title: string; same: string | undefined; children?: ReactNode }) {
  return (
    <section className="section">
      <h2>{title}</h2>
      {children}
      {same === undefined ? null : <p className="muted">{same}</p>}
    </section>
  );
}

function Facts({ facts, className }: { facts: Fact[]; className?: string }) {
  if (facts.length === 0) return null;
  return (
    <table className={`diff-facts panel ${className ?? ""}`}>
      <thead className="unseen"><tr><th scope="col">Name</th><th scope="col">Before</th><th scope="col">After</th></tr></thead>
      <tbody>
        {facts.map(({ name, before, now }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{before === undefined ? <span className="muted">none</span> : <del>{before}</del>}</td>
            <td>{now === undefined ? <span className="muted">none</span> : <ins>{now}</ins>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Environment({ before, now }: { before: RunDetails; now: RunDetails }) {
  const one = useQuery("GET /v1/runs/{run}/environment", { path: { run: before.id } });
  const other = useQuery("GET /v1/runs/{run}/environment", { path: { run: now.id } });
  const missing = one.error ?? other.error;
  if (one.data === undefined || other.data === undefined) {
    return <Section title="Environment" same={missing === undefined ? undefined : `It is not known: ${missing.message}.`}>{missing === undefined ? <Loading what="the environment" /> : null}</Section>;
  }
  const changes = environmentChanges(one.data, other.data);
  const packages = other.data.packages == null ? undefined : `${counted(Object.keys(other.data.packages).length, "package")}.`;
  return <Section title="Environment" same={changes.length === 0 ? ["The same.", packages].join(" ") : undefined}><Facts facts={changes} /></Section>;
}

/** What the API's document does not say: a notebook. */
function useNotebook(run: string) {
  const { data, error } = useQuery("GET /v1/runs/{run}/notebook", { path: { run } });
  return { data: data as Notebook | undefined, error };
}

function Notebooks({ before, now }: { before: RunDetails; now: RunDetails }) {
  const place = usePlace();
  const [one, other] = [useNotebook(before.id), useNotebook(now.id)];
  const missing = one.error ?? other.error;
  const parts = partsOf(place.query);
  return (
    <section className="section">
      <div className="head section-head">
        <h2 className="grow">Cells</h2>
        <fieldset className="diff-parts">
          <legend className="unseen">What is compared</legend>
          {(Object.keys(PARTS) as Part[]).map((part) => (
            <label key={part}>
              <input type="checkbox" checked={parts.has(part)} onChange={(event) => navigate(withQuery(place, { parts: withPart(parts, part, event.target.checked) }), "replace")} />
              {PARTS[part]}
            </label>
          ))}
        </fieldset>
      </div>
      {one.data === undefined || other.data === undefined ? missing === undefined ? <Loading what="the notebooks" /> : <Failure error={missing} /> : <CellList before={one.data} now={other.data} parts={parts} />}
    </section>
  );
}
