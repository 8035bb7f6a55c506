// Why a run failed, above everything else: the error, the lines around it, the traceback, and the way there.
import type { FailureClass, RunDetails } from "../api/schema.ts";
import { colored, useHighlight } from "../notebook/code.tsx";
import type { Piece } from "../notebook/highlight.ts";
import { plain } from "../output/ansi.ts";
import { Terminal } from "../output/terminal.tsx";
import { codeFrame } from "./code-frame.ts";
import type { RunCell, RunDocument } from "./fold.ts";
import { useJump } from "./jump.ts";

const WHO: { [name in FailureClass]: string } = {
  user: "A cell raised an exception. The notebook, or what it was given, has to change.",
  timeout: "A time limit was reached.",
  resource: "Memory or disk ran out.",
  platform: "The machine, the kernel or a store failed; nothing is wrong with the notebook.",
  invalid: "It could not begin as it was asked for.",
  upstream: "A task it waited for did not succeed.",
};

export function ErrorCard({ run, document }: { run: RunDetails; document: RunDocument }) {
  const jump = useJump();
  const cell = document.cells.find(({ status }) => status === "failed");
  const failed = run.state === "failed" || document.outcome?.status === "failed";
  if (!failed) return null;
  const error = cell?.error ?? document.outcome?.error ?? undefined;
  const ename = error?.ename ?? run.ename;
  const title = ename == null ? (document.outcome?.reason ?? run.reason ?? "Failed") : titleOf(ename, error?.evalue ?? run.evalue ?? "");
  const why = document.outcome?.class ?? run.class;
  const traceback = cell === undefined ? [] : tracebackOf(cell);
  return (
    <section className="error-card" aria-label="Why it failed">
      <header className="is-bad">
        <span className="mark" />
        <h2 className="grow">{title}</h2>
        {cell === undefined ? null : <button type="button" className="jump" onClick={() => jump(cell.anchor)}>Go to cell {cell.index + 1}</button>}
      </header>
      {cell === undefined ? null : <Frame cell={cell} traceback={traceback} language={document.language} />}
      <footer>
        {why == null ? null : <span>{WHO[why as FailureClass]}</span>}
        {traceback.length === 0 ? null : (
          <details>
            <summary>Traceback</summary>
            <button type="button" className="button" onClick={() => void navigator.clipboard.writeText(plain(traceback.join("\n")))}>Copy</button>
            <Terminal text={traceback.join("\n")} name="traceback" />
          </details>
        )}
      </footer>
    </section>
  );
}

function titleOf(ename: string, evalue: string): string {
  return evalue === "" ? ename : `${ename}: ${plain(evalue)}`;
}

function tracebackOf(cell: RunCell): string[] {
  for (const { output } of cell.outputs) if (output.output_type === "error" && output.traceback.length > 0) return output.traceback;
  return cell.error?.traceback ?? [];
}

function Frame({ cell, traceback, language }: { cell: RunCell; traceback: string[]; language: string }) {
  const { first, lines, hit } = codeFrame(cell.source, traceback);
  const pieces = linesOf(useHighlight(language)?.(cell.source) ?? [{ text: cell.source, kind: "" }]);
  return (
    <pre className="frame" tabIndex={0} aria-label={`Cell ${cell.index + 1}, from line ${first}`}>
      {lines.map((text, index) => {
        const number = first + index;
        return (
          <span key={number} className={number === hit ? "line is-hit" : "line"}>
            <span className="line-number" aria-hidden="true">{number}</span>
            {pieces[number - 1] === undefined ? text : colored(pieces[number - 1] ?? [])}
            {"\n"}
          </span>
        );
      })}
    </pre>
  );
}

function linesOf(pieces: Piece[]): Piece[][] {
  const lines: Piece[][] = [[]];
  for (const { text, kind } of pieces) {
    for (const [index, part] of text.split("\n").entries()) {
      if (index > 0) lines.push([]);
      if (part !== "") lines.at(-1)?.push({ text: part, kind });
    }
  }
  return lines;
}
