// A table among the outputs of a cell. The server is asked where it has more of it than the output; it is asked for
// nothing before the table comes near.
import { useContext, useEffect, useMemo, useRef, useState } from "react";

import { Link } from "../app/router.tsx";
import { inAddress, type Look, lookOfKept, sameLook, toKeep } from "./address.ts";
import { Explorer } from "./explorer.tsx";
import { HEAD_HEIGHT, useRowHeight } from "./grid.tsx";
import { isWhole, ofRows, type Resource, resourceOf } from "./held.ts";
import type { TableHome } from "./home.ts";
import { KeepLook, keptIn } from "./keep.ts";
import { ofFile, ofRun, orElse } from "./served.ts";
import type { TableSource } from "./source.ts";

interface ShownTableProps {
  /** What the output holds. */
  resource: unknown;
  home: TableHome | undefined;
  /** The output's own, in which a look at it may be kept. */
  metadata: { [name: string]: unknown } | undefined;
}

export function ShownTable({ resource, home, metadata }: ShownTableProps) {
  const place = useRef<HTMLDivElement>(null);
  const isNear = useNear(place);
  const rowHeight = useRowHeight();
  const [look, setLook] = useState<Look>(() => lookOfKept(keptIn(metadata)));
  const held = useMemo(() => resourceOf(resource), [resource]);
  if (held === undefined) return <p className="output-note">A table without fields or rows cannot be shown</p>;
  return (
    <div className="shown-table" ref={place} style={look.view === "chart" ? {} : { height: heightOf(held.total, rowHeight) }}>
      {isNear ? <Near held={held} home={home} look={look} onLook={setLook} metadata={metadata} /> : null}
    </div>
  );
}

interface NearProps {
  held: Resource;
  home: TableHome | undefined;
  look: Look;
  onLook: (look: Look) => void;
  metadata: ShownTableProps["metadata"];
}

function Near({ held, home, look, onLook, metadata }: NearProps) {
  const source = useMemo(() => sourceOf(held, home), [held, home]);
  const keep = useContext(KeepLook);
  const isKept = sameLook(lookOfKept(keptIn(metadata)), look);
  return (
    <Explorer source={source} label="Table" look={look} onLook={onLook} expected={held}>
      {home === undefined || keep === undefined || (isKept && look.view === "table") ? null : <button type="button" className="button quiet" disabled={isKept} onClick={() => keep(home.cell, home.output, toKeep(look))}>{isKept ? "Saved in the notebook" : look.view === "chart" ? "Save chart to notebook" : "Save view to notebook"}</button>}
      {home === undefined ? null : <Link className="button quiet" to={addressOf(home, look)}>Explore</Link>}
    </Explorer>
  );
}

/** A record can be older than what is kept, and a notebook not saved yet: then there are the rows of the output. */
function sourceOf(held: Resource, home: TableHome | undefined): TableSource {
  if (home === undefined || isWhole(held)) return ofRows(held);
  return orElse(home.kind === "run" ? ofRun(home) : ofFile(home), ofRows(held));
}

const MOST_ROWS = 12;
const BAR = 58;

/** As high as its rows, up to a limit; with the bar and the head above them and a scroll bar below. */
function heightOf(rows: number, rowHeight: number): number {
  return BAR + HEAD_HEIGHT + Math.max(2, Math.min(rows, MOST_ROWS)) * rowHeight;
}

/** The screen of the table, as it is looked at here. */
function addressOf(home: TableHome, look: Look): string {
  const query = new URLSearchParams(home.kind === "run" ? { run: home.run } : { path: home.path });
  query.set("cell", home.cell);
  query.set("output", String(home.output));
  for (const [name, value] of Object.entries(inAddress(look))) if (value !== undefined) query.set(name, value);
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
