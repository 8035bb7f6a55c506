// Parallel coordinates: every row is a line over an axis for each measure.
import { type Column, measures, named, parts } from "./columns.ts";
import { channel, divided, lite, type Part, told, type View } from "./view.ts";

const MOST_AXES = 8;
const MOST_LINES = 600;

export const parallel: View = {
  name: "parallel",
  label: "Parallel",
  controls(columns) {
    const all = measures(columns);
    if (all.length < 2) return undefined;
    return [
      { kind: "columns", name: "metrics", label: "Measures", from: all, first: all.slice(0, 5), most: MOST_AXES },
      { kind: "column", name: "color", label: "Colour", from: [...parts(columns), ...all], first: parts(columns).find(({ distinct }) => distinct <= 10), optional: true },
    ];
  },
  spec(choices, columns) {
    const axes = (choices["metrics"] as string[]).flatMap((name) => named(columns, name) ?? []);
    const color = named(columns, choices["color"]);
    const x = { field: "axis", type: "nominal", sort: axes.map(({ name }) => name), title: null, scale: { type: "point", padding: 0.3 }, axis: { domain: false, labelAngle: 0, orient: "top", labelLimit: 120 } };
    const y = { field: "height", type: "quantitative", axis: null };
    return lite({
      transform: [...some(), ...folded(axes)],
      layer: [
        { mark: { type: "rule", opacity: 0.6 }, encoding: { x, tooltip: null } },
        { mark: { type: "line", opacity: axes.length > 0 ? 0.35 : 0 }, encoding: { x, y, detail: { field: "row" }, tooltip: told(color, ...axes), ...(color === undefined ? {} : { color: color.kind === "number" ? channel(color) : divided(color) }) } },
        ...["most", "least"].map((end) => bound(end, x)),
      ],
    });
  },
  words: ({ metrics, color }) => `Rows as lines over ${(metrics as string[]).join(", ")}${color === null ? "" : `, coloured by ${String(color)}`}; ${MOST_LINES} rows at most`,
};

/** Evenly of all. */
function some(): Part[] {
  return [
    { window: [{ op: "row_number", as: "row" }] },
    { joinaggregate: [{ op: "count", as: "of" }] },
    { filter: `floor(datum.row * ${MOST_LINES} / datum.of) > floor((datum.row - 1) * ${MOST_LINES} / datum.of) || datum.of <= ${MOST_LINES}` },
  ];
}

/** Where each value is between the least and the most of its axis. */
function folded(axes: Column[]): Part[] {
  const names = Object.fromEntries(axes.map(({ field, name }) => [field, name]));
  return [
    { fold: axes.map(({ field }) => field), as: ["key", "value"] },
    { filter: "isValid(datum.value)" },
    { calculate: `${JSON.stringify(names)}[datum.key]`, as: "axis" },
    { joinaggregate: [{ op: "min", field: "value", as: "least" }, { op: "max", field: "value", as: "most" }], groupby: ["key"] },
    { calculate: "datum.most > datum.least ? (datum.value - datum.least) / (datum.most - datum.least) : 0.5", as: "height" },
  ];
}

function bound(end: string, x: Part): Part {
  const y = { value: end === "most" ? 0 : "height" };
  return { transform: [{ aggregate: [{ op: "max", field: end, as: `${end}_of_axis` }], groupby: ["axis"] }], mark: { type: "text", dx: 4, dy: end === "most" ? 8 : -6, align: "left", fontSize: 10 }, encoding: { x, y, text: { field: `${end}_of_axis`, type: "quantitative", format: ",.4~r" } } };
}
