// A run: live while it runs, the same page afterwards.
import { useMemo } from "react";

import { useQuery } from "../api/query.ts";
import type { RunDetails } from "../api/schema.ts";
import { Page } from "../app/page.tsx";
import { Outputs } from "../explorer/home.ts";
import { navigate, usePlace, withQuery } from "../app/router.tsx";
import { useNow } from "../parts/now.ts";
import { Empty, Failure, Loading } from "../parts/notice.tsx";
import { StatePill } from "../parts/pill.tsx";
import { Tabs } from "../parts/tabs.tsx";
import { Cells } from "../notebook/cells.tsx";
import { SavedWidgets } from "../output/widget-state.ts";
import { Actions } from "./actions.tsx";
import { Attempts, Details } from "./details.tsx";
import { ErrorCard } from "./error-card.tsx";
import { Facts } from "./facts.tsx";
import type { RunDocument } from "./fold.ts";
import { jumpTo, useJumpOnce } from "./jump.ts";
import { type Live, useLive } from "./live.ts";
import { Logs } from "./logs.tsx";
import "./run.css";
import { Side } from "./side.tsx";
import { isOver, nameOf, shortId } from "./state.ts";
import { Tasks } from "./tasks.tsx";
import { timelineOf } from "./timeline.ts";
import { Bars } from "../parts/bars.tsx";
import { duration } from "../parts/say.ts";

export function RunPage({ id }: { id: string }) {
  const { data: run, error } = useQuery("GET /v1/runs/{run}", { path: { run: id } });
  if (run === undefined) {
    return <Page crumbs={[["Runs", "/runs"], [shortId(id)]]}><h1 className="unseen">Run {shortId(id)}</h1>{error === undefined ? <Loading what="the run" /> : <Failure error={error} />}</Page>;
  }
  return <Shown key={run.id} run={run} />;
}

function Shown({ run }: { run: RunDetails }) {
  const place = usePlace();
  const chosen = Number(place.query.get("attempt") ?? run.attempt);
  const attempt = run.attempts.some(({ number }) => number === chosen) ? chosen : run.attempt;
  const live = useLive(run.id, run.is_flow === true ? 0 : attempt, isOver(run.state));
  // Of another attempt than the last one, only the page knows what it has shown.
  const outputs = useMemo(() => (attempt === run.attempt ? ({ kind: "run", run: run.id } as const) : undefined), [attempt, run.attempt, run.id]);
  const crumbs: [string, string?][] = [["Runs", "/runs"], ...(run.job == null ? [] : [[run.job.name, `/jobs/${encodeURIComponent(run.job.name)}`] as [string, string]]), [shortId(run.id)]];
  return (
    <Page crumbs={crumbs} actions={<Actions run={run} />} side={<Side run={run} document={live.document} />} sideIsElsewhere>
      <div className="head run-head">
        <h1>{nameOf(run)}</h1>
        <StatePill run={run} />
      </div>
      <Facts run={run} document={live.document} />
      {typeof run.waiting === "string" ? <p className="waiting is-warn"><span className="mark" />{run.waiting}</p> : null}
      {run.attempts.length > 1 ? <Attempts run={run} attempt={attempt} onChoose={(number) => navigate(withQuery(place, { attempt: number === run.attempt ? undefined : String(number) }))} /> : null}
      {run.is_flow === true ? <Tasks run={run} /> : <Outputs value={outputs}><Body run={run} live={live} /></Outputs>}
    </Page>
  );
}

function Body({ run, live }: { run: RunDetails; live: Live }) {
  const place = usePlace();
  const tab = place.query.get("tab") ?? "notebook";
  const { document } = live;
  useJumpOnce(document.cells.length > 0);
  return (
    <>
      <CellTimeline document={document} />
      <ErrorCard run={run} document={document} />
      <Tabs
        label="What is shown of the run"
        tabs={[["notebook", "Notebook"], ["logs", "Logs"], ["details", "Details"]]}
        current={tab}
        onChoose={(name) => navigate(withQuery(place, { tab: name === "notebook" ? undefined : name }), "replace")}
      />
      <div role="tabpanel" id={`panel-${tab}`} aria-labelledby={`tab-${tab}`}>
        {tab === "details" ? <><Details run={run} document={document} /><div className="narrow-only"><Side run={run} document={document} /></div></> : document.cells.length === 0 ? <Before run={run} live={live} /> : tab === "logs" ? <Logs document={document} /> : <SavedWidgets value={document.widgets}><Cells cells={document.cells} language={document.language} /></SavedWidgets>}
      </div>
    </>
  );
}

/** What stands there while no cell is known. */
function Before({ run, live }: { run: RunDetails; live: Live }) {
  if (live.missing || (isOver(run.state) && run.attempt === 0)) {
    return <Empty title="There is no record of it">{run.attempt === 0 ? "It ended before anything ran." : "It is older than what is kept, or on a machine that is away."}</Empty>;
  }
  if (run.attempt === 0) return <Empty title="It has not begun">Its cells will be here as soon as it runs; there is no need to load the page again.</Empty>;
  return <Loading what="the notebook" />;
}

function CellTimeline({ document }: { document: RunDocument }) {
  const runs = document.cells.some((cell) => cell.status === "running");
  const now = useNow(runs ? 500 : undefined);
  const { bars, cells, longest } = timelineOf(document.cells, now);
  if (bars.length === 0) return <div className="timeline-panel panel is-empty" />;
  const running = cells.findIndex((cell) => cell.status === "running");
  return (
    <section className="timeline-panel panel" aria-label="Cells and their times">
      <Bars kind="timeline" bars={bars} label="Cells; Enter goes to one" current={running < 0 ? undefined : running} onChoose={(index) => jumpTo(cells[index]?.anchor)} />
      <div className="axis num">
        <span>{(cells[0]?.index ?? 0) + 1}</span>
        <span>cells, height is time{longest >= 0.1 ? `, up to ${duration(longest)}` : ""}</span>
        <span>{(cells.at(-1)?.index ?? 0) + 1}</span>
      </div>
    </section>
  );
}
