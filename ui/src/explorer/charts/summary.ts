// How a measure is spread, for every value of a column.
import { type Column, measures, named, parts } from "./columns.ts";
import { channel, divided, HEIGHT, lite, type Part, type Spec, type View } from "./view.ts";

const KINDS = [["histogram", "Histogram"], ["box", "Boxes"], ["violin", "Violins"], ["ridgeline", "Ridges"], ["heatmap", "Heatmap"]] as const;
const MOST = 12;
const BINS = 24;

export const summary: View = {
  name: "summary",
  label: "Spread",
  controls(columns) {
    const all = measures(columns);
    if (all.length === 0) return undefined;
    return [
      { kind: "column", name: "metric", label: "Measure", from: all, first: all[0] },
      { kind: "column", name: "dimension", label: "For each", from: parts(columns), first: parts(columns).find(({ distinct }) => distinct <= MOST), optional: true },
      { kind: "option", name: "kind", label: "Kind", options: KINDS },
    ];
  },
  spec(choices, columns) {
    const [metric, dimension] = ["metric", "dimension"].map((name) => named(columns, choices[name]));
    if (metric === undefined) return lite({ mark: "bar" });
    const spec = SPECS[String(choices["kind"])] ?? histogram;
    return spec(metric, dimension);
  },
  words: ({ metric, dimension, kind }) =>
    `${KINDS.find(([value]) => value === kind)?.[1] ?? ""} of ${String(metric)}${dimension === null ? "" : ` for each ${String(dimension)}; the first ${MOST}`}`,
};

type Maker = (metric: Column, dimension: Column | undefined) => Spec;

const binned = (metric: Column): Part => channel(metric, { bin: { maxbins: BINS } });
const COUNT = { aggregate: "count", type: "quantitative", title: "Rows" };

const histogram: Maker = (metric, dimension) =>
  lite({
    transform: first(dimension),
    mark: { type: "bar", tooltip: true },
    encoding: { x: binned(metric), y: COUNT, ...(dimension === undefined ? {} : { color: divided(dimension) }) },
  });

const box: Maker = (metric, dimension) =>
  lite({
    transform: first(dimension),
    ...(dimension === undefined ? { height: 90 } : { height: { step: 30 }, autosize: { type: "fit-x", contains: "padding" } }),
    mark: { type: "boxplot", extent: 1.5, size: 16 },
    encoding: { x: channel(metric, { scale: { zero: false } }), ...(dimension === undefined ? {} : { y: divided(dimension), color: divided(dimension, { legend: null }) }) },
  });

const heatmap: Maker = (metric, dimension) =>
  lite({
    transform: first(dimension),
    ...(dimension === undefined ? { height: 60 } : { height: { step: 26 }, autosize: { type: "fit-x", contains: "padding" } }),
    mark: { type: "rect", tooltip: true },
    encoding: { x: binned(metric), color: COUNT, ...(dimension === undefined ? {} : { y: divided(dimension) }) },
  });

/** A curve of how dense the values are, mirrored. */
const violin: Maker = (metric, dimension) => {
  const width = dimension === undefined ? 160 : 84;
  const unit = {
    width,
    height: HEIGHT,
    mark: { type: "area", orient: "horizontal" },
    encoding: {
      y: { field: "value", type: "quantitative", title: metric.name },
      x: { field: "density", type: "quantitative", stack: "center", impute: null, axis: null },
      ...(dimension === undefined ? {} : { color: divided(dimension, { legend: null }), column: divided(dimension, { spacing: 0, header: { titleOrient: "bottom", labelOrient: "bottom", labelPadding: 4 } }) }),
    },
  };
  return { language: "vega-lite", spec: { data: { name: "rows" }, transform: [...first(dimension), dense(metric, dimension)], config: { view: { stroke: null } }, ...unit } };
};

/** The same curves beneath each other. */
const ridgeline: Maker = (metric, dimension) => {
  const unit = {
    width: 560,
    height: dimension === undefined ? HEIGHT / 2 : 44,
    mark: { type: "area", line: true, fillOpacity: 0.6, interpolate: "monotone" },
    encoding: {
      x: { field: "value", type: "quantitative", title: metric.name },
      y: { field: "density", type: "quantitative", axis: null },
      ...(dimension === undefined ? {} : { color: divided(dimension, { legend: null }), row: divided(dimension, { spacing: 2, header: { labelAngle: 0, labelAlign: "left", labelOrient: "left" } }) }),
    },
  };
  return { language: "vega-lite", spec: { data: { name: "rows" }, transform: [...first(dimension), dense(metric, dimension)], config: { view: { stroke: null } }, ...unit } };
};

const SPECS: { [kind: string]: Maker } = { histogram, box, violin, ridgeline, heatmap };

function dense(metric: Column, dimension: Column | undefined): Part {
  return { density: metric.field, ...(dimension === undefined ? {} : { groupby: [dimension.field] }), as: ["value", "density"] };
}

function first(dimension: Column | undefined): Part[] {
  if (dimension === undefined) return [];
  return [{ window: [{ op: "dense_rank", as: "rank" }], sort: [{ field: dimension.field }] }, { filter: `datum.rank <= ${MOST}` }];
}
