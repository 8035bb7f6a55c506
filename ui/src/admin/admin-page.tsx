// Who may do what, and what the server was told. Everybody sees their own tokens here, admins everything.
import { may, useMe } from "../app/me.ts";
import { Page } from "../app/page.tsx";
import { elsewhere, navigate, usePlace, withQuery } from "../app/router.tsx";
import { Loading } from "../parts/notice.tsx";
import { Tabs } from "../parts/tabs.tsx";
import "../parts/table.css";
import "./admin.css";
import { SettingList } from "./settings.tsx";
import { Shares } from "./shares.tsx";
import { Storage } from "./storage.tsx";
import { Tokens } from "./tokens.tsx";
import { Users } from "./users.tsx";

const TABS: [name: string, label: string][] = [["users", "Users"], ["tokens", "Tokens"], ["links", "Share links"], ["storage", "Storage"], ["settings", "Settings"]];

export default function AdminPage() {
  const me = useMe();
  const place = usePlace();
  const admin = may(me, "admin", true);
  const tabs = TABS.filter(([name]) => admin || name === "tokens" || (name === "links" && may(me, "write")));
  const asked = place.query.get("tab");
  const tab = tabs.some(([name]) => name === asked) ? (asked ?? "") : (tabs[0]?.[0] ?? "");
  const title = admin ? "Admin" : "Account";
  return (
    <Page crumbs={[[title]]}>
      <div className="head"><h1>{title}</h1>{me === undefined ? null : <span className="muted">{me.name}</span>}</div>
      {me === undefined ? <Loading what="your account" /> : (
        <>
          <Tabs label="Kinds of things" tabs={tabs} current={tab} onChoose={(name) => navigate(withQuery(place, { tab: name }), "replace")} />
          <div role="tabpanel" id={`panel-${tab}`} aria-labelledby={`tab-${tab}`}>
            {tab === "users" ? <Users me={me} /> : tab === "links" ? <Shares /> : tab === "storage" ? <Storage /> : tab === "settings" ? <SettingList /> : <Tokens me={me} admin={admin} />}
          </div>
          <p className="muted admin-last">These screens are made with the work of many: <a className="link" href={elsewhere("ui/licenses.txt")}>their licences</a></p>
        </>
      )}
    </Page>
  );
}
