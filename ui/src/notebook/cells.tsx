// A run's notebook: one row after the other, each drawn again only when it changes.
import { memo } from "react";

import { Output } from "../output/output.tsx";
import { duration } from "../parts/say.ts";
import type { RunCell } from "../run/fold.ts";
import { WORDS } from "../run/words.ts";
import { Code } from "./code.tsx";
import { Markdown } from "./markdown.tsx";
import "./notebook.css";

export function Cells({ cells, language }: { cells: RunCell[]; language: string }) {
  return <div className="cells">{cells.map((cell) => <Cell key={cell.index} cell={cell} language={language} />)}</div>;
}

const Cell = memo(function Cell({ cell, language }: { cell: RunCell; language: string }) {
  const name = `Cell ${cell.index + 1}`;
  if (cell.kind === "markdown") {
    return <section className="cell" id={cell.anchor} aria-label={name}><Markdown text={cell.source} attachments={cell.attachments} /></section>;
  }
  const isParameters = cell.tags.includes("parameters") || cell.tags.includes("injected-parameters");
  return (
    <section className={`cell is-${cell.status}${isParameters ? " is-parameters" : ""}`} id={cell.anchor} aria-label={`${name}, ${WORDS[cell.status]}`}>
      <div className="gutter num" aria-hidden="true">
        {cell.count === undefined ? "" : `[${cell.count}]`}
        <small>{timeOf(cell)}</small>
      </div>
      <div className="input-area">
        <Code source={cell.source} language={cell.kind === "code" ? language : "text"} label={`${name}, code`} />
        {isParameters ? <span className="tag">{cell.tags.includes("injected-parameters") ? "Given parameters" : "Parameters"}</span> : null}
      </div>
      {cell.outputs.length === 0 ? null : <div className="outputs">{cell.outputs.map(({ key, output }, at) => <Output key={key} output={output} cell={cell.id ?? String(cell.index)} at={at} />)}</div>}
    </section>
  );
});

function timeOf({ startedAt, finishedAt }: RunCell): string {
  if (startedAt === undefined || finishedAt === undefined) return "";
  const seconds = (finishedAt - startedAt) / 1000;
  return seconds < 0.0995 ? "" : duration(seconds);
}
