// Notebooks that have what was searched for, each with the places where.
import { useQuery } from "../api/query.ts";
import type { FoundHit, Snippet } from "../api/schema.ts";
import { editAddress, viewAddress } from "../app/places.ts";
import { elsewhere, Link } from "../app/router.tsx";
import { useNow } from "../parts/now.ts";
import { Empty, Failure, Loading } from "../parts/notice.tsx";
import { counted, relative } from "../parts/say.ts";

export function Found({ searched, mayEdit }: { searched: string; mayEdit: boolean }) {
  const { data, error } = useQuery("GET /v1/search", { query: { q: searched, kind: "notebook", limit: 30 } });
  if (data === undefined) return error === undefined ? <Loading what="what fits" /> : <Failure error={error} />;
  if (data.hits.length === 0) return <Empty title="No notebook has that"><span>Words are found in code, text and outputs as they were saved. <code>-word</code> leaves out, <code>"two words"</code> finds both together.</span></Empty>;
  return (
    <section aria-label="What was found">
      <p className="muted found-count num" role="status">{counted(data.hits.length, "notebook")}{data.next == null ? "" : ", and more"}</p>
      <ul className="found panel">{data.hits.map((hit) => <Hit key={hit.place} hit={hit} mayEdit={mayEdit} />)}</ul>
    </section>
  );
}

function Hit({ hit, mayEdit }: { hit: FoundHit; mayEdit: boolean }) {
  const now = useNow(60_000);
  return (
    <li>
      <div className="found-head">
        {mayEdit ? <Link className="row-link" to={editAddress(hit.path)}>{hit.path}</Link> : <a className="row-link" href={elsewhere(viewAddress(hit.path))}>{hit.path}</a>}
        {hit.title === "" || hit.title === hit.path ? null : <span className="muted cut">{hit.title}</span>}
        <span className="grow" />
        <time className="muted num" dateTime={hit.modified}>{relative(Math.min(Date.parse(hit.modified), now), now)}</time>
      </div>
      {hit.snippets.map((snippet, index) => <Place key={index} path={hit.path} snippet={snippet} />)}
    </li>
  );
}

/** A line with the words in it; it leads to the cell. */
function Place({ path, snippet }: { path: string; snippet: Snippet }) {
  const text = snippet.spans.map(({ text: part, is_match: isMatch }, index) => (isMatch ? <mark key={index}>{part}</mark> : <span key={index}>{part}</span>));
  if (snippet.cell == null) return <p className="found-place cut">{text}</p>;
  return <a className="found-place cut" href={elsewhere(`${viewAddress(path)}#cell-${snippet.cell + 1}`)}><small className="muted">Cell {snippet.cell + 1} · {snippet.part}</small> {text}</a>;
}
