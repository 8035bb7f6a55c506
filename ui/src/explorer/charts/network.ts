// Rows as connections between the values of two columns.
import { type Column, dimensions, measures, named, parts, type Row } from "./columns.ts";
import { type Choices, type Part, type Spec, type View } from "./view.ts";

const KINDS = [["force", "Forces"], ["sankey", "Flows"], ["arc", "Arcs"], ["matrix", "Matrix"]] as const;
const LABELS = [["shown", "Shown"], ["hidden", "Hidden"]] as const;
const MOST_LINKS = 150;
const [WIDE, HIGH] = [640, 440];

export interface Link {
  source: string;
  target: string;
  value: number;
}

interface Node {
  name: string;
  index: number;
  value: number;
  side: "source" | "target" | "both";
}

export const network: View = {
  name: "network",
  label: "Network",
  controls(columns) {
    const all = dimensions(columns).filter(({ kind }) => kind === "text");
    const from = all.length >= 2 ? all : dimensions(columns);
    if (from.length < 2) return undefined;
    const [first = from[0], second = from.find((column) => column !== first)] = parts(from);
    return [
      { kind: "column", name: "source", label: "From", from, first },
      { kind: "column", name: "target", label: "To", from, first: second },
      { kind: "column", name: "metric", label: "Weight", from: measures(columns), optional: true },
      { kind: "option", name: "kind", label: "Kind", options: KINDS },
      { kind: "option", name: "labels", label: "Names", options: LABELS },
    ];
  },
  spec(choices) {
    switch (choices["kind"]) {
      case "sankey":
        return sankey(choices);
      case "arc":
        return arc(choices);
      case "matrix":
        return matrix(choices);
      default:
        return force(choices);
    }
  },
  data(choices, columns, rows) {
    const [source, target, metric] = ["source", "target", "metric"].map((name) => named(columns, choices[name]));
    const links = source === undefined || target === undefined ? [] : linksOf(rows, source, target, metric);
    if (choices["kind"] === "sankey") return flows(links);
    const nodes = nodesOf(links);
    const places = new Map(nodes.map(({ name, index }) => [name, index]));
    return { nodes, links: links.map(({ source: from, target: to, value }) => ({ from, to, value, source: places.get(from) ?? 0, target: places.get(to) ?? 0 })) };
  },
  words: ({ source, target, metric, kind }) =>
    `${KINDS.find(([value]) => value === kind)?.[1] ?? ""} between ${String(source)} and ${String(target)}, by ${metric === null ? "the number of rows" : `the sum of ${String(metric)}`}; the ${MOST_LINKS} largest`,
};

/** The heaviest connections, each pair once. */
export function linksOf(rows: Row[], source: Column, target: Column, metric: Column | undefined): Link[] {
  const links = new Map<string, Link>();
  for (const row of rows) {
    const [from, to] = [row[source.field], row[target.field]];
    const value = metric === undefined ? 1 : Number(row[metric.field] ?? 0);
    if (from === null || to === null || !Number.isFinite(value)) continue;
    const key = JSON.stringify([from, to]);
    const link = links.get(key);
    if (link === undefined) links.set(key, { source: String(from), target: String(to), value });
    else link.value += value;
  }
  return [...links.values()].filter(({ value }) => value > 0).toSorted((one, other) => other.value - one.value).slice(0, MOST_LINKS);
}

export function nodesOf(links: Link[]): Node[] {
  const nodes = new Map<string, Node>();
  const add = (name: string, value: number, side: Node["side"]) => {
    const node = nodes.get(name);
    if (node === undefined) nodes.set(name, { name, index: nodes.size, value, side });
    else Object.assign(node, { value: node.value + value, side: node.side === side ? side : "both" });
  };
  for (const { source, value } of links) add(source, value, "source");
  for (const { target, value } of links) add(target, value, "target");
  return [...nodes.values()];
}

const COLOR = { name: "color", type: "ordinal", domain: ["source", "target", "both"], range: "category" };
const NODE_TIP = { signal: "{Name: datum.name, Weight: format(datum.value, ',.6~g')}" };
const LINK_TIP = { signal: "{From: datum.from, To: datum.to, Weight: format(datum.value, ',.6~g')}" };
const most = (data: string) => ({ data, field: "value" });

function names({ labels }: Choices, mark: Part): Part[] {
  return labels === "hidden" ? [] : [{ type: "text", style: "guide-label", interactive: false, ...mark }];
}

function force(choices: Choices): Spec {
  return {
    language: "vega",
    spec: {
      width: WIDE,
      height: HIGH,
      padding: 20,
      data: [{ name: "nodes" }, { name: "links" }],
      scales: [COLOR, { name: "size", type: "sqrt", domain: most("nodes"), range: [30, 700], zero: true }, { name: "thick", domain: most("links"), range: [0.5, 6], zero: true }],
      marks: [
        {
          name: "circles",
          type: "symbol",
          zindex: 1,
          from: { data: "nodes" },
          encode: { enter: { fill: { scale: "color", field: "side" }, stroke: { value: "#888888" }, middle: { signal: "width / 2" }, centre: { signal: "height / 2" } }, update: { size: { scale: "size", field: "value" }, tooltip: NODE_TIP } },
          transform: [
            {
              type: "force",
              // The links wait for it by this name.
              signal: "force",
              static: true,
              iterations: 300,
              forces: [
                { force: "center", x: { signal: "width / 2" }, y: { signal: "height / 2" } },
                { force: "collide", radius: { expr: "sqrt(datum.size) / 2 + 2" } },
                { force: "nbody", strength: -350 },
                { force: "x", x: "middle", strength: 0.05 },
                { force: "y", y: "centre", strength: 0.08 },
                { force: "link", links: "links", distance: 90 },
              ],
            },
          ],
        },
        {
          type: "path",
          from: { data: "links" },
          encode: { update: { stroke: { value: "#888888" }, strokeOpacity: { value: 0.5 }, strokeWidth: { scale: "thick", field: "value" }, tooltip: LINK_TIP } },
          transform: [{ type: "linkpath", require: { signal: "force" }, shape: "line", sourceX: "datum.source.x", sourceY: "datum.source.y", targetX: "datum.target.x", targetY: "datum.target.y" }],
        },
        ...names(choices, { from: { data: "circles" }, zindex: 2, encode: { update: { x: { field: "x" }, y: { field: "y", offset: { signal: "-sqrt(datum.size) / 2 - 3" } }, align: { value: "center" }, baseline: { value: "bottom" }, text: { field: "datum.name" }, limit: { value: 110 } } } }),
      ],
    },
  };
}

function arc(choices: Choices): Spec {
  return {
    language: "vega",
    spec: {
      width: WIDE,
      height: HIGH / 2,
      padding: { left: 10, right: 10, top: 10, bottom: 110 },
      data: [
        { name: "nodes", transform: [{ type: "window", ops: ["rank"], as: ["order"], sort: { field: ["side", "value"], order: ["ascending", "descending"] } }] },
        {
          name: "links",
          transform: [
            { type: "lookup", from: "nodes", key: "index", fields: ["source", "target"], as: ["one", "other"] },
          ],
        },
      ],
      scales: [
        COLOR,
        { name: "place", type: "point", domain: { data: "nodes", field: "name", sort: { op: "min", field: "order" } }, range: "width", padding: 0.5 },
        { name: "size", type: "sqrt", domain: most("nodes"), range: [20, 400], zero: true },
        { name: "thick", domain: most("links"), range: [0.5, 8], zero: true },
      ],
      marks: [
        {
          type: "path",
          from: { data: "links" },
          encode: { update: { stroke: { value: "#888888" }, strokeOpacity: { value: 0.45 }, strokeWidth: { scale: "thick", field: "value" }, tooltip: LINK_TIP } },
          transform: [
            { type: "formula", as: "sourceX", expr: "scale('place', min(datum.datum.one.order, datum.datum.other.order) == datum.datum.one.order ? datum.datum.one.name : datum.datum.other.name)" },
            { type: "formula", as: "targetX", expr: "scale('place', min(datum.datum.one.order, datum.datum.other.order) == datum.datum.one.order ? datum.datum.other.name : datum.datum.one.name)" },
            { type: "linkpath", shape: "arc", orient: "horizontal", sourceX: "sourceX", targetX: "targetX", sourceY: { expr: "height" }, targetY: { expr: "height" } },
          ],
        },
        { type: "symbol", from: { data: "nodes" }, encode: { update: { x: { scale: "place", field: "name" }, y: { signal: "height" }, size: { scale: "size", field: "value" }, fill: { scale: "color", field: "side" }, tooltip: NODE_TIP } } },
        ...names(choices, { from: { data: "nodes" }, encode: { update: { x: { scale: "place", field: "name" }, y: { signal: "height + 14" }, angle: { value: -60 }, align: { value: "right" }, baseline: { value: "middle" }, text: { field: "name" }, limit: { value: 110 } } } }),
      ],
    },
  };
}

function matrix({ source, target }: Choices): Spec {
  return {
    language: "vega-lite",
    spec: {
      data: { name: "links" },
      width: { step: 22 },
      height: { step: 22 },
      mark: { type: "rect", tooltip: true },
      encoding: { y: ends("from", source), x: ends("to", target), color: { field: "value", type: "quantitative", title: "Weight" } },
    },
  };
}

function ends(field: string, title: unknown): Part {
  return { field, type: "nominal", title: String(title), sort: { field: "value", op: "sum", order: "descending" } };
}

/** A column of blocks at each side, as high as what leaves or reaches them, and bands between. */
export function flows(links: Link[]): { blocks: object[]; bands: object[] } {
  const total = links.reduce((sum, { value }) => sum + value, 0);
  const blocks: { name: string; side: "source" | "target"; value: number; low: number; high: number }[] = [];
  const used = new Map<string, number>();
  for (const side of ["source", "target"] as const) {
    const sums = new Map<string, number>();
    for (const link of links) sums.set(link[side], (sums.get(link[side]) ?? 0) + link.value);
    const gap = sums.size > 1 ? GAPS / (sums.size - 1) : 0;
    let at = 0;
    for (const [name, value] of [...sums].toSorted((one, other) => other[1] - one[1])) {
      const size = (value / total) * (1 - (sums.size > 1 ? GAPS : 0));
      blocks.push({ name, side, value, low: at, high: at + size });
      used.set(`${side} ${name}`, at);
      at += size + gap;
    }
  }
  const share = (side: "source" | "target") => 1 - (blocks.filter((block) => block.side === side).length > 1 ? GAPS : 0);
  const taken = (side: "source" | "target", name: string, value: number): [number, number] => {
    const low = used.get(`${side} ${name}`) ?? 0;
    const high = low + (value / total) * share(side);
    used.set(`${side} ${name}`, high);
    return [low, high];
  };
  const order = new Map(blocks.map(({ name, side, low }) => [`${side} ${name}`, low]));
  const inOrder = links.toSorted((one, other) => (order.get(`source ${one.source}`) ?? 0) - (order.get(`source ${other.source}`) ?? 0) || (order.get(`target ${one.target}`) ?? 0) - (order.get(`target ${other.target}`) ?? 0));
  const bands = inOrder.map(({ source, target, value }) => {
    const [[a, b], [c, d]] = [taken("source", source, value), taken("target", target, value)];
    return { from: source, to: target, value, a, b, c, d };
  });
  return { blocks, bands };
}

/** The part of the height that is between blocks. */
const GAPS = 0.2;

function sankey(choices: Choices): Spec {
  const [left, right] = [130, WIDE - 130];
  const path = `'M${left + 12},' + datum.a * ${HIGH} + 'C${WIDE / 2},' + datum.a * ${HIGH} + ' ${WIDE / 2},' + datum.c * ${HIGH} + ' ${right},' + datum.c * ${HIGH} + 'V' + datum.d * ${HIGH} + 'C${WIDE / 2},' + datum.d * ${HIGH} + ' ${WIDE / 2},' + datum.b * ${HIGH} + ' ${left + 12},' + datum.b * ${HIGH} + 'Z'`;
  const isLeft = "datum.side === 'source'";
  return {
    language: "vega",
    spec: {
      width: WIDE,
      height: HIGH,
      padding: 5,
      data: [{ name: "blocks" }, { name: "bands", transform: [{ type: "formula", as: "path", expr: path }] }],
      scales: [{ name: "color", type: "ordinal", domain: { data: "blocks", field: "name" }, range: "category" }],
      marks: [
        { type: "path", from: { data: "bands" }, encode: { update: { path: { field: "path" }, fill: { scale: "color", field: "from" }, fillOpacity: { value: 0.35 }, tooltip: LINK_TIP }, hover: { fillOpacity: { value: 0.7 } } } },
        { type: "rect", from: { data: "blocks" }, encode: { update: { x: { signal: `${isLeft} ? ${left} : ${right}` }, width: { value: 12 }, y: { signal: `datum.low * ${HIGH}` }, y2: { signal: `datum.high * ${HIGH}` }, fill: { scale: "color", field: "name" }, tooltip: NODE_TIP } } },
        ...names(choices, { from: { data: "blocks" }, encode: { update: { x: { signal: `${isLeft} ? ${left - 6} : ${right + 18}` }, y: { signal: `(datum.low + datum.high) / 2 * ${HIGH}` }, align: { signal: `${isLeft} ? 'right' : 'left'` }, baseline: { value: "middle" }, text: { field: "name" }, limit: { value: 120 } } } }),
      ],
    },
  };
}
