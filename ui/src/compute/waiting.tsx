// Runs that wait, each with what it waits for.
import { useQuery } from "../api/query.ts";
import type { Run } from "../api/schema.ts";
import { Link } from "../app/router.tsx";
import { useNow } from "../parts/now.ts";
import { counted, relative } from "../parts/say.ts";
import { lookOf, nameOf, shortId } from "../run/state.ts";

/** Whose reasons are asked for. */
const SHOWN = 8;

export function Waiting() {
  const { data } = useQuery("GET /v1/runs", { query: { state: "queued", limit: 50 } });
  if (data === undefined || data.runs.length === 0) return null;
  // The oldest is the next one.
  const runs = data.runs.toReversed();
  return (
    <section className="section">
      <h2>Waiting <span className="muted num">{runs.length}{data.next == null ? "" : " or more"}</span></h2>
      <ul className="waits panel">{runs.slice(0, SHOWN).map((run) => <Wait key={run.id} run={run} />)}</ul>
      {runs.length > SHOWN ? <p className="muted"><Link className="link" to="/runs?state=queued">{counted(runs.length - SHOWN, "more run")}</Link></p> : null}
    </section>
  );
}

function Wait({ run }: { run: Run }) {
  const { data } = useQuery("GET /v1/runs/{run}", { path: { run: run.id } });
  const now = useNow(10_000);
  return (
    <li className={lookOf(run.state)}>
      <span className="mark" />
      <Link className="cut" to={`/runs/${run.id}`}><b>{nameOf(run)}</b> <span className="mono muted">{shortId(run.id)}</span></Link>
      <span className="grow muted">{data?.waiting ?? ""}</span>
      <time className="muted num" dateTime={run.created_at}>{relative(Date.parse(run.created_at), now)}</time>
    </li>
  );
}
