// Share links: what strangers may read, and until when.
import { request } from "../api/client.ts";
import { invalidate, useQuery } from "../api/query.ts";
import type { Share, ShareTarget } from "../api/schema.ts";
import { elsewhere, Link } from "../app/router.tsx";
import { viewAddress } from "../app/places.ts";
import { useAct } from "../parts/act.ts";
import { useNow } from "../parts/now.ts";
import { Empty, Failure, Loading } from "../parts/notice.tsx";
import { relative } from "../parts/say.ts";
import { Sure } from "../parts/sure.tsx";
import { shortId } from "../run/state.ts";

export function Shares() {
  const { data, error } = useQuery("GET /v1/shares", {});
  const { busy, failure, act } = useAct();
  const now = useNow(60_000);
  const open = data?.filter(({ revoked_at: revoked, expires_at: until }) => revoked == null && Date.parse(until) > now);
  const end = (share: Share) => act(async () => {
    await request("DELETE /v1/shares/{share}", { path: { share: share.id } });
    invalidate("v1/shares");
  });
  if (open === undefined) return error === undefined ? <Loading what="share links" /> : <Failure error={error} />;
  if (open.length === 0) return <Empty title="Nothing is shared"><span>Make a link: <code>nbpress share create --run RUN</code></span></Empty>;
  return (
    <>
      <div className="panel table-panel">
        <table className="table">
          <thead><tr><th scope="col">Shows</th><th scope="col" className="middle">By</th><th scope="col" className="middle">Until</th><th scope="col" className="does"><span className="unseen">End</span></th></tr></thead>
          <tbody>
            {open.map((share) => (
              <tr key={share.id}>
                <th scope="row"><Target target={share.target} /><small>made {relative(Date.parse(share.created_at), now)}</small></th>
                <td className="middle">{share.created_by}</td>
                <td className="middle muted"><time dateTime={share.expires_at}>{relative(Date.parse(share.expires_at), now)}</time></td>
                <td className="does"><Sure label="End" question="Close it?" of={`the link to ${wordsOf(share.target)}`} busy={busy} onSure={() => end(share)} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {failure === undefined ? null : <p className="wrong-line" role="alert">{failure}</p>}
    </>
  );
}

function Target({ target }: { target: ShareTarget }) {
  switch (target.kind) {
    case "run":
      return <Link className="row-link" to={`/runs/${target.run}`}>{wordsOf(target)}</Link>;
    case "job":
      return <Link className="row-link" to={`/jobs/${encodeURIComponent(target.job)}`}>{wordsOf(target)}</Link>;
    default:
      return <a className="row-link" href={elsewhere(viewAddress(target.path))}>{wordsOf(target)}</a>;
  }
}

function wordsOf(target: ShareTarget): string {
  switch (target.kind) {
    case "run":
      return `Run ${shortId(target.run)}`;
    case "job":
      return `Job ${target.job}`;
    case "version":
      return `A version of ${target.path}`;
    default:
      return target.path;
  }
}
