// Where the points of two measures lie close together: squares, hexagons or lines of equal density.
import { type Column, measures, named } from "./columns.ts";
import { channel, lite, type Part, type Spec, type View } from "./view.ts";

const KINDS = [["hexbin", "Hexagons"], ["heatmap", "Squares"], ["contour", "Contours"]] as const;
const [WIDE, HIGH] = [560, 400];
/** Hexagons from left to right. */
const ACROSS = 28;
/** So that the outermost cover no numbers of the axes. */
const EDGE = 14;
const COUNT = { aggregate: "count", type: "quantitative", title: "Rows" };

export const area: View = {
  name: "area",
  label: "Density",
  controls(columns) {
    const all = measures(columns);
    if (all.length < 2) return undefined;
    return [
      { kind: "column", name: "x", label: "Across", from: all, first: all[0] },
      { kind: "column", name: "y", label: "Upwards", from: all, first: all[1] },
      { kind: "option", name: "kind", label: "Kind", options: KINDS },
    ];
  },
  spec(choices, columns) {
    const [x, y] = [named(columns, choices["x"]), named(columns, choices["y"])];
    if (x === undefined || y === undefined) return lite({ mark: "rect" });
    return choices["kind"] === "contour" ? contour(x, y) : choices["kind"] === "heatmap" ? heatmap(x, y) : hexbin(x, y);
  },
  words: ({ x, y, kind }) => `${kind === "contour" ? "Lines of equal density" : `${kind === "heatmap" ? "Squares" : "Hexagons"} coloured by the number of rows`} of ${String(y)} by ${String(x)}`,
};

function heatmap(x: Column, y: Column): Spec {
  return lite({ mark: { type: "rect", tooltip: true }, encoding: { x: channel(x, { bin: { maxbins: 30 } }), y: channel(y, { bin: { maxbins: 20 } }), color: COUNT } });
}

/** Where a value is in pixels, of a chart that is so large. */
function place({ field }: Column, size: number, as: string): Part {
  return { calculate: `datum.${as}_most > datum.${as}_least ? (datum.${field} - datum.${as}_least) / (datum.${as}_most - datum.${as}_least) * ${size} : ${size / 2}`, as: `${as}_px` };
}

/** The value at such a place. */
function back(as: string, size: number): Part {
  return { calculate: `datum.${as}_most > datum.${as}_least ? datum.${as}_at / ${size} * (datum.${as}_most - datum.${as}_least) + datum.${as}_least : datum.${as}_least`, as: `${as}_value` };
}

function distance(to: "a" | "b"): string {
  return `pow(datum.x_px - datum.x_${to}, 2) + pow(datum.y_px - datum.y_${to}, 2)`;
}

/** Two grids of centres, one between the other; a point belongs to the nearer of its two centres. */
function hexbin(x: Column, y: Column): Spec {
  const [across, high] = [WIDE / ACROSS, (WIDE / ACROSS) * Math.sqrt(3)];
  const bounds = [x, y].flatMap(({ field }, at) => (["min", "max"] as const).map((op) => ({ op, field, as: `${at === 0 ? "x" : "y"}_${op === "min" ? "least" : "most"}` })));
  const transform = [
    { filter: `isValid(datum.${x.field}) && isValid(datum.${y.field})` },
    { joinaggregate: bounds },
    place(x, WIDE, "x"),
    place(y, HIGH, "y"),
    { calculate: `round(datum.x_px / ${across}) * ${across}`, as: "x_a" },
    { calculate: `round(datum.y_px / ${high}) * ${high}`, as: "y_a" },
    { calculate: `(floor(datum.x_px / ${across}) + 0.5) * ${across}`, as: "x_b" },
    { calculate: `(floor(datum.y_px / ${high}) + 0.5) * ${high}`, as: "y_b" },
    { calculate: `${distance("a")} < ${distance("b")}`, as: "nearer" },
    { calculate: "datum.nearer ? datum.x_a : datum.x_b", as: "x_at" },
    { calculate: "datum.nearer ? datum.y_a : datum.y_b", as: "y_at" },
    back("x", WIDE),
    back("y", HIGH),
    { aggregate: [{ op: "count", as: "rows" }], groupby: ["x_value", "y_value"] },
  ];
  const radius = across / Math.sqrt(3);
  return {
    language: "vega-lite",
    spec: {
      data: { name: "rows" },
      width: WIDE + 2 * EDGE,
      height: HIGH + 2 * EDGE,
      transform,
      mark: { type: "point", shape: HEXAGON, filled: true, opacity: 1, strokeWidth: 0.5, size: Math.pow(2 * radius, 2), clip: false },
      encoding: {
        x: { field: "x_value", type: "quantitative", title: x.name, scale: { zero: false, nice: false, padding: EDGE } },
        y: { field: "y_value", type: "quantitative", title: y.name, scale: { zero: false, nice: false, padding: EDGE } },
        color: { field: "rows", type: "quantitative", title: "Rows" },
        tooltip: [{ field: "x_value", type: "quantitative", title: x.name }, { field: "y_value", type: "quantitative", title: y.name }, { field: "rows", type: "quantitative", title: "Rows" }],
      },
    },
  };
}

/** A symbol of Vega reaches from -1 to 1, and its size is the square of what is 2 wide. */
const HEXAGON = `M${[0, 1, 2, 3, 4, 5].map((corner) => `${Math.sin((corner * Math.PI) / 3).toFixed(4)},${Math.cos((corner * Math.PI) / 3).toFixed(4)}`).join("L")}Z`;

function scale(name: string, { field }: Column, range: string): Part {
  return { name, type: "linear", domain: { data: "points", field }, range, zero: false, nice: true };
}

function contour(x: Column, y: Column): Spec {
  return {
    language: "vega",
    spec: {
      width: WIDE,
      height: HIGH,
      padding: 5,
      data: [
        { name: "rows" },
        { name: "points", source: "rows", transform: [{ type: "filter", expr: `isValid(datum.${x.field}) && isValid(datum.${y.field})` }] },
        {
          name: "density",
          source: "points",
          transform: [
            { type: "kde2d", size: [{ signal: "width" }, { signal: "height" }], x: { expr: `scale('x', datum.${x.field})` }, y: { expr: `scale('y', datum.${y.field})` }, counts: true },
            { type: "isocontour", field: "grid", levels: 10 },
          ],
        },
      ],
      scales: [
        scale("x", x, "width"),
        scale("y", y, "height"),
        { name: "color", type: "linear", zero: false, domain: { data: "density", field: "contour.value" }, range: "heatmap" },
      ],
      axes: [
        { orient: "bottom", scale: "x", title: x.name, grid: true },
        { orient: "left", scale: "y", title: y.name, grid: true },
      ],
      marks: [
        { type: "symbol", from: { data: "points" }, encode: { update: { x: { scale: "x", field: x.field }, y: { scale: "y", field: y.field }, size: { value: 4 }, fill: { value: "#888888" }, fillOpacity: { value: 0.35 } } } },
        { type: "path", clip: true, from: { data: "density" }, encode: { update: { strokeWidth: { value: 1 }, strokeOpacity: { value: 0.9 }, stroke: { scale: "color", field: "contour.value" }, fill: { scale: "color", field: "contour.value" }, fillOpacity: { value: 0.25 } } }, transform: [{ type: "geopath", field: "datum.contour" }] },
      ],
    },
  };
}
