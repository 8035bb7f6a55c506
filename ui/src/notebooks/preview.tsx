// What a file of the folder is, beside the list: how a notebook begins, what it shows first, what it takes.
import { useEffect, useState } from "react";

import { ApiError } from "../api/client.ts";
import { useQuery } from "../api/query.ts";
import { Link } from "../app/router.tsx";
import { load } from "../editor/document.ts";
import { jobOf } from "../editor/publication.ts";
import type { Notebook } from "../notebook/nbformat.ts";
import { Output } from "../output/output.tsx";
import { counted, value } from "../parts/say.ts";
import { beginning } from "./beginning.ts";
import { Choices, type Wish } from "./choices.tsx";
import type { FolderEntry } from "./folder.ts";

/** Notebooks that are larger are opened, not looked at. */
const LARGEST = 4_000_000;

export function Preview({ entry, mayWrite, onWish }: { entry: FolderEntry; mayWrite: boolean; onWish: (wish: Wish) => void }) {
  return (
    <>
      <section className="preview">
        <h2 className="cut" title={entry.path}>{entry.name}</h2>
        <Choices entry={entry} mayWrite={mayWrite} onWish={onWish} />
      </section>
      {entry.type === "notebook" ? <OfNotebook key={entry.last_modified} entry={entry} /> : null}
    </>
  );
}

function OfNotebook({ entry }: { entry: FolderEntry }) {
  const isSmall = (entry.size ?? 0) <= LARGEST;
  const { notebook, error } = useNotebook(isSmall ? entry.path : undefined);
  const declared = useQuery("GET /v1/notebooks/parameters", isSmall ? { query: { path: entry.path } } : undefined).data ?? [];
  const job = jobOf(useQuery("GET /v1/jobs", {}).data?.jobs ?? [], entry.path);
  if (!isSmall) return <p className="muted">It is too large to be shown here.</p>;
  if (error !== undefined) return <p className="muted">It cannot be read: {error.message}</p>;
  if (notebook === undefined) return null;
  const { words, picture } = beginning(notebook);
  return (
    <>
      {words === "" ? null : <p className="preview-words">{words}</p>}
      {picture === undefined ? null : <div className="preview-picture"><Output output={{ output_type: "display_data", data: picture }} /></div>}
      {declared.length === 0 ? null : (
        <section>
          <h2>Parameters</h2>
          <dl className="facts mono">{declared.map(({ name, default: usual, type, help }) => [<dt key={name} title={[type, help].filter(Boolean).join(", ")}>{name}</dt>, <dd key={`${name}=`}>{usual === undefined ? "must be given" : value(usual)}</dd>])}</dl>
        </section>
      )}
      <section>
        <h2>About</h2>
        <dl className="facts num">
          <dt>Cells</dt><dd>{counted(notebook.cells.length, "cell")}</dd>
          <dt>Kernel</dt><dd>{notebook.metadata.kernelspec?.display_name ?? notebook.metadata.kernelspec?.name ?? "the usual one"}</dd>
          {job === undefined ? null : <><dt>Job</dt><dd><Link className="link" to={`/jobs/${encodeURIComponent(job.name)}`}>{job.name}</Link></dd></>}
        </dl>
      </section>
    </>
  );
}

function useNotebook(path: string | undefined): { notebook: Notebook | undefined; error: ApiError | undefined } {
  const [state, setState] = useState<{ notebook?: Notebook; error?: ApiError }>({});
  useEffect(() => {
    if (path === undefined) return undefined;
    let isHere = true;
    load(path).then(({ notebook }) => isHere && setState({ notebook }), (error: unknown) => isHere && setState({ error: error instanceof ApiError ? error : new ApiError(0, { message: String(error) }) }));
    return () => {
      isHere = false;
    };
  }, [path]);
  return { notebook: state.notebook, error: state.error };
}
