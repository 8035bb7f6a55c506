// Users: what each of them is, and a link that signs them in.
import { type FormEvent, useState } from "react";

import { request } from "../api/client.ts";
import { invalidate, useQuery } from "../api/query.ts";
import type { Invited, Me, Role, User } from "../api/schema.ts";
import { useAct } from "../parts/act.ts";
import { Empty, Failure, Loading } from "../parts/notice.tsx";
import { Sure } from "../parts/sure.tsx";
import { EVERYWHERE, ROLES, rolesInWords, WORKSPACE } from "./roles.ts";
import { Secret } from "./secret.tsx";

export function Users({ me }: { me: Me }) {
  const { data, error } = useQuery("GET /v1/users", {});
  const [invited, setInvited] = useState<Invited>();
  const { busy, failure, act } = useAct();
  const then = (what: () => Promise<unknown>) => act(async () => {
    await what();
    invalidate("v1/users");
  });
  const invite = (made: Invited) => setInvited(made);
  return (
    <>
      {invited === undefined ? null : <Secret title={`The link that signs ${invited.user.name} in, once`} text={new URL(invited.link, location.origin).href} onDone={() => setInvited(undefined)} />}
      {data === undefined ? error === undefined ? <Loading what="users" /> : <Failure error={error} /> : data.length === 0 ? <Empty title="There are no users yet">Until there are, only the server’s own token opens it.</Empty> : (
        <div className="panel table-panel">
          <table className="table">
            <thead><tr><th scope="col">User</th><th scope="col" className="middle">Role</th><th scope="col" className="wide">Signs in by</th><th scope="col" className="does"><span className="unseen">Change</span></th></tr></thead>
            <tbody>{data.map((user) => <Row key={user.id} user={user} isMe={me.user?.id === user.id} busy={busy} then={then} onInvited={invite} />)}</tbody>
          </table>
        </div>
      )}
      {failure === undefined ? null : <p className="wrong-line" role="alert">{failure}</p>}
      <Invite busy={busy} onInvite={(body) => then(async () => invite(await request("POST /v1/users", { body })))} />
    </>
  );
}

interface RowProps {
  user: User;
  isMe: boolean;
  busy: boolean;
  then: (what: () => Promise<unknown>) => void;
  onInvited: (invited: Invited) => void;
}

function Row({ user, isMe, busy, then, onInvited }: RowProps) {
  const path = { user: user.name };
  const link = () => then(async () => onInvited(await request("POST /v1/users/{user}/link", { path })));
  const change = (disabled: boolean) => then(() => request("PATCH /v1/users/{user}", { path, body: { disabled } }));
  return (
    <tr className={user.disabled ? "is-off" : undefined}>
      <th scope="row">{user.display_name || user.name}{isMe ? <span className="muted"> you</span> : null}<small>{[user.name, user.email].filter((text) => text != null && text !== user.display_name).join(" · ")}{user.disabled ? " · disabled" : ""}</small></th>
      <td className="middle"><Roles user={user} busy={busy} then={then} /></td>
      <td className="wide muted">{user.identity == null ? "a link" : user.identity.issuer}</td>
      <td className="does">
        {user.disabled ? null : <button type="button" className="button quiet" disabled={busy} onClick={link} aria-label={`Sign-in link for ${user.name}`}>Sign-in link</button>}
        {user.disabled ? <button type="button" className="button quiet" disabled={busy} onClick={() => change(false)} aria-label={`Enable ${user.name}`}>Enable</button> : isMe ? null : <Sure label="Disable" question="Sign them out?" of={user.name} busy={busy} onSure={() => change(true)} />}
      </td>
    </tr>
  );
}

/** The role where there is one place; where there are several, words. */
function Roles({ user, busy, then }: Pick<RowProps, "user" | "busy" | "then">) {
  const places = Object.keys(user.roles);
  const [place = WORKSPACE] = places;
  if (places.length > 1) return <span>{rolesInWords(user.roles)}</span>;
  const path = { user: user.name, workspace: place };
  const set = (role: string) => then(() => (role === "" ? request("DELETE /v1/users/{user}/grants/{workspace}", { path }) : request("PUT /v1/users/{user}/grants/{workspace}", { path, body: { role: role as Role } })));
  return (
    <span className="role">
      <select className="input" value={user.roles[place] ?? ""} disabled={busy || user.disabled} onChange={(event) => set(event.target.value)} aria-label={`Role of ${user.name}`}>
        <option value="">none</option>
        {ROLES.map((role) => <option key={role}>{role}</option>)}
      </select>
      <span className="muted">{place === EVERYWHERE ? "everywhere" : `in ${place}`}</span>
    </span>
  );
}

function Invite({ busy, onInvite }: { busy: boolean; onInvite: (user: { name: string; email: string | null; roles: { [place: string]: Role } }) => void }) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    onInvite({ name: text("name"), email: text("email") || null, roles: { [WORKSPACE]: text("role") as Role } });
    event.currentTarget.reset();
  };
  return (
    <form className="admin-form" onSubmit={submit} aria-label="Invite somebody">
      <div className="field"><label htmlFor="user-name">Name</label><input className="input" id="user-name" name="name" required pattern="[A-Za-z0-9_.@\-]+" autoComplete="off" /></div>
      <div className="field"><label htmlFor="user-email">Email</label><input className="input" id="user-email" name="email" type="email" autoComplete="off" /></div>
      <div className="field"><label htmlFor="user-role">Role in {WORKSPACE}</label><select className="input" id="user-role" name="role" defaultValue="editor">{ROLES.map((role) => <option key={role}>{role}</option>)}</select></div>
      <button type="submit" className="button primary" disabled={busy}>Invite</button>
    </form>
  );
}
