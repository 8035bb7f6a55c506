// The cells of two notebooks: those that differ, and how many do not.
import { useMemo } from "react";

import type { Notebook } from "../notebook/nbformat.ts";
import { Output } from "../output/output.tsx";
import { Empty } from "../parts/notice.tsx";
import { counted } from "../parts/say.ts";
import { type CellPair, type DiffCell, pairs, written } from "./cells.ts";
import { OutputList } from "./output-list.tsx";
import { sameOutputs } from "./outputs.ts";
import type { Part } from "./parts.ts";
import { Lines } from "./lines.tsx";

interface Compared {
  pair: CellPair;
  differs: Set<Part>;
}

export function CellList({ before, now, parts }: { before: Notebook; now: Notebook; parts: Set<Part> }) {
  const compared = useMemo(() => pairs(written(before.cells), written(now.cells)).map((pair): Compared => ({ pair, differs: differences(pair) })), [before, now]);
  const groups = grouped(compared, parts);
  if (!groups.some((group) => typeof group !== "number")) return <Empty title="No difference">{parts.size === 0 ? "Nothing is compared." : `${counted(compared.length, "cell")}, all of them the same.`}</Empty>;
  return (
    <div className="diff-cells">
      {groups.map((group, at) => (typeof group === "number" ? <p key={at} className="diff-same muted">{counted(group, "cell")} {group === 1 ? "is" : "are"} the same</p> : <Changed key={at} compared={group} parts={parts} />))}
    </div>
  );
}

function differences({ before, now }: CellPair): Set<Part> {
  const found = new Set<Part>();
  if (before?.source !== now?.source) found.add("source");
  if (!sameOutputs(before?.outputs ?? [], now?.outputs ?? [])) found.add("outputs");
  if (JSON.stringify(before?.metadata) !== JSON.stringify(now?.metadata)) found.add("metadata");
  return found;
}

/** Cells that differ in something that is compared; of the others how many follow each other. */
function grouped(compared: Compared[], parts: Set<Part>): (Compared | number)[] {
  const found: (Compared | number)[] = [];
  for (const one of compared) {
    const last = found.at(-1);
    if ([...one.differs].some((part) => parts.has(part)) || (one.pair.moved && parts.has("source"))) found.push(one);
    else if (typeof last === "number") found[found.length - 1] = last + 1;
    else found.push(1);
  }
  return found;
}

function Changed({ compared, parts }: { compared: Compared; parts: Set<Part> }) {
  const { pair, differs } = compared;
  const { before, now } = pair;
  const word = wordOf(compared);
  const shows = (part: Part) => parts.has(part) && differs.has(part);
  return (
    <section className="diff-cell" aria-label={titleOf(pair)}>
      <h3>{titleOf(pair)} <span className={`pill ${LOOKS[word]}`}>{word}</span></h3>
      {shows("source") ? <Lines before={before?.source ?? ""} now={now?.source ?? ""} label="Source" /> : parts.has("source") && differs.size > 0 ? <Unchanged cell={now ?? before} /> : null}
      {shows("metadata") ? <Lines before={metadataOf(before)} now={metadataOf(now)} label="Metadata" /> : null}
      {shows("outputs") && now !== undefined ? <Outputs before={before} now={now} /> : null}
    </section>
  );
}

/** Those of a new cell are not compared with nothing. */
function Outputs({ before, now }: { before: DiffCell | undefined; now: DiffCell }) {
  if (before !== undefined) return <OutputList before={before.outputs} now={now.outputs} />;
  return <div className="diff-outputs">{now.outputs.map((output, at) => <Output key={at} output={output} />)}</div>;
}

/** The first line of a cell whose source is the same, so that one knows which it is. */
function Unchanged({ cell }: { cell: DiffCell | undefined }) {
  const lines = (cell?.source ?? "").split("\n");
  return <p className="diff-first mono muted cut">{lines[0]}{lines.length > 1 ? " …" : ""}</p>;
}

function metadataOf(cell: DiffCell | undefined): string {
  return cell === undefined || Object.keys(cell.metadata).length === 0 ? "" : JSON.stringify(cell.metadata, undefined, 2);
}

type Word = "added" | "removed" | "moved" | "edited" | "other outputs" | "other metadata";

const LOOKS: { [word in Word]: string } = { added: "is-ok", removed: "is-bad", moved: "is-idle", edited: "is-active", "other outputs": "is-idle", "other metadata": "is-idle" };

function wordOf({ pair: { before, now, moved }, differs }: Compared): Word {
  if (before === undefined) return "added";
  if (now === undefined) return "removed";
  if (differs.has("source")) return "edited";
  if (moved) return "moved";
  return differs.has("outputs") ? "other outputs" : "other metadata";
}

function titleOf({ before, now, moved }: CellPair): string {
  if (now === undefined) return before === undefined ? "" : `${nameOf(before)} before`;
  return moved && before !== undefined ? `${nameOf(now)}, before ${before.index + 1}` : nameOf(now);
}

function nameOf(cell: DiffCell): string {
  return `Cell ${cell.index + 1}`;
}
