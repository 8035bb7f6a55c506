// Which screen an address shows. The server answers these addresses with the page (`nbpress-server/src/ui.rs`).
import { lazy, type ReactNode, Suspense } from "react";

import { RunFormPage } from "../form/run-form.tsx";
import { HomePage } from "../home/home-page.tsx";
import { JobPage } from "../jobs/job-page.tsx";
import { JobsPage } from "../jobs/jobs-page.tsx";
import { Empty, Loading } from "../parts/notice.tsx";
import { RunPage } from "../run/run-page.tsx";
import { RunsPage } from "../runs/runs-page.tsx";
import { SchedulesPage } from "../schedules/schedules-page.tsx";
import { Page } from "./page.tsx";
import { Link, match, usePlace } from "./router.tsx";

/** With its editor of code, which no other screen needs. */
const EditorPage = lazy(() => import("../editor/editor-page.tsx"));
const NotebooksPage = lazy(() => import("../notebooks/notebooks-page.tsx"));
const AdminPage = lazy(() => import("../admin/admin-page.tsx"));
const ComputePage = lazy(() => import("../compute/compute-page.tsx"));
const SweepPage = lazy(() => import("../sweep/sweep-page.tsx"));
const DiffPage = lazy(() => import("../diff/diff-page.tsx"));
const ExplorePage = lazy(async () => ({ default: (await import("../explorer/explore.ts")).ExplorePage }));

type Named = { [name: string]: string };

const SCREENS: [pattern: string, screen: (named: Named) => ReactNode][] = [
  ["/", () => <HomePage />],
  ["/notebooks", () => later("the folder", <NotebooksPage folder="" />)],
  ["/notebooks/{*folder}", ({ folder }) => later("the folder", <NotebooksPage folder={folder ?? ""} />)],
  ["/runs", () => <RunsPage />],
  ["/runs/{run}", ({ run }) => <RunPage id={run ?? ""} />],
  ["/jobs", () => <JobsPage />],
  ["/jobs/{job}", ({ job }) => <JobPage name={job ?? ""} />],
  ["/jobs/{job}/run", ({ job }) => <RunFormPage name={job ?? ""} />],
  ["/schedules", () => <SchedulesPage />],
  ["/compute", () => later("what computes", <ComputePage />)],
  ["/admin", () => later("the settings", <AdminPage />)],
  ["/sweeps/{batch}", ({ batch }) => later("the sweep", <SweepPage id={batch ?? ""} />)],
  ["/explore", () => later("the table", <ExplorePage />)],
  ["/diff", () => later("the comparison", <DiffPage />)],
  ["/edit/{*path}", ({ path }) => later("the editor", <EditorPage path={path ?? ""} />)],
];

/** A screen whose code comes when it is opened. */
function later(what: string, screen: ReactNode): ReactNode {
  return <Suspense fallback={<Loading what={what} />}>{screen}</Suspense>;
}

export function Screen() {
  const { path } = usePlace();
  for (const [pattern, screen] of SCREENS) {
    const named = match(pattern, path);
    if (named !== undefined) return screen(named);
  }
  return (
    <Page crumbs={[["Not found"]]}>
      <h1 className="unseen">Not found</h1>
      <Empty title="There is no such page"><Link className="link" to="/">Home</Link></Empty>
    </Page>
  );
}
