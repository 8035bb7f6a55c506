// What a view of the data is: what can be chosen of it, and the chart that this makes.
import type { Column, Row } from "./columns.ts";
import { named } from "./columns.ts";

/** What was chosen: of every control its value, and which view it is. */
export interface Choices {
  view?: string;
  [control: string]: unknown;
}

export type Control =
  /** A column, or none where that is allowed. */
  | { kind: "column"; name: string; label: string; from: Column[]; first?: Column | undefined; optional?: boolean }
  /** Several columns. */
  | { kind: "columns"; name: string; label: string; from: Column[]; first: Column[]; most: number }
  | { kind: "option"; name: string; label: string; options: readonly (readonly [value: string, label: string])[] };

export type Part = { [name: string]: unknown };

/** A specification without its data, in one of the two languages that the frame's library speaks. */
export interface Spec {
  language: "vega" | "vega-lite";
  spec: Part;
}

export interface View {
  name: string;
  label: string;
  /** Undefined where the table does not have the columns for it. */
  controls: (columns: Column[]) => Control[] | undefined;
  /** Choices are filled: every control has a value that it allows, or none where that is allowed. Undefined of a view
   * that the page draws itself. */
  spec?: (choices: Choices, columns: Column[]) => Spec;
  /** The data of the specification by name; `rows` alone where it is absent. */
  data?: (choices: Choices, columns: Column[], rows: Row[]) => { [name: string]: object[] };
  /** What the chart shows, as a sentence. */
  words: (choices: Choices) => string;
}

/** With the first value of each control where nothing was chosen, or what is not there any more. */
export function filled(controls: Control[], choices: Choices): Choices {
  return Object.fromEntries(controls.map((control) => [control.name, valueOf(control, choices[control.name])]));
}

function valueOf(control: Control, chosen: unknown): unknown {
  switch (control.kind) {
    case "column":
      if (named(control.from, chosen) !== undefined || (control.optional === true && chosen === null)) return chosen;
      return control.first?.name ?? (control.optional === true ? null : control.from[0]?.name);
    case "columns": {
      const names = Array.isArray(chosen) ? chosen.filter((name) => named(control.from, name) !== undefined) : [];
      return names.length > 0 ? names.slice(0, control.most) : control.first.map(({ name }) => name);
    }
    case "option":
      return control.options.some(([value]) => value === chosen) ? chosen : control.options[0]?.[0];
  }
}

/** A channel of Vega-Lite's encoding. */
export function channel(column: Column, more: Part = {}): Part {
  return { field: column.field, type: typeOf(column), title: column.name, ...more };
}

/** The same for a column that divides, whatever it holds. */
export function divided(column: Column, more: Part = {}): Part {
  return { ...channel(column), type: column.kind === "number" ? "ordinal" : "nominal", ...more };
}

export function typeOf({ kind }: Column): "quantitative" | "temporal" | "nominal" {
  return kind === "number" ? "quantitative" : kind === "time" ? "temporal" : "nominal";
}

export const HEIGHT = 360;

/** A chart as wide as its place. */
export function lite(spec: Part): Spec {
  return { language: "vega-lite", spec: { data: { name: "rows" }, width: "container", height: HEIGHT, autosize: { type: "fit", contains: "padding" }, ...spec } };
}

/** The same chart for every value of a column, side by side. */
export function facetted({ spec }: Spec, by: Column | undefined): Spec {
  if (by === undefined) return { language: "vega-lite", spec };
  const { data, transform, autosize: _, width: __, height: ___, ...rest } = spec;
  const least = [{ window: [{ op: "dense_rank", as: "facet_rank" }], sort: [{ field: by.field }] }, { filter: `datum.facet_rank <= ${MOST_FACETS}` }];
  const facet = divided(by);
  return { language: "vega-lite", spec: { data, transform: [...least, ...((transform as Part[] | undefined) ?? [])], columns: 3, facet, spec: { ...rest, width: 220, height: FACET_HEIGHT } } };
}

const MOST_FACETS = 12;
export const FACET_HEIGHT = 180;

export function facetControl(columns: Column[]): Control {
  return { kind: "column", name: "facet", label: "Repeat for", from: columns, optional: true };
}

/** The columns of a tooltip. */
export function told(...columns: (Column | undefined)[]): Part[] {
  return columns.flatMap((column) => (column === undefined ? [] : [channel(column)]));
}
