// Bars: a measure of every value of a column, the largest first.
import { type Column, dimensions, measures, named, parts } from "./columns.ts";
import { marimekko } from "./marimekko.ts";
import { channel, type Choices, divided, facetControl, facetted, lite, type Part, type View } from "./view.ts";

const MOST_BARS = 30;
const AGGREGATES = [["sum", "Sum"], ["mean", "Mean"], ["median", "Median"], ["min", "Least"], ["max", "Most"]] as const;
const ERRORS = [["none", "None"], ["stderr", "Standard error"], ["stdev", "Standard deviation"]] as const;
const GROUPS = [["stacked", "Stacked"], ["clustered", "Side by side"], ["share", "Shares"]] as const;

export const bar: View = {
  name: "bar",
  label: "Bars",
  controls(columns) {
    const all = dimensions(columns);
    if (all.length === 0) return undefined;
    const [first] = parts(columns);
    return [
      { kind: "column", name: "dimension", label: "For each", from: all, first },
      { kind: "column", name: "metric", label: "Measure", from: measures(columns), first: measures(columns).find((column) => column !== first), optional: true },
      { kind: "option", name: "aggregate", label: "As", options: AGGREGATES },
      { kind: "column", name: "color", label: "Colour", from: parts(columns), optional: true },
      { kind: "option", name: "group", label: "Colours", options: GROUPS },
      { kind: "column", name: "width", label: "Thickness", from: measures(columns), optional: true },
      { kind: "option", name: "errors", label: "Error of a mean", options: ERRORS },
      facetControl(parts(columns)),
    ];
  },
  spec(choices, columns) {
    const [dimension, metric, color, facet, width] = ["dimension", "metric", "color", "facet", "width"].map((name) => named(columns, choices[name]));
    if (dimension === undefined) return lite({ mark: "bar" });
    const measure = measureOf(choices, metric);
    const rows = largest(dimension, choices, metric);
    if (width !== undefined) {
      const isStacked = color !== undefined && isAdded(choices);
      return facetted(marimekko({ dimension, width, value: measure, color: isStacked ? color : undefined, facet, share: isStacked && choices["group"] === "share" }, rows), facet);
    }
    const group = color === undefined ? "stacked" : groupOf(choices);
    const encoding = {
      y: divided(dimension, { sort: { field: "total", order: "descending" } }),
      x: { ...measure, ...(group === "share" ? { stack: "normalize", axis: { format: "%" } } : {}) },
      ...(color === undefined ? { tooltip: [channel(dimension), measure] } : coloured(group, color, [channel(dimension), channel(color), measure])),
    };
    const height = { step: group === "clustered" ? 12 : 22 };
    const spec = lite({ height, autosize: { type: "fit-x", contains: "padding" }, transform: rows, ...marks(choices, metric, encoding) });
    return facetted(spec, facet);
  },
  words: ({ dimension, metric, aggregate, color, facet, width }) =>
    `Bars of ${metric === null ? "the number of rows" : `the ${String(aggregate)} of ${String(metric)}`} for each ${String(dimension)}${color === null || (width !== null && !isAdded({ metric, aggregate })) ? "" : `, coloured by ${String(color)}`}${facet === null ? "" : `, repeated for each ${String(facet)}`}${width === null ? "" : `, as thick as ${String(width)}`}; the ${MOST_BARS} largest`,
};

/** The bars, and over those of means how far the values are from them. */
function marks({ aggregate, errors }: Choices, metric: Column | undefined, encoding: Part): Part {
  const bars = { mark: { type: "bar", cornerRadiusEnd: 2 }, encoding };
  if (metric === undefined || aggregate !== "mean" || errors === "none") return bars;
  const { color: _, tooltip: __, ...places } = encoding;
  return { layer: [bars, { mark: { type: "errorbar", extent: errors, ticks: true }, encoding: { ...places, x: channel(metric, { title: `mean of ${metric.name}` }) } }] };
}

function measureOf(choices: Choices, metric: Column | undefined): Part & { title: string } {
  if (metric === undefined) return { aggregate: "count", type: "quantitative", title: "Rows" };
  return { ...channel(metric, { aggregate: choices["aggregate"] }), title: `${String(choices["aggregate"])} of ${metric.name}` };
}

/** Whether the parts of a bar make up the whole. */
function isAdded({ metric, aggregate }: Choices): boolean {
  return metric === null || aggregate === "sum";
}

/** What cannot be added up is not put upon each other. */
function groupOf(choices: Choices): unknown {
  return isAdded(choices) ? choices["group"] : "clustered";
}

function coloured(group: unknown, color: Column, tooltip: Part[]): Part {
  return { color: divided(color), tooltip, ...(group === "clustered" ? { yOffset: divided(color) } : {}) };
}

/** Only the largest of many, by the measure itself. */
function largest(dimension: Column, choices: Choices, metric: Column | undefined): Part[] {
  const total = metric === undefined ? { op: "count", as: "total" } : { op: choices["aggregate"], field: metric.field, as: "total" };
  return [
    { joinaggregate: [total], groupby: [dimension.field] },
    { window: [{ op: "dense_rank", as: "rank" }], sort: [{ field: "total", order: "descending" }, { field: dimension.field }] },
    { filter: `datum.rank <= ${MOST_BARS}` },
  ];
}
