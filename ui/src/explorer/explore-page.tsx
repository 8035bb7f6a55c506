// The screen of one table: a file of the folder, or what a cell of a notebook or a run has shown.
import { type ReactNode, useCallback, useEffect, useMemo } from "react";

import { useQuery } from "../api/query.ts";
import { whileVisible } from "../api/visible.ts";
import { Page, type Crumb } from "../app/page.tsx";
import { elsewhere, Link, navigate, usePlace, withQuery } from "../app/router.tsx";
import { editAddress, folderCrumbs, viewAddress } from "../app/places.ts";
import { Empty } from "../parts/notice.tsx";
import { fileName } from "../parts/say.ts";
import { nameOf, shortId } from "../run/state.ts";
import { inAddress, type Look, lookOf } from "./address.ts";
import { Explorer } from "./explorer.tsx";
import { type FileTable, ofFile, ofRun, type RunTable } from "./served.ts";

export function ExplorePage() {
  const place = usePlace();
  const { query } = place;
  const [path, run, cell] = ["path", "run", "cell"].map((name) => query.get(name) || undefined);
  const output = Number(query.get("output") ?? 0);
  if (run !== undefined && cell !== undefined) return <OfRun run={run} cell={cell} output={output} />;
  if (path !== undefined) return <OfFile path={path} cell={cell} output={output} />;
  return (
    <Page crumbs={[["Explore"]]}>
      <h1 className="unseen">Explore</h1>
      <Empty title="Which table?">Begin at a table in the page of a run, or at a Parquet, Arrow, CSV or JSON lines file in <Link className="link" to="/notebooks">the folder</Link>.</Empty>
    </Page>
  );
}

function OfRun({ run, cell, output }: RunTable) {
  const { data } = useQuery("GET /v1/runs/{run}", { path: { run } });
  const source = useMemo(() => ofRun({ run, cell, output }), [run, cell, output]);
  const name = data === undefined ? shortId(run) : nameOf(data);
  return <Shown crumbs={[["Runs", "/runs"], [shortId(run), `/runs/${run}`], ["Table"]]} title={`Table of ${name}`} source={source} />;
}

function OfFile({ path, cell, output }: FileTable) {
  const source = useMemo(() => ofFile({ path, cell, output }), [path, cell, output]);
  useEffect(() => whenWritten(path, () => source.changes?.look()), [path, source]);
  const name = fileName(path);
  const folder = folderCrumbs(path.slice(0, Math.max(0, path.lastIndexOf("/"))));
  const crumbs: Crumb[] = cell === undefined ? [...folder, [name]] : [...folder, [name, editAddress(path)], ["Table"]];
  const actions = cell === undefined ? <a className="button" href={elsewhere(`files/${viewAddress(path).slice("view/".length)}?download=1`)}>Download</a> : null;
  return <Shown crumbs={crumbs} title={cell === undefined ? name : `Table of ${name}`} source={source} actions={actions} path={cell === undefined ? path : undefined} />;
}

/** Calls when a file may be another one, until the returned function is called. */
function whenWritten(path: string, look: () => void): () => void {
  return whileVisible(() => {
    const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    const source = new EventSource(`v1/contents/events?path=${encodeURIComponent(folder)}`);
    source.onmessage = ({ data }: MessageEvent<string>) => {
      if ((JSON.parse(data) as { path: string }).path === path) look();
    };
    for (const name of ["missed", "open"]) source.addEventListener(name, look);
    return () => source.close();
  });
}

interface ShownProps {
  crumbs: Crumb[];
  title: string;
  source: ReturnType<typeof ofFile>;
  actions?: ReactNode;
  path?: string | undefined;
}

function Shown({ crumbs, title, source, actions = null, path }: ShownProps) {
  const place = usePlace();
  const look = useMemo(() => lookOf(place.query), [place.query]);
  const change = useCallback((next: Look) => navigate(withQuery(place, inAddress(next)), "replace"), [place]);
  return (
    <Page crumbs={crumbs} actions={actions}>
      <div className="explore-page">
        <h1>{title}</h1>
        <Explorer key={source.key} source={source} label={title} look={look} onLook={change} path={path} withColumns />
      </div>
    </Page>
  );
}
