// What can be done with something of the folder.
import { editAddress, viewAddress } from "../app/places.ts";
import { elsewhere, Link } from "../app/router.tsx";
import type { FolderEntry } from "./folder.ts";

/** What is asked about first. */
export type Wish = "rename" | "move" | "delete";

/** Those that `nbpress-tables` knows. */
const TABLES = /\.(csv|parquet|pq|arrow|arrows|feather|jsonl|ndjson)$/i;

export function Choices({ entry, mayWrite, onWish }: { entry: FolderEntry; mayWrite: boolean; onWish: (wish: Wish) => void }) {
  const { path, name, type } = entry;
  const ask = (wish: Wish, label: string, key?: string) => <button type="button" className="button quiet" aria-keyshortcuts={key} onClick={() => onWish(wish)}>{label}<span className="unseen"> {name}</span></button>;
  return (
    <div className="choices">
      {type === "notebook" && mayWrite ? <Link className="button" to={editAddress(path)}>Edit</Link> : null}
      {TABLES.test(name) ? <Link className="button" to={`/explore?path=${encodeURIComponent(path)}`}>Explore</Link> : null}
      <a className="button" href={elsewhere(viewAddress(path))}>View</a>
      {type === "directory" ? null : <a className="button quiet" href={elsewhere(`files/${path.split("/").map(encodeURIComponent).join("/")}?download=1`)}>Download</a>}
      {mayWrite ? <>{ask("rename", "Rename…", "F2")}{ask("move", "Move…")}{ask("delete", "Delete…", "Delete")}</> : null}
    </div>
  );
}
