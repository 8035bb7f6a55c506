// A table among the outputs of a cell. The server is asked where it has more of it than the output; it is asked for
// nothing before the table comes near.
import { useEffect, useMemo, useRef, useState } from "react";

import { Link } from "../app/router.tsx";
import { type Look, NOTHING } from "./address.ts";
import { Explorer } from "./explorer.tsx";
import { HEAD_HEIGHT, useRowHeight } from "./grid.tsx";
import { isWhole, ofRows, type Resource, resourceOf } from "./held.ts";
import type { TableHome } from "./home.ts";
import { ofRun } from "./served.ts";
import type { TableSource } from "./source.ts";

interface ShownTableProps {
  /** What the output holds. */
  resource: unknown;
  home: TableHome | undefined;
}

export function ShownTable({ resource, home }: ShownTableProps) {
  const place = useRef<HTMLDivElement>(null);
  const isNear = useNear(place);
  const rowHeight = useRowHeight();
  const [look, setLook] = useState<Look>(NOTHING);
  const held = useMemo(() => resourceOf(resource), [resource]);
  if (held === undefined) return <p className="output-note">A table without fields or rows cannot be shown</p>;
  return (
    <div className="shown-table" ref={place} style={look.view === "chart" ? {} : { height: heightOf(held.total, rowHeight) }}>
      {isNear ? <Near held={held} home={home} look={look} onLook={setLook} /> : null}
    </div>
  );
}

interface NearProps {
  held: Resource;
  home: TableHome | undefined;
  look: Look;
  onLook: (look: Look) => void;
}

function Near({ held, home, look, onLook }: NearProps) {
  const source = useMemo(() => sourceOf(held, home), [held, home]);
  return (
    <Explorer source={source} label="Table" look={look} onLook={onLook} note={noteOf(held, home)}>
      {home === undefined ? null : <Link className="button quiet" to={addressOf(home)}>Explore</Link>}
    </Explorer>
  );
}

/** What the server keeps of an editor's notebook can be older than what is seen. */
function sourceOf(held: Resource, home: TableHome | undefined): TableSource {
  return home?.kind === "run" && !isWhole(held) ? ofRun(home) : ofRows(held);
}

/** Where rows are missing, that they are, and why. */
function noteOf({ rows, total, omitted }: Resource, home: TableHome | undefined): string | undefined {
  if (rows.length === total || (home?.kind === "run" && omitted === undefined)) return undefined;
  return `The first ${rows.length.toLocaleString("en")} of ${total.toLocaleString("en")} rows${omitted === undefined ? "" : `: ${omitted}`}`;
}

const MOST_ROWS = 12;
const BAR = 58;

/** As high as its rows, up to a limit; with the bar and the head above them and a scroll bar below. */
function heightOf(rows: number, rowHeight: number): number {
  return BAR + HEAD_HEIGHT + Math.max(2, Math.min(rows, MOST_ROWS)) * rowHeight;
}

function addressOf(home: TableHome): string {
  const query = new URLSearchParams(home.kind === "run" ? { run: home.run } : { path: home.path });
  query.set("cell", home.cell);
  query.set("output", String(home.output));
  return `/explore?${query}`;
}

function useNear(place: { current: Element | null }): boolean {
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    const element = place.current;
    if (element === null || isNear) return undefined;
    const observer = new IntersectionObserver((entries) => entries.some(({ isIntersecting }) => isIntersecting) && setNear(true), { rootMargin: "600px" });
    observer.observe(element);
    return () => observer.disconnect();
  }, [place, isNear]);
  return isNear;
}
