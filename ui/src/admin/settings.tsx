// The server's settings, and where each was set; what was set by somebody stands first.
import { useQuery } from "../api/query.ts";
import type { Configured } from "../api/schema.ts";
import { navigate, usePlace, withQuery } from "../app/router.tsx";
import { Empty, Failure, Loading } from "../parts/notice.tsx";
import { counted } from "../parts/say.ts";

export function SettingList() {
  const { data, error } = useQuery("GET /v1/settings", {});
  const place = usePlace();
  const wanted = (place.query.get("q") ?? "").toLowerCase();
  if (data === undefined) return error === undefined ? <Loading what="settings" /> : <Failure error={error} />;
  const fitting = data.filter(({ name, about }) => `${name} ${about}`.toLowerCase().includes(wanted));
  const set = fitting.filter(({ origin }) => origin !== "default");
  return (
    <>
      <div className="head">
        <input className="input grow" type="search" aria-label="Filter settings" placeholder="Filter" defaultValue={place.query.get("q") ?? ""} onChange={(event) => navigate(withQuery(place, { q: event.target.value }), "replace")} />
        <Index />
      </div>
      {fitting.length === 0 ? <Empty title="No setting is like that" /> : null}
      {set.length === 0 ? null : <Table label="Set" settings={set} />}
      {set.length === fitting.length ? null : <Table label="By default" settings={fitting.filter(({ origin }) => origin === "default")} />}
      <p className="muted">They are set by flags of <code>nbpress serve</code>, variables, or <code>nbpress.toml</code>, and read when the server starts.</p>
    </>
  );
}

function Index() {
  const { data } = useQuery("GET /v1/search/index", {});
  if (data === undefined) return null;
  return <span className="muted">Search knows {counted(data.counts.notebooks, "notebook")} and {counted(data.counts.runs, "run")}</span>;
}

function Table({ label, settings }: { label: string; settings: Configured[] }) {
  return (
    <section className="section">
      <h2>{label}</h2>
      <div className="panel table-panel">
        <table className="table settings">
          <thead className="unseen"><tr><th scope="col">Setting</th><th scope="col">Value</th><th scope="col">Where it was set</th></tr></thead>
          <tbody>
            {settings.map(({ name, value, secret, origin, about }) => (
              <tr key={name}>
                <th scope="row"><span className="mono">{name}</span><small><About text={about} /></small></th>
                <td className="mono">{secret ? <span className="muted">{origin === "default" ? "not set" : "secret"}</span> : value == null || value === "" ? <span className="muted">not set</span> : value}</td>
                <td className="muted middle">{origin === "default" ? "" : origin}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** What stands in backticks is code. */
function About({ text }: { text: string }) {
  return text.split("`").map((part, at) => (at % 2 === 1 ? <code key={at}>{part}</code> : part));
}
