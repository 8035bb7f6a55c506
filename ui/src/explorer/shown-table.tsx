// A table among the outputs of a cell: its rows come from the server where it has the table, else from the output.
import { useMemo, useState } from "react";

import { Link } from "../app/router.tsx";
import { type Look, NOTHING } from "./address.ts";
import { Explorer } from "./explorer.tsx";
import { ofRows, resourceOf } from "./held.ts";
import { ofRun } from "./served.ts";
import type { TableHome } from "./home.ts";

interface ShownTableProps {
  /** What the output holds. */
  resource: unknown;
  home: TableHome | undefined;
}

export default function ShownTable({ resource, home }: ShownTableProps) {
  const [look, setLook] = useState<Look>(NOTHING);
  const held = useMemo(() => resourceOf(resource), [resource]);
  const source = useMemo(() => (home?.kind === "run" ? ofRun(home) : held === undefined ? undefined : ofRows(held)), [held, home]);
  const rows = held?.rows.length ?? 0;
  if (source === undefined) return <p className="output-note">A table without fields or rows cannot be shown</p>;
  return (
    <div className={rows > 14 ? "shown-table is-long" : "shown-table"} style={{ height: heightOf(rows) }}>
      <Explorer source={source} label="Table" look={look} onLook={setLook}>
        {home === undefined ? null : <Link className="button quiet" to={addressOf(home)}>Explore</Link>}
      </Explorer>
    </div>
  );
}

const MOST_ROWS = 12;

/** As high as its rows, up to a limit; the bar and the head are above them. */
function heightOf(rows: number): number {
  return 38 + 96 + 16 + Math.max(2, Math.min(rows, MOST_ROWS)) * 26;
}

function addressOf(home: TableHome): string {
  const query = new URLSearchParams(home.kind === "run" ? { run: home.run } : { path: home.path });
  query.set("cell", home.cell);
  query.set("output", String(home.output));
  return `/explore?${query}`;
}
