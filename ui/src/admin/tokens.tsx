// Tokens, with which programs act for somebody: one's own, and for admins those of everybody.
import { type FormEvent, useState } from "react";

import { request } from "../api/client.ts";
import { invalidate, useQuery } from "../api/query.ts";
import type { ApiToken, MadeToken, Me, Permission } from "../api/schema.ts";
import { useAct } from "../parts/act.ts";
import { useNow } from "../parts/now.ts";
import { Empty, Failure, Loading } from "../parts/notice.tsx";
import { relative } from "../parts/say.ts";
import { Sure } from "../parts/sure.tsx";
import { Secret } from "./secret.tsx";

const SCOPES: Permission[] = ["read", "run", "write", "operate", "admin"];
const DAY = 86_400_000;
const LASTING: [days: number, label: string][] = [[7, "7 days"], [90, "90 days"], [365, "a year"], [0, "for ever"]];

export function Tokens({ me, admin }: { me: Me; admin: boolean }) {
  const users = useQuery("GET /v1/users", admin ? {} : undefined);
  const names = admin ? (users.data ?? []).map(({ name }) => name) : me.user == null ? [] : [me.user.name];
  const [chosen, setChosen] = useState<string>();
  const user = chosen ?? me.user?.name ?? names[0];
  if (admin && users.data === undefined) return users.error === undefined ? <Loading what="users" /> : <Failure error={users.error} />;
  if (user === undefined) return <Empty title="Tokens belong to users">There are none yet. The server’s own token is in its home folder.</Empty>;
  return (
    <>
      {names.length > 1 ? (
        <div className="field of-whom"><label htmlFor="of-whom">Whose</label><select className="input" id="of-whom" value={user} onChange={(event) => setChosen(event.target.value)}>{names.map((name) => <option key={name}>{name}</option>)}</select></div>
      ) : null}
      <TokensOf key={user} user={user} />
    </>
  );
}

function TokensOf({ user }: { user: string }) {
  const { data, error } = useQuery("GET /v1/tokens", { query: { user } });
  const [made, setMade] = useState<MadeToken>();
  const { busy, failure, act } = useAct();
  const then = (what: () => Promise<unknown>) => act(async () => {
    await what();
    invalidate("v1/tokens");
  });
  const now = useNow(60_000);
  const live = data?.filter(({ revoked_at: revoked }) => revoked == null);
  const revoke = (token: ApiToken) => then(() => request("DELETE /v1/tokens/{token}", { path: { token: token.id } }));
  return (
    <>
      {made === undefined ? null : <Secret title={`The token “${made.name}”, shown only now`} text={made.secret} onDone={() => setMade(undefined)} />}
      {live === undefined ? error === undefined ? <Loading what="tokens" /> : <Failure error={error} /> : live.length === 0 ? <p className="muted">{user} has no tokens.</p> : (
        <div className="panel table-panel">
          <table className="table">
            <thead><tr><th scope="col">Token</th><th scope="col" className="middle">May</th><th scope="col" className="wide">Used</th><th scope="col" className="middle">Until</th><th scope="col" className="does"><span className="unseen">Revoke</span></th></tr></thead>
            <tbody>
              {live.map((token) => (
                <tr key={token.id}>
                  <th scope="row">{token.name || "unnamed"}<small>made {relative(Date.parse(token.created_at), now)}</small></th>
                  <td className="middle">{token.scopes.join(", ")}</td>
                  <td className="wide muted">{token.last_used_at == null ? "never" : relative(Date.parse(token.last_used_at), now)}</td>
                  <td className="middle muted">{token.expires_at == null ? "it is revoked" : relative(Date.parse(token.expires_at), now)}</td>
                  <td className="does"><Sure label="Revoke" question="For good?" of={token.name || token.id} busy={busy} onSure={() => revoke(token)} /></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {failure === undefined ? null : <p className="wrong-line" role="alert">{failure}</p>}
      <NewToken user={user} busy={busy} onMake={(body) => then(async () => setMade(await request("POST /v1/tokens", { body })))} />
    </>
  );
}

interface Wish {
  name: string;
  scopes: Permission[];
  expires_at: string | null;
  user: string;
}

function NewToken({ user, busy, onMake }: { user: string; busy: boolean; onMake: (wish: Wish) => void }) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const days = Number(form.get("days"));
    onMake({
      name: String(form.get("name") ?? "").trim(),
      scopes: SCOPES.filter((scope) => form.has(scope)),
      expires_at: days === 0 ? null : new Date(Date.now() + days * DAY).toISOString(),
      user,
    });
    event.currentTarget.reset();
  };
  return (
    <form className="admin-form" onSubmit={submit} aria-label="Make a token">
      <div className="field"><label htmlFor="token-name">What it is for</label><input className="input" id="token-name" name="name" required autoComplete="off" /></div>
      <fieldset className="field">
        <legend className="label">What it may do</legend>
        <span className="checks">{SCOPES.map((scope) => <label key={scope}><input type="checkbox" name={scope} defaultChecked={scope === "read"} /> {scope}</label>)}</span>
      </fieldset>
      <div className="field"><label htmlFor="token-days">How long</label><select className="input" id="token-days" name="days" defaultValue="90">{LASTING.map(([days, label]) => <option key={days} value={days}>{label}</option>)}</select></div>
      <button type="submit" className="button primary" disabled={busy}>Make a token</button>
    </form>
  );
}
