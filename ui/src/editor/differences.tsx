// Two versions of the same cells: both are shown, and somebody decides.
import { Code } from "../notebook/code.tsx";
import { cellsOf, type EditedCell } from "./notebook.ts";
import type { Conflict } from "./session.ts";

export function Differences({ conflict, mine, onSettle }: { conflict: Conflict; mine: EditedCell[]; onSettle: (how: "mine" | "theirs" | "copy") => void }) {
  const theirs = cellsOf(conflict.theirs.notebook);
  return (
    <div className="notice differences" role="alert">
      <b>Somebody else has changed what you are changing</b>
      {conflict.cells.map((id) => (
        <div key={id} className="versions">
          <Version of="Mine" cell={mine.find((cell) => cell.id === id)} />
          <Version of="Theirs" cell={theirs.find((cell) => cell.id === id)} />
        </div>
      ))}
      <div className="choices">
        <button type="button" className="button" onClick={() => onSettle("mine")}>Keep mine</button>
        <button type="button" className="button" onClick={() => onSettle("theirs")}>Take theirs</button>
        <button type="button" className="button" onClick={() => onSettle("copy")}>Save mine as a copy</button>
      </div>
    </div>
  );
}

function Version({ of, cell }: { of: string; cell: EditedCell | undefined }) {
  return (
    <div>
      <h2>{of}</h2>
      {cell === undefined ? <p className="muted">Deleted</p> : <Code source={cell.source} language="text" label={of} />}
    </div>
  );
}
