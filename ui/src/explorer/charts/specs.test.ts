// Every view with every kind, compiled and run as the frame does it, over a small table of each type.
import { parse, type Spec as VegaSpec, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { expect, test } from "vitest";

import type { TableColumn } from "../source.ts";
import { type Column, profiled, type Row, rowsOf } from "./columns.ts";
import { drawable } from "./drawable.ts";
import { flows, linksOf } from "./network.ts";
import { nodesOf } from "./hierarchy.ts";
import type { Choices } from "./view.ts";
import { chosenOf, suggestions, VIEWS } from "./views.ts";

const TABLE: TableColumn[] = [
  { name: "region", type: "Utf8", kind: "text" },
  // Names that would be paths or expressions.
  { name: "a.b['c'] + datum", type: "Utf8", kind: "text" },
  { name: "sales", type: "Int64", kind: "number" },
  { name: "cost", type: "Float64", kind: "number" },
  { name: "day", type: "Date32", kind: "time" },
  { name: "weight", type: "Float64", kind: "number" },
];
const ROWS = Array.from({ length: 120 }, (_, at) => [["EMEA", "APAC", "AMER"][at % 3], `city ${at % 7}`, (at * 37) % 97, ((at * 53) % 89) / 7, new Date(Date.UTC(2026, 0, 1 + Math.floor(at / 3))).toISOString().slice(0, 10), at % 11 === 0 ? null : at / 3]);
const COLUMNS = profiled(TABLE, ROWS);
const DATA = rowsOf(COLUMNS, ROWS);

/** What a chart draws, after everything in it has run: the marks by their type. */
async function marks(columns: Column[], choices: Choices): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const { marktype = "" } of await drawn(columns, choices)) found.set(marktype, (found.get(marktype) ?? 0) + 1);
  return found;
}

/** Every item of every mark. */
async function drawn(columns: Column[], choices: Choices): Promise<Scene[]> {
  const chosen = chosenOf(columns, choices);
  if (chosen === undefined) throw new Error("no view");
  const content = drawable(chosen, columns, DATA);
  if (content === undefined) throw new Error("the page draws it");
  const { mime, data } = content;
  const spec = mime.includes("vegalite") ? compile(data as TopLevelSpec, { logger: strict() }).spec : (data as VegaSpec);
  const view = new View(parse(spec), { renderer: "none", logger: strict() });
  await view.runAsync();
  const found = itemsOf((view.scenegraph() as unknown as { root: Scene }).root);
  view.finalize();
  return found;
}

interface Scene {
  marktype?: string;
  items?: Scene[];
  role?: string;
  fill?: string;
  y?: number;
  height?: number;
  datum?: { [field: string]: unknown };
}

function itemsOf({ marktype, role, items = [] }: Scene): Scene[] {
  const isMark = marktype !== undefined && role !== undefined && !/axis|legend|title|header|frame/.test(role);
  return [...(isMark ? items.map((item) => ({ ...item, marktype })) : []), ...items.flatMap(itemsOf)];
}

/** What is said of charts that are right: of their size, where there is no window, and of parts of a box that no point is in. */
const HARMLESS = /^Can not resolve event source: window$|^Dropping "fit-y"|Infinite extent/;

/** Any other warning is a mistake of ours. */
function strict() {
  const logger = { level: () => logger, error: fail, warn: fail, info: () => logger, debug: () => logger };
  return logger as never;
}

function fail(...words: readonly unknown[]): void {
  const said = words.map(String).join(" ");
  if (!HARMLESS.test(said)) throw new Error(said);
}

test.each<[string, Choices, string, number]>([
  ["bars of a count", { view: "bar", dimension: "region", metric: null }, "rect", 3],
  ["bars of a name that is no path", { view: "bar", dimension: "a.b['c'] + datum", metric: "sales" }, "rect", 7],
  ["bars side by side", { view: "bar", dimension: "region", metric: "sales", color: "a.b['c'] + datum", group: "clustered" }, "rect", 21],
  ["means are not stacked", { view: "bar", dimension: "region", metric: "sales", aggregate: "mean", color: "a.b['c'] + datum", group: "stacked" }, "rect", 21],
  ["shares", { view: "bar", dimension: "region", metric: "sales", aggregate: "sum", color: "a.b['c'] + datum", group: "share" }, "rect", 21],
  ["means with their errors", { view: "bar", dimension: "region", metric: "sales", aggregate: "mean", color: "a.b['c'] + datum", errors: "stderr" }, "rule", 21],
  ["bars repeated", { view: "bar", dimension: "a.b['c'] + datum", metric: "sales", facet: "region" }, "rect", 21],
  ["bars as thick as a measure", { view: "bar", dimension: "region", metric: "sales", width: "cost" }, "rect", 3],
  ["bars as thick as a measure have names", { view: "bar", dimension: "region", metric: null, width: "cost" }, "text", 3],
  ["thick bars that are stacked", { view: "bar", dimension: "region", metric: "sales", width: "cost", color: "a.b['c'] + datum" }, "rect", 21],
  ["thick shares, repeated", { view: "bar", dimension: "a.b['c'] + datum", metric: "sales", width: "cost", color: "region", group: "share", facet: "region" }, "rect", 21],
  ["a histogram", { view: "summary", metric: "sales", dimension: null, kind: "histogram" }, "rect", 20],
  ["boxes", { view: "summary", metric: "sales", dimension: "region", kind: "box" }, "rect", 6],
  ["one box", { view: "summary", metric: "sales", dimension: null, kind: "box" }, "rect", 2],
  ["violins", { view: "summary", metric: "sales", dimension: "region", kind: "violin" }, "area", 3],
  ["ridges", { view: "summary", metric: "sales", dimension: "region", kind: "ridgeline" }, "area", 3],
  ["a heatmap of a spread", { view: "summary", metric: "sales", dimension: "region", kind: "heatmap" }, "rect", 40],
  ["points", { view: "scatter", x: "sales", y: "cost", color: "region" }, "symbol", 120],
  ["points along a time with names", { view: "scatter", x: "day", y: "cost", label: "region", size: "sales" }, "text", 5],
  ["a trend", { view: "scatter", x: "sales", y: "cost", trend: "linear" }, "line", 1],
  ["another trend", { view: "scatter", x: "sales", y: "cost", trend: "loess" }, "line", 1],
  ["points with histograms", { view: "scatter", x: "sales", y: "cost", margin: "histogram" }, "symbol", 120],
  ["points with boxes", { view: "scatter", x: "sales", y: "cost", margin: "box" }, "symbol", 120],
  ["squares", { view: "area", x: "sales", y: "cost", kind: "heatmap" }, "rect", 80],
  ["hexagons", { view: "area", x: "sales", y: "cost", kind: "hexbin" }, "symbol", 60],
  ["contours", { view: "area", x: "sales", y: "cost", kind: "contour" }, "path", 5],
  ["forces", { view: "network", source: "region", target: "a.b['c'] + datum", kind: "force" }, "symbol", 10],
  ["flows", { view: "network", source: "region", target: "a.b['c'] + datum", metric: "sales", kind: "sankey" }, "path", 21],
  ["arcs", { view: "network", source: "region", target: "a.b['c'] + datum", kind: "arc" }, "path", 21],
  ["a matrix", { view: "network", source: "region", target: "a.b['c'] + datum", kind: "matrix" }, "rect", 21],
  ["areas", { view: "hierarchy", nesting: ["region", "a.b['c'] + datum"], metric: "sales", kind: "treemap" }, "rect", 24],
  ["layers", { view: "hierarchy", nesting: ["region", "a.b['c'] + datum"], kind: "partition" }, "rect", 25],
  ["rings", { view: "hierarchy", nesting: ["region", "a.b['c'] + datum"], kind: "sunburst" }, "arc", 24],
  ["a tree", { view: "hierarchy", nesting: ["region", "a.b['c'] + datum"], kind: "dendrogram" }, "symbol", 25],
  ["a line along a time", { view: "line", along: "day", metrics: ["sales"] }, "line", 1],
  ["lines along the rows", { view: "line", along: null, metrics: ["sales", "cost"] }, "line", 2],
  ["lines of one measure", { view: "line", along: "day", metrics: ["sales"], color: "region" }, "line", 3],
  ["stacked areas", { view: "line", along: "day", metrics: ["sales", "cost"], kind: "stacked" }, "area", 2],
  ["shares along a time", { view: "line", along: "day", metrics: ["sales", "cost"], kind: "share" }, "area", 2],
  ["ranks", { view: "line", along: "day", metrics: ["sales"], color: "region", kind: "ranked" }, "line", 3],
])("%s", async (_name, choices, mark, least) => {
  const found = await marks(COLUMNS, choices);
  expect(found.get(mark) ?? 0, JSON.stringify(Object.fromEntries(found))).toBeGreaterThanOrEqual(least);
});

function sum(rows: Row[], field: string): number {
  return rows.reduce((all, row) => all + Number(row[field]), 0);
}

test("bars are as thick as their share of another measure, the largest first", async () => {
  const bars = (await drawn(COLUMNS, { view: "bar", dimension: "region", metric: "sales", width: "cost" })).filter(({ marktype }) => marktype === "rect");
  const [region = "", sales = "", cost = ""] = ["region", "sales", "cost"].map((name) => COLUMNS.find((column) => column.name === name)?.field);
  const of = (name: unknown) => DATA.filter((row) => row[region] === name);
  const high = sum(bars.map(({ height }) => ({ height })), "height");
  const found = bars.toSorted((one, other) => (one.y ?? 0) - (other.y ?? 0)).map(({ datum, height = 0 }) => [datum?.[region], height / high]);
  const expected = ["EMEA", "APAC", "AMER"].toSorted((one, other) => sum(of(other), sales) - sum(of(one), sales));
  expect(found).toEqual(expected.map((name) => [name, expect.closeTo(sum(of(name), cost) / sum(DATA, cost), 5)]));
});

test.each(VIEWS.filter(({ spec }) => spec !== undefined).map(({ name }) => name))("%s can have every palette", async (view) => {
  const palettes = chosenOf(COLUMNS, { view })?.controls.flatMap((control) => (control.kind === "option" && control.name === "palette" ? control.options : [])) ?? [];
  expect(palettes.length).toBeGreaterThan(4);
  for (const [palette] of palettes) expect((await drawn(COLUMNS, { view, palette })).length).toBeGreaterThan(0);
});

test.each<[string, Choices, string[]]>([
  ["nothing apart", {}, ["#0072b2"]],
  ["regions apart", { color: "region" }, ["#0072b2", "#e69f00", "#009e73"]],
])("a palette of bars that tell %s", async (_name, choices, colours) => {
  const bars = (await drawn(COLUMNS, { view: "bar", dimension: "region", metric: "sales", palette: "okabe", ...choices })).filter(({ marktype }) => marktype === "rect");
  expect(new Set(bars.map(({ fill }) => fill))).toEqual(new Set(colours));
});

test.each([
  ["everything", COLUMNS, ["line", "bar", "scatter", "summary"]],
  ["text", COLUMNS.filter(({ kind }) => kind === "text"), ["bar", "hierarchy"]],
  ["one number", COLUMNS.slice(2, 3), ["summary", "line", "bar"]],
])("a table of %s suggests", (_name, columns, expected) => {
  expect(suggestions(columns).map(({ view }) => view)).toEqual(expected);
});

test("every view has words, and of a table without its columns there is none", () => {
  for (const view of VIEWS) {
    const chosen = chosenOf(COLUMNS, { view: view.name });
    expect(chosen?.view.name).toBe(view.name);
    expect(view.words(chosen?.choices ?? {})).not.toMatch(/undefined|null|\[object/);
  }
  expect(chosenOf(COLUMNS.slice(0, 1), { view: "scatter" })?.view.name).toBe("bar");
});

test.each([["sum", true], ["mean", false]])("thick bars of a %s say whether they are coloured", (aggregate, isColoured) => {
  const chosen = chosenOf(COLUMNS, { view: "bar", dimension: "region", metric: "sales", aggregate, color: "a.b['c'] + datum", width: "cost" });
  const words = chosen?.view.words(chosen.choices) ?? "";
  expect(words).toContain("as thick as cost");
  expect(words.includes("coloured by")).toBe(isColoured);
});

test("what is not there any more is as if it was not chosen", () => {
  const chosen = chosenOf(COLUMNS, { view: "scatter", x: "gone", y: "cost", trend: "magic" });
  expect(chosen?.choices).toMatchObject({ view: "scatter", x: "sales", y: "cost", trend: "none" });
});

test("connections are added up, and what has no weight is none", () => {
  const [source, target, metric] = COLUMNS;
  if (source === undefined || target === undefined || metric === undefined) throw new Error("no columns");
  const rows = [["a", "x", 1], ["a", "x", 2], ["b", "x", 4], ["b", null, 9], ["b", "y", 0]].map(([one, two, three]) => ({ [source.field]: one, [target.field]: two, [metric.field]: three }));
  const links = linksOf(rows, source, target, COLUMNS[2]);
  expect(links).toEqual([{ source: "b", target: "x", value: 4 }, { source: "a", target: "x", value: 3 }]);
  const { bands, blocks } = flows(links) as { bands: { a: number; b: number; c: number; d: number }[]; blocks: { low: number; high: number }[] };
  expect(blocks.map(({ low, high }) => [low, high].map((place) => Number(place.toFixed(3))))).toEqual([[0, 0.457], [0.657, 1], [0, 1]]);
  expect(bands.map(({ c, d }) => [c, d].map((place) => Number(place.toFixed(3))))).toEqual([[0, 0.571], [0.571, 1]]);
});

test("a tree has its sums, and of too many nodes the largest with all above them", () => {
  const [one, two] = COLUMNS;
  if (one === undefined || two === undefined) throw new Error("no columns");
  const rows = Array.from({ length: 3000 }, (_, at) => ({ [one.field]: `p${at % 3}`, [two.field]: `q${Math.floor(Math.sqrt(at))}x${at % 40}` }));
  const nodes = nodesOf(rows, [one, two], undefined);
  expect(nodes[0]).toMatchObject({ parent: null, total: 3000 });
  expect(nodes.length).toBeLessThanOrEqual(400);
  const ids = new Set(nodes.map(({ id }) => id));
  expect(nodes.every(({ parent }) => parent === null || ids.has(parent))).toBe(true);
});
