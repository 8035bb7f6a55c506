// The outputs of a cell in two runs.
import { useMemo } from "react";

import type { Output as OutputData } from "../notebook/nbformat.ts";
import { Output } from "../output/output.tsx";
import { counted } from "../parts/say.ts";
import { LineList } from "./lines.tsx";
import { type OutputChange, outputChanges } from "./outputs.ts";
import type { TableChange } from "./table.ts";
import { delta, type NumberChange } from "./text.ts";

export function OutputList({ before, now }: { before: OutputData[]; now: OutputData[] }) {
  const changes = useMemo(() => outputChanges(before, now), [before, now]);
  return <div className="diff-outputs">{changes.map((change, at) => <Change key={at} change={change} />)}</div>;
}

function Change({ change }: { change: OutputChange }) {
  switch (change.kind) {
    case "same":
      return null;
    case "numbers":
      return <Numbers changes={change.changes} />;
    case "text":
      return <LineList lines={change.lines} label="Output" />;
    case "table":
      return <Rows table={change.table} />;
    case "both":
      return (
        <div className="diff-both">
          <Side label="Before" output={change.before} />
          <Side label="After" output={change.now} />
        </div>
      );
  }
}

function Side({ label, output }: { label: string; output: OutputData | undefined }) {
  return (
    <figure>
      <figcaption>{label}</figcaption>
      {output === undefined ? <p className="muted">None</p> : <Output output={output} />}
    </figure>
  );
}

function said(value: number): string {
  return value.toLocaleString("en", { maximumSignificantDigits: 12 });
}

function Numbers({ changes }: { changes: NumberChange[] }) {
  return (
    <table className="diff-facts panel num">
      <thead className="unseen"><tr><th scope="col">Number</th><th scope="col">Before</th><th scope="col">After</th><th scope="col">Change</th></tr></thead>
      <tbody>
        {changes.map((change, at) => (
          <tr key={at}>
            <th scope="row">{change.label || "Value"}</th>
            <td><del>{said(change.before)}</del></td>
            <td><ins>{said(change.now)}</ins></td>
            <td>{delta(change)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const MOST = 50;
const MARKS = { added: "+", removed: "−", changed: "" };

function Rows({ table }: { table: TableChange }) {
  const { head, changes, same, columns } = table;
  const rest = changes.length - MOST;
  const notes = [
    ...(columns.added.length > 0 ? [`new columns: ${columns.added.join(", ")}`] : []),
    ...(columns.removed.length > 0 ? [`columns gone: ${columns.removed.join(", ")}`] : []),
    ...(rest > 0 ? [`${counted(rest, "more row")} differ`] : []),
    ...(same > 0 ? [`${counted(same, "row")} the same`] : []),
  ];
  return (
    <div className="diff-table" tabIndex={0} role="group" aria-label="Rows that differ">
      {changes.length === 0 ? null : (
        <table className="panel num">
          <thead><tr><th scope="col"><span className="unseen">Change</span></th>{head.map((name, at) => <th key={at} scope="col">{name === "" ? <span className="unseen">Index</span> : name}</th>)}</tr></thead>
          <tbody>
            {changes.slice(0, MOST).map(({ kind, values }, row) => (
              <tr key={row} className={`is-${kind}`}>
                <td className="diff-mark"><span aria-hidden="true">{MARKS[kind]}</span><span className="unseen">{kind}</span></td>
                {values.map(({ text, before }, at) => <td key={at}>{before === undefined ? text : <><del>{before}</del> <ins>{text}</ins></>}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {notes.length === 0 ? null : <p className="muted">{notes.join(" · ")}</p>}
    </div>
  );
}
