// Rows as a tree: what one column divides is divided by the next.
import { type Column, dimensions, measures, named, parts, type Row } from "./columns.ts";
import { type Choices, type Part, type Spec, type View } from "./view.ts";

const KINDS = [["treemap", "Areas"], ["partition", "Layers"], ["sunburst", "Rings"], ["dendrogram", "Tree"]] as const;
const MOST_LEVELS = 4;
const MOST_NODES = 400;
const [WIDE, HIGH] = [640, 440];

export interface TreeNode {
  id: string;
  parent: string | null;
  name: string;
  /** Of leaves; the library adds them up. */
  value: number | null;
  /** Of all beneath it. */
  total: number;
  depth: number;
  /** The first column's value it is beneath. */
  branch: string;
}

export const hierarchy: View = {
  name: "hierarchy",
  label: "Hierarchy",
  controls(columns) {
    const from = dimensions(columns);
    if (from.length === 0) return undefined;
    const good = parts(columns).filter(({ kind }) => kind === "text");
    const first = good.length > 0 ? good.slice(0, 2) : from.slice(0, 1);
    return [
      { kind: "columns", name: "nesting", label: "Nested", from, first: first.toSorted((one, other) => one.distinct - other.distinct), most: MOST_LEVELS },
      { kind: "column", name: "metric", label: "Size", from: measures(columns), optional: true },
      { kind: "option", name: "kind", label: "Kind", options: KINDS },
    ];
  },
  spec(choices) {
    switch (choices["kind"]) {
      case "partition":
        return layers();
      case "sunburst":
        return rings();
      case "dendrogram":
        return tree();
      default:
        return areas();
    }
  },
  data(choices: Choices, columns, rows) {
    const nesting = (choices["nesting"] as string[]).flatMap((name) => named(columns, name) ?? []);
    return { nodes: nodesOf(rows, nesting, named(columns, choices["metric"])) };
  },
  words: ({ nesting, metric, kind }) =>
    `${KINDS.find(([value]) => value === kind)?.[1] ?? ""} of ${(nesting as string[]).join(", then ")}, as large as ${metric === null ? "their number of rows" : `the sum of ${String(metric)}`}; the ${MOST_NODES} largest`,
};

/** All nodes of the tree, those above before those beneath; of too many the largest. */
export function nodesOf(rows: Row[], nesting: Column[], metric: Column | undefined): TreeNode[] {
  const root: TreeNode = { id: "[]", parent: null, name: "All", value: null, total: 0, depth: 0, branch: "" };
  const nodes = new Map([[root.id, root]]);
  for (const row of rows) {
    const size = metric === undefined ? 1 : Math.max(0, Number(row[metric.field] ?? 0));
    if (!Number.isFinite(size)) continue;
    const values = nesting.map(({ field }) => String(row[field] ?? "null"));
    root.total += size;
    for (let depth = 1; depth <= values.length; depth += 1) {
      const id = JSON.stringify(values.slice(0, depth));
      const node = nodes.get(id) ?? { id, parent: JSON.stringify(values.slice(0, depth - 1)), name: values[depth - 1] ?? "", value: null, total: 0, depth, branch: values[0] ?? "" };
      node.total += size;
      if (depth === values.length) node.value = node.total;
      nodes.set(id, node);
    }
  }
  // What is above is never smaller than what is beneath it, and so never lost before it.
  const largest = [...nodes.values()].filter(({ total, depth }) => depth === 0 || total > 0).toSorted((one, other) => one.depth - other.depth || other.total - one.total);
  return kept(largest);
}

function kept(nodes: TreeNode[]): TreeNode[] {
  if (nodes.length <= MOST_NODES) return nodes;
  const enough = nodes.map(({ total }) => total).toSorted((one, other) => other - one)[MOST_NODES - 1] ?? 0;
  const there = new Set<string>();
  return nodes.filter((node) => {
    const stays = there.size < MOST_NODES && node.total >= enough && (node.parent === null || there.has(node.parent));
    if (stays) there.add(node.id);
    return stays;
  });
}

const TIP = { signal: "{Name: datum.name, Size: format(datum.total, ',.6~g')}" };
const STRATIFY = { type: "stratify", key: "id", parentKey: "parent" };
const COLOR = { name: "color", type: "ordinal", domain: { data: "nodes", field: "branch" }, range: "category" };
const FADE = { name: "fade", type: "linear", domain: [1, MOST_LEVELS], range: [0.85, 0.3] };
const BOX = { fill: { scale: "color", field: "branch" }, fillOpacity: { scale: "fade", field: "depth" }, stroke: { value: "#888888" }, strokeWidth: { value: 0.5 }, tooltip: TIP };

function drawn(transform: Part, marks: Part[], more: Part = {}): Spec {
  const nodes = { name: "nodes", transform: [STRATIFY, transform] };
  const below = { name: "below", source: "nodes", transform: [{ type: "filter", expr: "datum.depth > 0" }] };
  return { language: "vega", spec: { width: WIDE, height: HIGH, padding: 5, data: [nodes, below, ...((more["data"] as Part[] | undefined) ?? [])], scales: [COLOR, FADE], marks } };
}

const RECT = { x: { field: "x0" }, x2: { field: "x1" }, y: { field: "y0" }, y2: { field: "y1" } };
const INSIDE = { type: "text", style: "guide-title", interactive: false, from: { data: "below" } };
const SIZE = [{ signal: "width" }, { signal: "height" }];

function areas(): Spec {
  const transform = { type: "treemap", field: "value", sort: { field: "value", order: "descending" }, round: true, paddingInner: 1, paddingTop: 16, size: SIZE };
  return drawn(transform, [
    { type: "rect", from: { data: "below" }, encode: { update: { ...RECT, ...BOX } } },
    { ...INSIDE, encode: { update: { x: { field: "x0", offset: 4 }, y: { field: "y0", offset: 3 }, baseline: { value: "top" }, fontSize: { value: 11 }, text: { signal: "datum.x1 - datum.x0 > 30 && datum.y1 - datum.y0 > 13 ? datum.name : ''" }, limit: { signal: "datum.x1 - datum.x0 - 6" } } } },
  ]);
}

function layers(): Spec {
  const transform = { type: "partition", field: "value", sort: { field: "value", order: "descending" }, round: true, padding: 1, size: [{ signal: "height" }, { signal: "width" }], as: ["y0", "x0", "y1", "x1", "depth", "children"] };
  return drawn(transform, [
    { type: "rect", from: { data: "nodes" }, encode: { update: { ...RECT, ...BOX } } },
    { ...INSIDE, from: { data: "nodes" }, encode: { update: { x: { field: "x0", offset: 5 }, y: { signal: "(datum.y0 + datum.y1) / 2" }, baseline: { value: "middle" }, fontSize: { value: 11 }, text: { signal: "datum.y1 - datum.y0 > 12 ? datum.name : ''" }, limit: { signal: "datum.x1 - datum.x0 - 8" } } } },
  ]);
}

function rings(): Spec {
  const transform = { type: "partition", field: "value", sort: { field: "value", order: "descending" }, size: [{ signal: "2 * PI" }, { signal: "height / 2" }], as: ["a0", "r0", "a1", "r1", "depth", "children"] };
  return drawn(transform, [
    { type: "arc", from: { data: "below" }, encode: { update: { x: { signal: "width / 2" }, y: { signal: "height / 2" }, startAngle: { field: "a0" }, endAngle: { field: "a1" }, innerRadius: { field: "r0" }, outerRadius: { field: "r1" }, ...BOX } } },
    { ...INSIDE, encode: { update: { x: { signal: "width / 2" }, y: { signal: "height / 2" }, radius: { signal: "(datum.r0 + datum.r1) / 2" }, theta: { signal: "(datum.a0 + datum.a1) / 2" }, align: { value: "center" }, baseline: { value: "middle" }, fontSize: { value: 11 }, text: { signal: "(datum.a1 - datum.a0) * (datum.r0 + datum.r1) / 2 > 26 ? datum.name : ''" }, limit: { signal: "min((datum.a1 - datum.a0) * (datum.r0 + datum.r1) / 2, (datum.r1 - datum.r0) * 1.4)" } } } },
  ]);
}

function tree(): Spec {
  const transform = { type: "tree", method: "cluster", size: [{ signal: "height" }, { signal: "width - 140" }], as: ["y", "x", "depth", "children"] };
  const links = { name: "links", source: "nodes", transform: [{ type: "treelinks" }, { type: "linkpath", orient: "horizontal", shape: "diagonal" }] };
  return drawn(
    transform,
    [
      { type: "path", from: { data: "links" }, encode: { update: { path: { field: "path" }, stroke: { value: "#888888" }, strokeOpacity: { value: 0.6 } } } },
      { type: "symbol", from: { data: "nodes" }, encode: { update: { x: { field: "x" }, y: { field: "y" }, size: { value: 40 }, fill: { scale: "color", field: "branch" }, tooltip: TIP } } },
      { type: "text", style: "guide-label", interactive: false, from: { data: "nodes" }, encode: { update: { x: { field: "x" }, y: { field: "y" }, dx: { signal: "datum.children ? -6 : 6" }, align: { signal: "datum.children ? 'right' : 'left'" }, baseline: { value: "middle" }, fontSize: { value: 10 }, text: { field: "name" }, limit: { value: 130 } } } },
    ],
    { data: [links] },
  );
}
