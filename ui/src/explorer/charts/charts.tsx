// The rows of a table as a chart: which one, of what, the drawing, what it shows in words, and the rows it was drawn from.
import { useMemo } from "react";

import { Loading } from "../../parts/notice.tsx";
import { OutputFrame } from "../../output/output-frame.tsx";
import type { ChartChoices, ChartsProps, TableColumn } from "../source.ts";
import { amount, shown } from "../words.ts";
import { Chooser } from "./chooser.tsx";
import "./charts.css";
import { type Column, profiled, rowsOf } from "./columns.ts";
import { drawable } from "./drawable.ts";
import { type Drawn, MOST_COLUMNS } from "./rows.ts";
import { useRows } from "./use-rows.ts";
import { type Chosen, chosenOf } from "./views.ts";

export function Charts({ columns, source, query, choices, onChoose }: ChartsProps) {
  const { drawn, error, retry } = useRows(source, query, columns);
  if (error !== undefined) return <p className="output-note" role="alert">The rows could not be read: {error} <button type="button" className="button" onClick={retry}>Try again</button></p>;
  if (drawn === undefined) return <Loading what="the rows of the chart" />;
  if (drawn.rows.length === 0) return <p className="muted">There are no rows to draw</p>;
  return <Chart drawn={drawn} choices={choices ?? {}} onChoose={onChoose} all={columns.length} />;
}

interface ChartProps {
  drawn: Drawn;
  choices: ChartChoices;
  onChoose: (choices: ChartChoices) => void;
  /** How many columns the table shows. */
  all: number;
}

function Chart({ drawn, choices, onChoose, all }: ChartProps) {
  const columns = useMemo(() => profiled(drawn.columns, drawn.rows), [drawn]);
  const rows = useMemo(() => rowsOf(columns, drawn.rows), [columns, drawn]);
  const chosen = useMemo(() => chosenOf(columns, choices), [columns, choices]);
  const content = useMemo(() => (chosen === undefined ? undefined : drawable(chosen, columns, rows)), [chosen, columns, rows]);
  if (chosen === undefined || content === undefined) return <p className="muted">No chart fits these columns</p>;
  const words = chosen.view.words(chosen.choices);
  return (
    <div className="charts">
      <Chooser columns={columns} chosen={chosen} onChoose={onChoose} />
      <figure className="chart-figure">
        <OutputFrame key={chosen.view.name} content={content} library="vega" label={words} />
        <figcaption>{words}. <Sampling drawn={drawn} />{all > MOST_COLUMNS ? ` Only the first ${MOST_COLUMNS} columns can be chosen.` : ""}</figcaption>
      </figure>
      <Behind columns={columns} chosen={chosen} drawn={drawn} />
    </div>
  );
}

function Sampling({ drawn: { rows, matching } }: { drawn: Drawn }) {
  return rows.length >= matching ? <>{amount(matching)} row{matching === 1 ? "" : "s"}.</> : <b>Drawn from {amount(rows.length)} of {amount(matching)} rows, taken evenly from all of them.</b>;
}

const MOST_SHOWN = 100;

/** The same as a table, for whoever does not see the drawing or wants the numbers. */
function Behind({ columns, chosen, drawn }: { columns: Column[]; chosen: Chosen; drawn: Drawn }) {
  const used = usedOf(columns, chosen);
  return (
    <details className="chart-data">
      <summary>The rows behind it{drawn.rows.length > MOST_SHOWN ? `, the first ${MOST_SHOWN}` : ""}</summary>
      <div className="chart-rows" tabIndex={0} role="region" aria-label="The rows behind the chart">
        <table className="table">
          <thead><tr>{used.map(([column]) => <th key={column.field} scope="col">{column.name}</th>)}</tr></thead>
          <tbody>{drawn.rows.slice(0, MOST_SHOWN).map((row, at) => <tr key={at}>{used.map(([column, place]) => <td key={column.field} className={column.kind === "text" ? undefined : "num"}>{shown(row[place], column)}</td>)}</tr>)}</tbody>
        </table>
      </div>
    </details>
  );
}

/** The columns that a control names, with their places. */
function usedOf(columns: Column[], { choices }: Chosen): [TableColumn & { field: string }, number][] {
  const { view: _, ...rest } = choices;
  const names = new Set(Object.values(rest).flat());
  return columns.flatMap((column, at): [Column, number][] => (names.has(column.name) ? [[column, at]] : []));
}
