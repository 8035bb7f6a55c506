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
import { isWithin, Lines } from "./lines.tsx";
import { apart, type Range, withRange } from "./ranges.ts";
import { type Drawn, MOST_COLUMNS } from "./rows.ts";
import { useRows } from "./use-rows.ts";
import { type Chosen, chosenOf } from "./views.ts";

export function Charts({ columns, source, query, choices, onChoose, onFilter }: ChartsProps) {
  // Lines that an axis leaves out are still drawn, below the others.
  const { ranges, rest } = useMemo(() => apart(query.filter, axesOf(choices)), [query.filter, choices]);
  const { drawn, error, retry } = useRows(source, { ...query, filter: rest }, columns);
  if (error !== undefined) return <p className="output-note" role="alert">The rows could not be read: {error} <button type="button" className="button" onClick={retry}>Try again</button></p>;
  if (drawn === undefined) return <Loading what="the rows of the chart" />;
  if (drawn.rows.length === 0) return <p className="muted">There are no rows to draw</p>;
  return <Chart drawn={drawn} choices={choices ?? {}} onChoose={onChoose} all={columns.length} ranges={ranges} onRange={(column, range, chosen) => onFilter(withRange(query.filter, column, range), chosen)} />;
}

/** The columns of which a part can be chosen in the chart. */
function axesOf(choices: ChartChoices | undefined): string[] {
  const metrics = choices?.["view"] === "parallel" ? choices["metrics"] : undefined;
  return Array.isArray(metrics) ? metrics.map(String) : [];
}

interface ChartProps {
  drawn: Drawn;
  choices: ChartChoices;
  onChoose: (choices: ChartChoices) => void;
  /** How many columns the table shows. */
  all: number;
  /** Parts of axes, by column. */
  ranges: Map<string, Range>;
  onRange: (column: string, range: Range | undefined, choices: ChartChoices) => void;
}

function Chart({ drawn, choices, onChoose, all, ranges, onRange }: ChartProps) {
  const columns = useMemo(() => profiled(drawn.columns, drawn.rows), [drawn]);
  const rows = useMemo(() => rowsOf(columns, drawn.rows), [columns, drawn]);
  const chosen = useMemo(() => chosenOf(columns, choices), [columns, choices]);
  const content = useMemo(() => (chosen === undefined ? undefined : drawable(chosen, columns, rows)), [chosen, columns, rows]);
  if (chosen === undefined) return <p className="muted">No chart fits these columns</p>;
  const words = chosen.view.words(chosen.choices);
  return (
    <div className="charts">
      <Chooser columns={columns} chosen={chosen} onChoose={onChoose} />
      <figure className="chart-figure">
        {content === undefined ? (
          <Lines label={words} columns={columns} rows={drawn.rows} metrics={chosen.choices["metrics"] as string[]} color={chosen.choices["color"] as string | null} ranges={ranges} onRange={(column, range) => onRange(column, range, chosen.choices)} />
        ) : <OutputFrame key={chosen.view.name} content={content} library="vega" label={words} />}
        <figcaption>{words}. <Sampling drawn={drawn} />{all > MOST_COLUMNS ? ` Only the first ${MOST_COLUMNS} columns can be chosen.` : ""}</figcaption>
      </figure>
      <Behind columns={columns} chosen={chosen} rows={within(drawn.rows, columns, ranges)} />
    </div>
  );
}

function Sampling({ drawn: { rows, matching } }: { drawn: Drawn }) {
  return rows.length >= matching ? <>{amount(matching)} row{matching === 1 ? "" : "s"}.</> : <b>Drawn from {amount(rows.length)} of {amount(matching)} rows, taken evenly from all of them.</b>;
}

const MOST_SHOWN = 100;

/** The same as a table, for whoever does not see the drawing or wants the numbers. */
function Behind({ columns, chosen, rows }: { columns: Column[]; chosen: Chosen; rows: unknown[][] }) {
  const used = usedOf(columns, chosen);
  return (
    <details className="chart-data">
      <summary>The rows behind it{rows.length > MOST_SHOWN ? `, the first ${MOST_SHOWN}` : ""}</summary>
      <div className="chart-rows" tabIndex={0} role="region" aria-label="The rows behind the chart">
        <table className="table">
          <thead><tr>{used.map(([column]) => <th key={column.field} scope="col">{column.name}</th>)}</tr></thead>
          <tbody>{rows.slice(0, MOST_SHOWN).map((row, at) => <tr key={at}>{used.map(([column, place]) => <td key={column.field} className={column.kind === "text" ? undefined : "num"}>{shown(row[place], column)}</td>)}</tr>)}</tbody>
        </table>
      </div>
    </details>
  );
}

/** The rows that are within all parts. */
function within(rows: unknown[][], columns: Column[], ranges: Map<string, Range>): unknown[][] {
  const parts = columns.map(({ name }) => ranges.get(name));
  return ranges.size === 0 ? rows : rows.filter((row) => parts.every((range, at) => isWithin(row[at], range)));
}

/** The columns that a control names, with their places. */
function usedOf(columns: Column[], { choices }: Chosen): [TableColumn & { field: string }, number][] {
  const { view: _, ...rest } = choices;
  const names = new Set(Object.values(rest).flat());
  return columns.flatMap((column, at): [Column, number][] => (names.has(column.name) ? [[column, at]] : []));
}
