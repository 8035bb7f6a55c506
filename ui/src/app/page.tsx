// The frame around every screen: where we are, where one can go, the screen's one main action.
import { type ReactNode, useEffect } from "react";

import { useConnection } from "../api/changes.ts";
import { PaletteOpener } from "../palette/opener.tsx";
import { useNow } from "../parts/now.ts";
import { Icon, type IconName } from "./icons.tsx";
import "./page.css";
import { may, useMe } from "./me.ts";
import { elsewhere, Link, usePlace } from "./router.tsx";

/** From the outermost to this screen: what it is called, and where it is. */
export type Crumb = [label: string, to?: string];

export interface PageProps {
  crumbs: Crumb[];
  actions?: ReactNode;
  side?: ReactNode;
  /** Whether the side column is left out on a phone, because the screen shows it in another place. */
  sideIsElsewhere?: boolean;
  children: ReactNode;
}

export function Page({ crumbs, actions, side, sideIsElsewhere = false, children }: PageProps) {
  const title = crumbs.map(([label]) => label).toReversed().join(" · ");
  useEffect(() => {
    document.title = `${title} · nbpress`;
  }, [title]);
  return (
    <div className={side === undefined ? "page" : "page has-side"}>
      <header className="bar">
        <a className="button skip" href="#main" onClick={skip}>Go to the content</a>
        <Link className="logo" to="/" aria-label="nbpress, home"><Icon name="logo" /></Link>
        <nav aria-label="Where you are" className="grow"><Crumbs crumbs={crumbs} /></nav>
        <PaletteOpener />
        {actions}
      </header>
      <Rail />
      <main className="main" id="main" tabIndex={-1}>{children}</main>
      {side === undefined ? null : <aside className={sideIsElsewhere ? "side wide-only" : "side"} aria-label="Details"><div className="side-inner">{side}</div></aside>}
      <Offline />
    </div>
  );
}

function skip(event: { preventDefault: () => void }): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function Crumbs({ crumbs }: { crumbs: Crumb[] }) {
  const last = crumbs.length - 1;
  return (
    <ol className="crumbs">
      {crumbs.map(([label, to], index) => (
        <li key={label}>
          {to === undefined || index === last ? <span className="cut" aria-current={index === last ? "page" : undefined}>{label}</span> : <Link to={to}>{label}</Link>}
        </li>
      ))}
    </ol>
  );
}

const PLACES: [path: string, label: string, icon: IconName][] = [
  ["/", "Home", "home"],
  ["/notebooks", "Notebooks", "notebooks"],
  ["/runs", "Runs", "runs"],
  ["/jobs", "Jobs", "jobs"],
  ["/schedules", "Schedules", "schedules"],
  ["/compute", "Compute", "compute"],
];

function Rail() {
  const { path } = usePlace();
  const me = useMe();
  const admin = may(me, "admin", true);
  return (
    <nav className="rail" aria-label="Workspace">
      <ul>
        {PLACES.map(([to, label, icon]) => (
          <li key={to}>
            <Link to={to} aria-current={to === path || (to !== "/" && path.startsWith(`${to}/`)) ? "page" : undefined}><Icon name={icon} />{label}</Link>
          </li>
        ))}
      </ul>
      <div className="more">
        <h2>Elsewhere</h2>
        <ul>
          <li><a href={elsewhere("view/")}>Pages for readers</a></li>
          {me?.lab === true ? <li><a href={elsewhere("lab")}>JupyterLab</a></li> : null}
        </ul>
        <ul className="last"><li><Link to="/admin" aria-current={path === "/admin" ? "page" : undefined}>{admin ? "Admin" : "Account"}</Link></li></ul>
      </div>
    </nav>
  );
}

function Offline() {
  const retryAt = useConnection();
  return <div role="status">{retryAt === undefined ? null : <Countdown retryAt={retryAt} />}</div>;
}

function Countdown({ retryAt }: { retryAt: number }) {
  const seconds = Math.max(0, Math.ceil((retryAt - useNow(500)) / 1000));
  return <div className="offline is-warn"><span className="mark" /><span>The server cannot be reached. <span className="muted">This may be out of date.</span> Trying again {seconds > 0 ? `in ${seconds} s` : "now"}.</span></div>;
}
