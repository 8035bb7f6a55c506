// What can be done with one cell, beside it; every button is also a key.
import type { Command } from "./keys.ts";
import { type EditedCell, isHidden, isParameters } from "./notebook.ts";

/** 16 by 16. */
const PATHS = {
  run: "M5 3.5v9l7-4.5z",
  up: "M8 12.5v-9M4 7l4-4 4 4",
  down: "M8 3.5v9M4 9l4 4 4-4",
  add: "M8 3.5v9M3.5 8h9",
  code: "M5.5 5 2.5 8l3 3M10.5 5l3 3-3 3",
  text: "M3 4.5h10M3 8h10M3 11.5h6",
  source: "M2 8s2.2-3.5 6-3.5S14 8 14 8s-2.2 3.5-6 3.5S2 8 2 8ZM8 9.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Z",
  outputs: "M3 3.5h10v6H3zM3 12.5h10",
  parameters: "M3 5h6M12 5h1M3 11h1M7 11h6M10.5 3.5v3M5.5 9.5v3",
  delete: "M4 4.5h8M6.5 4.5v-1h3v1M5 4.5l.5 8h5l.5-8",
};

interface Tool {
  icon: keyof typeof PATHS;
  label: string;
  command: Command;
  /** Of what is either so or not. */
  pressed?: boolean;
}

function toolsOf(cell: EditedCell): Tool[] {
  const isCode = cell.kind === "code";
  const moves: Tool[] = [
    { icon: "up", label: "Move up", command: { do: "move", by: -1 } },
    { icon: "down", label: "Move down", command: { do: "move", by: 1 } },
  ];
  const rest: Tool[] = [
    { icon: isCode ? "text" : "code", label: isCode ? "Make it text" : "Make it code", command: { do: "kind", kind: isCode ? "markdown" : "code" } },
    { icon: "add", label: "Add a cell below", command: { do: "add", where: "below", mode: "edit" } },
    { icon: "delete", label: "Delete", command: { do: "delete" } },
  ];
  if (!isCode) return [{ icon: "source", label: "Edit", command: { do: "edit" } }, ...moves, ...rest];
  return [
    { icon: "run", label: "Run", command: { do: "run", after: "stay" } },
    ...moves,
    { icon: "source", label: "Hide the code", command: { do: "hide", what: "source_hidden" }, pressed: isHidden(cell, "source_hidden") },
    { icon: "outputs", label: "Hide the outputs", command: { do: "hide", what: "outputs_hidden" }, pressed: isHidden(cell, "outputs_hidden") },
    { icon: "parameters", label: "Parameters", command: { do: "parameters" }, pressed: isParameters(cell) },
    ...rest,
  ];
}

export function Tools({ cell, name, onCommand }: { cell: EditedCell; name: string; onCommand: (cell: string, command: Command) => void }) {
  return (
    <div className="tools" role="toolbar" aria-label={`${name}, tools`}>
      {toolsOf(cell).map(({ icon, label, command, pressed }) => (
        <button key={icon} type="button" title={label} aria-label={`${label}, ${name}`} aria-pressed={pressed} onClick={() => onCommand(cell.id, command)}>
          <svg viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" strokeLinejoin="round"><path d={PATHS[icon]} /></svg>
        </button>
      ))}
    </div>
  );
}
