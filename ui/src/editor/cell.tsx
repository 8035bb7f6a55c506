// One cell that can be edited, drawn again only when it changes.
import { type DragEvent, memo, useState } from "react";

import type { Question } from "../api/schema.ts";
import { Code } from "../notebook/code.tsx";
import { Markdown } from "../notebook/markdown.tsx";
import "../notebook/notebook.css";
import { Output } from "../output/output.tsx";
import { Terminal } from "../output/terminal.tsx";
import { CodeEditor } from "./code-editor.tsx";
import type { Theirs } from "./drafts.ts";
import type { Command } from "./keys.ts";
import { type EditedCell, isHidden, isParameters } from "./notebook.ts";
import { Asks } from "./asks.tsx";
import type { Session } from "./session.ts";
import type { Showing } from "./showing.ts";
import { Tools } from "./tools.tsx";

const DRAGGED = "application/x-nbpress-cell";

interface CellProps {
  cell: EditedCell;
  number: number;
  /** Undefined where keys are about another cell. */
  mode: "command" | "edit" | undefined;
  work: "running" | "waiting" | undefined;
  /** What somebody else makes of it just now. */
  draft: Theirs | undefined;
  /** What it waits for. */
  question: Question | undefined;
  /** What it shows that is not in the document yet. */
  showing: Showing | undefined;
  session: Session;
  onCommand: (cell: string, command: Command) => void;
  onMove: (offset: number) => void;
}

export const Cell = memo(function Cell({ cell, number, mode, work, draft, question, showing, session, onCommand, onMove }: CellProps) {
  const [isNear, setNear] = useState(false);
  const [isTarget, setTarget] = useState(false);
  const states = [work !== undefined && `is-${work}`, isParameters(cell) && "is-parameters", mode !== undefined && "is-selected", isTarget && "is-target"].filter(Boolean);
  const name = `Cell ${number}`;
  const over = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes(DRAGGED)) return;
    event.preventDefault();
    setTarget(true);
  };
  const drop = (event: DragEvent) => {
    setTarget(false);
    const dragged = event.dataTransfer.getData(DRAGGED);
    if (dragged === "") return;
    event.preventDefault();
    session.act({ do: "place", cell: dragged, before: cell.id });
  };
  return (
    <section
      className={`cell ${states.join(" ")}`}
      id={`cell-${cell.id}`}
      aria-label={`${name}${work === undefined ? "" : `, ${work}`}`}
      tabIndex={mode === "command" ? 0 : -1}
      onMouseEnter={() => setNear(true)}
      onMouseLeave={() => setNear(false)}
      onMouseDown={() => mode === undefined && session.act({ do: "select", cell: cell.id, mode: "command" })}
      onDoubleClick={() => mode !== "edit" && session.act({ do: "select", cell: cell.id, mode: "edit" })}
      onDragOver={over}
      onDragLeave={() => setTarget(false)}
      onDrop={drop}
    >
      <div className="gutter num" aria-hidden="true" draggable onDragStart={(event) => event.dataTransfer.setData(DRAGGED, cell.id)}>
        {work !== undefined ? "[*]" : cell.kind === "code" ? `[${(showing ?? cell).count ?? " "}]` : ""}
      </div>
      {isHidden(cell, "source_hidden") && mode !== "edit" ? <p className="hidden-part">Code is hidden</p> : <Source {...{ cell, name, mode, draft, session, onMove }} />}
      <Outputs cell={cell} showing={showing} />
      {question === undefined ? null : <Asks key={question.id} question={question} onAnswer={(answer) => void session.answer(question.id, answer)} />}
      {isNear || mode !== undefined ? <Tools cell={cell} name={name} onCommand={onCommand} /> : null}
      <button type="button" className="gap" tabIndex={-1} aria-label={`Add a cell after ${name}`} onClick={() => onCommand(cell.id, { do: "add", where: "below", mode: "edit" })}>+</button>
    </section>
  );
});

function Outputs({ cell, showing }: { cell: EditedCell; showing: Showing | undefined }) {
  const { outputs } = cell.kind === "code" ? (showing ?? cell) : cell;
  if (outputs.length === 0) return null;
  if (isHidden(cell, "outputs_hidden")) return <p className="hidden-part">Outputs are hidden</p>;
  // What is not in the document yet cannot be asked for there.
  const id = showing === undefined ? cell.id : undefined;
  return <div className="outputs">{outputs.map((output, index) => <Output key={index} output={output} cell={id} at={index} />)}</div>;
}

type SourceProps = Pick<CellProps, "cell" | "mode" | "draft" | "session" | "onMove"> & { name: string };

function Source({ cell, name, mode, draft, session, onMove }: SourceProps) {
  const [known, setKnown] = useState<string>();
  const typed = draft?.source === cell.source ? undefined : draft;
  // While it is edited here as well, theirs comes when it is saved, and is joined.
  const source = mode === "edit" || typed === undefined ? cell.source : typed.source;
  const typing = typed === undefined ? null : <p className="typing" role="status">{typed.by} is typing here</p>;
  if (cell.kind === "markdown" && mode !== "edit" && source.trim() !== "") {
    return <><Markdown text={source} attachments={cell.rest.attachments} />{typing}</>;
  }
  const language = cell.kind === "code" ? session.language : "text";
  const type = (text: string) => {
    setKnown(undefined);
    session.act({ do: "type", cell: cell.id, source: text });
  };
  const inspect = async (code: string, cursor: number) => setKnown(await session.inspect(code, cursor));
  return (
    <div className="input-area">
      {mode === "edit" ? (
        <CodeEditor source={cell.source} language={language} label={`${name}, text`} onType={type} onMove={onMove} onComplete={session.complete} onInspect={(code, cursor) => void inspect(code, cursor)} />
      ) : <Code source={source} language={language} label={`${name}, code`} />}
      {isParameters(cell) ? <span className="tag">Parameters</span> : null}
      {typing}
      {known === undefined || mode !== "edit" ? null : <div className="inspection" role="status"><Terminal text={known} name="inspection" /></div>}
    </div>
  );
}
