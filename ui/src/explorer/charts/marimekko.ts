// Bars that are as thick as another measure: an area is what both make together.
import type { Column } from "./columns.ts";
import { channel, divided, FACET_HEIGHT, HEIGHT, lite, type Part, type Spec } from "./view.ts";

/** Thinner ones have no room for their name, in pixels. */
const THINNEST_NAMED = 13;

interface Marimekko {
  dimension: Column;
  width: Column;
  /** What is measured, of the rows of a bar. */
  value: Part & { title: string };
  color: Column | undefined;
  facet: Column | undefined;
  share: boolean;
}

export function marimekko({ dimension, width, value, color, facet, share }: Marimekko, rows: Part[]): Spec {
  const apart = facet === undefined ? [] : [facet.field];
  const bar = [...apart, dimension.field];
  const transform = [
    ...rows,
    { aggregate: [{ op: value["aggregate"], ...(value["field"] === undefined ? {} : { field: value["field"] }), as: "value" }, { op: "sum", field: width.field, as: "width" }, { op: "max", field: "total", as: "total" }], groupby: [...bar, ...(color === undefined ? [] : [color.field])] },
    { filter: "datum.width > 0" },
    { stack: "value", groupby: bar, as: ["from", "to"], offset: share ? "normalize" : "zero", ...(color === undefined ? {} : { sort: [{ field: color.field }] }) },
    { window: [{ op: "sum", field: "width", as: "until" }], frame: [null, 0], sort: [{ field: "total", order: "descending" }, { field: dimension.field }], groupby: apart },
    { joinaggregate: [{ op: "max", field: "until", as: "high" }, { op: "sum", field: "width", as: "wide" }], groupby: bar },
    { joinaggregate: [{ op: "sum", field: "width", as: "all" }], groupby: apart },
    { calculate: "datum.high - datum.wide", as: "low" },
  ];
  const measure = { field: "value", type: "quantitative", title: value.title };
  const tooltip = [channel(dimension), ...(color === undefined ? [] : [channel(color)]), measure, { field: "width", type: "quantitative", title: width.name }];
  const y = { field: "low", type: "quantitative", title: width.name, scale: { reverse: true, nice: false } };
  const x = { field: "from", type: "quantitative", title: value.title, ...(share ? { axis: { format: "%" } } : {}) };
  const bars = { mark: { type: "rect", strokeWidth: 1, stroke: "white", strokeOpacity: 0.6 }, encoding: { y, y2: { field: "high" }, x, x2: { field: "to" }, ...(color === undefined ? {} : { color: divided(color) }), tooltip } };
  return lite({ transform, layer: [bars, ...names(dimension, y, bar, facet === undefined ? HEIGHT : FACET_HEIGHT)] });
}

/** The name of every bar that has room for it, over its beginning; with a rim, because it stands on any colour. */
function names(dimension: Column, y: Part, groupby: string[], height: number): Part[] {
  const transform = [
    { aggregate: ["low", "high", "all"].map((field) => ({ op: "max", field, as: field })), groupby },
    { filter: `(datum.high - datum.low) / datum.all * ${height} >= ${THINNEST_NAMED}` },
    { calculate: "(datum.low + datum.high) / 2", as: "middle" },
  ];
  const encoding = { y: { ...y, field: "middle" }, x: { datum: 0 }, text: { field: dimension.field } };
  const looks = [{ stroke: "white", strokeWidth: 3, strokeOpacity: 0.85, strokeJoin: "round" }, { color: "#1a1b1e" }];
  return looks.map((look) => ({ transform, mark: { type: "text", align: "left", dx: 6, limit: 200, ...look }, encoding }));
}
