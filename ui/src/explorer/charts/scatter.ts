// Points: two measures against each other, with a third as size, and what they have in common.
import { type Column, measures, named, parts, times } from "./columns.ts";
import { channel, type Choices, divided, HEIGHT, lite, type Part, type Spec, told, typeOf, type View } from "./view.ts";

const TRENDS = [["none", "None"], ["linear", "Linear"], ["poly", "Polynomial"], ["pow", "Power"], ["exp", "Exponential"], ["log", "Logarithmic"], ["loess", "Local"]] as const;
const MARGINS = [["none", "None"], ["histogram", "Histograms"], ["box", "Boxes"]] as const;
const MOST_SIZED = 1000;
const LABELS = 5;

export const scatter: View = {
  name: "scatter",
  label: "Points",
  controls(columns) {
    const all = [...measures(columns), ...times(columns)];
    if (all.length < 2) return undefined;
    return [
      { kind: "column", name: "x", label: "Across", from: all, first: all[0] },
      { kind: "column", name: "y", label: "Upwards", from: all, first: all[1] },
      { kind: "column", name: "color", label: "Colour", from: [...parts(columns), ...measures(columns)], first: parts(columns).find(({ distinct }) => distinct <= 10), optional: true },
      { kind: "column", name: "size", label: "Size", from: measures(columns), optional: true },
      { kind: "column", name: "label", label: "Label", from: columns, optional: true },
      { kind: "option", name: "trend", label: "Trend", options: TRENDS },
      { kind: "option", name: "margin", label: "At the edges", options: MARGINS },
    ];
  },
  spec(choices, columns) {
    const [x, y, color, size, label] = ["x", "y", "color", "size", "label"].map((name) => named(columns, choices[name]));
    if (x === undefined || y === undefined) return lite({ mark: "point" });
    const layers = [points(x, y, color, size, label), ...trend(choices, x, y), ...labels(x, y, label)];
    return choices["margin"] === "none" ? lite({ layer: layers }) : edged(choices, layers, x, y);
  },
  words: ({ x, y, color, size, trend: kind }) =>
    `Points of ${String(y)} by ${String(x)}${color === null ? "" : `, coloured by ${String(color)}`}${size === null ? "" : `, as large as ${String(size)}`}${kind === "none" ? "" : `, with a ${String(kind)} trend`}`,
};

/** As far as its values reach. */
function loose(column: Column): Part {
  return channel(column, column.kind === "number" ? { scale: { zero: false } } : {});
}

function points(x: Column, y: Column, color: Column | undefined, size: Column | undefined, label: Column | undefined): Part {
  const few = color !== undefined && color.kind !== "number" ? divided(color) : color === undefined ? undefined : channel(color);
  const encoding = {
    x: loose(x),
    y: loose(y),
    ...(few === undefined ? {} : { color: few }),
    ...(size === undefined ? {} : { size: channel(size) }),
    tooltip: told(label, x, y, color, size),
  };
  const transform = size === undefined ? {} : { transform: [{ window: [{ op: "row_number", as: "row" }] }, { filter: `datum.row <= ${MOST_SIZED}` }] };
  return { ...transform, mark: { type: "point", filled: true, opacity: 0.6 }, encoding };
}

function trend({ trend: method }: Choices, x: Column, y: Column): Part[] {
  if (method === "none" || typeOf(x) !== "quantitative" || typeOf(y) !== "quantitative") return [];
  const fitted = method === "loess" ? { loess: y.field, on: x.field } : { regression: y.field, on: x.field, method };
  return [{ transform: [fitted], mark: { type: "line", strokeDash: [6, 4], size: 2 }, encoding: { x: channel(x), y: channel(y) } }];
}

/** The points that stand out most upwards have their names beside them. */
function labels(x: Column, y: Column, label: Column | undefined): Part[] {
  if (label === undefined) return [];
  const transform = [{ window: [{ op: "row_number", as: "place" }], sort: [{ field: y.field, order: "descending" }] }, { filter: `datum.place <= ${LABELS}` }];
  return [{ transform, mark: { type: "text", align: "left", dx: 6, dy: -4 }, encoding: { x: channel(x), y: channel(y), text: { field: label.field } } }];
}

/** The same chart with how each of the two is spread along its edges. */
function edged({ margin }: Choices, layer: Part[], x: Column, y: Column): Spec {
  const [wide, high, edge] = [480, HEIGHT, 56];
  const spread = (column: Column, along: "x" | "y"): Part => {
    const across = along === "x" ? "y" : "x";
    const axis = { axis: null };
    const size = along === "x" ? { width: wide, height: edge } : { width: edge, height: high };
    if (margin === "box") return { ...size, mark: { type: "boxplot", size: 18 }, encoding: { [along]: { ...loose(column), ...axis } } };
    return { ...size, mark: "bar", encoding: { [along]: channel(column, { bin: column.kind === "number" ? { maxbins: 30 } : undefined, ...axis }), [across]: { aggregate: "count", ...axis } } };
  };
  const middle = { hconcat: [{ width: wide, height: high, layer }, spread(y, "y")], spacing: 8, bounds: "flush" };
  return { language: "vega-lite", spec: { data: { name: "rows" }, vconcat: [spread(x, "x"), middle], spacing: 8, bounds: "flush" } };
}
