// What a run said, one after the other: the streams of its cells, and what the runner noted.
import { joined } from "../notebook/nbformat.ts";
import { Terminal } from "../output/terminal.tsx";
import { Empty } from "../parts/notice.tsx";
import { clock } from "../parts/say.ts";
import type { RunDocument } from "./fold.ts";
import { useJump } from "./jump.ts";

export function Logs({ document }: { document: RunDocument }) {
  const jump = useJump();
  const said = document.cells.flatMap((cell) =>
    cell.outputs.flatMap(({ key, output }) => (output.output_type === "stream" ? [{ key, cell, name: output.name, text: joined(output.text) }] : [])),
  );
  if (said.length === 0 && document.notes.length === 0) return <Empty title="It said nothing">What cells print and what the kernel says stands here.</Empty>;
  return (
    <div className="logs">
      {document.notes.length === 0 ? null : (
        <ul className="notes">
          {document.notes.map((note, index) => (
            <li key={index} className={note.level === "info" ? "is-idle" : note.level === "warning" ? "is-warn" : "is-bad"}>
              <span className="mark" /><time className="muted">{clock(note.at, note.at)}</time><span>{note.text}</span>
            </li>
          ))}
        </ul>
      )}
      {said.map(({ key, cell, name, text }) => (
        <div key={key} role="group" aria-label={`Cell ${cell.index + 1}, ${name}`}>
          <header><button type="button" className="link-button" onClick={() => jump(cell.anchor)}>Cell {cell.index + 1}</button><span className="muted">{name}</span></header>
          <Terminal text={text} name={name} />
        </div>
      ))}
    </div>
  );
}
