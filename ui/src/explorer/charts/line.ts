// Lines: one or several measures along a time, a number or the rows' own order.
import { type Column, measures, named, parts, times } from "./columns.ts";
import { channel, type Choices, divided, lite, type Part, type View } from "./view.ts";

const KINDS = [["line", "Lines"], ["stacked", "Stacked areas"], ["share", "Shares"], ["ranked", "Ranks"]] as const;
const AGGREGATES = [["mean", "Mean"], ["sum", "Sum"], ["median", "Median"]] as const;
const MOST_LINES = 6;
const ORDER = "the order of the rows";

export const line: View = {
  name: "line",
  label: "Lines",
  controls(columns) {
    const all = measures(columns);
    const along = [...times(columns), ...all.toReversed()];
    const [first] = times(columns);
    const metric = all.filter((column) => column !== first);
    if (metric.length === 0) return undefined;
    return [
      { kind: "column", name: "along", label: "Along", from: along, first, optional: true },
      { kind: "columns", name: "metrics", label: "Measures", from: all, first: metric.slice(0, 1), most: MOST_LINES },
      { kind: "option", name: "aggregate", label: "As", options: AGGREGATES },
      { kind: "column", name: "color", label: "Colour", from: parts(columns), optional: true },
      { kind: "option", name: "kind", label: "Kind", options: KINDS },
    ];
  },
  spec(choices, columns) {
    const [along, color] = ["along", "color"].map((name) => named(columns, choices[name]));
    const found = (choices["metrics"] as string[]).flatMap((name) => named(columns, name) ?? []);
    const only = found.length === 1 ? found[0] : undefined;
    const series = only !== undefined && color !== undefined ? divided(color) : { field: "measure", type: "nominal", title: "Measure" };
    const x = along === undefined ? { field: "row", type: "quantitative", title: "Row" } : channel(along);
    const y = { field: "value", type: "quantitative", title: only?.name ?? "Value" };
    const transform = [...folded(found), ...aggregated(choices, [along?.field ?? "row", series.field as string])];
    const several = found.length > 1 || color !== undefined;
    return lite({ transform: [...transform, ...ranked(choices, along?.field ?? "row")], ...marked(choices, { x, y, ...(several ? { color: series } : {}), tooltip: [x, y, ...(several ? [series] : [])] }) });
  },
  words: ({ along, metrics, aggregate, color, kind }) =>
    `${KINDS.find(([value]) => value === kind)?.[1] ?? "Lines"} of the ${String(aggregate)} of ${(metrics as string[]).join(", ")} along ${along === null ? ORDER : String(along)}${color === null ? "" : `, one for each ${String(color)}`}`,
};

/** A row for every measure; named by what people know, not by its field. */
function folded(columns: Column[]): Part[] {
  const names = Object.fromEntries(columns.map(({ field, name }) => [field, name]));
  return [
    { window: [{ op: "row_number", as: "row" }] },
    { fold: columns.map(({ field }) => field), as: ["key", "value"] },
    { filter: "isValid(datum.value)" },
    { calculate: `${JSON.stringify(names)}[datum.key]`, as: "measure" },
  ];
}

function aggregated({ aggregate }: Choices, groupby: string[]): Part[] {
  return [{ aggregate: [{ op: aggregate, field: "value", as: "value" }], groupby: [...new Set(groupby)] }];
}

function ranked({ kind }: Choices, along: string): Part[] {
  if (kind !== "ranked") return [];
  return [{ window: [{ op: "rank", as: "value" }], sort: [{ field: "value", order: "descending" }], groupby: [along] }];
}

function marked({ kind }: Choices, encoding: Part & { y: Part }): Part {
  const { y } = encoding;
  switch (kind) {
    case "stacked":
      return { mark: { type: "area", line: true, fillOpacity: 0.6 }, encoding: { ...encoding, y: { ...y, stack: "zero" } } };
    case "share":
      return { mark: { type: "area", fillOpacity: 0.8 }, encoding: { ...encoding, y: { ...y, stack: "normalize", axis: { format: "%" } } } };
    case "ranked":
      return { mark: { type: "line", point: true }, encoding: { ...encoding, y: { ...y, title: "Rank", scale: { reverse: true, zero: false }, axis: { tickMinStep: 1 } } } };
    default:
      return { mark: { type: "line", tooltip: true }, encoding: { ...encoding, y: { ...y, scale: { zero: false } } } };
  }
}
