// What nteract's data explorer has saved with an output (`metadata.dx`, https://github.com/nteract/data-explorer), as far
// as we have the same.
import type { ChartChoices } from "./source.ts";

type Values = { [name: string]: unknown };

const KINDS: { [kind: string]: string } = { boxplot: "box", joy: "ridgeline", stackedarea: "stacked", stackedpercent: "share", bumparea: "ranked" };

/** The look it stands for; undefined where there is none. */
export function lookOfDx(dx: unknown): Values | undefined {
  if (typeof dx !== "object" || dx === null) return undefined;
  const choices = choicesOf(dx as Values);
  return choices === undefined ? undefined : { view: "chart", chart: choices };
}

function choicesOf(dx: Values): ChartChoices | undefined {
  const chart = (dx["chart"] ?? {}) as Values;
  const { metric1, metric2, metric3, dim1, dim2 } = Object.fromEntries(Object.entries(chart).map(([name, value]) => [name, value === "none" ? null : value]));
  const kind = (name: string) => KINDS[String(dx[name])] ?? dx[name];
  switch (dx["view"]) {
    case "bar":
      return { view: "bar", dimension: dim1, metric: metric1 };
    case "summary":
      return { view: "summary", metric: metric1, dimension: dim1, kind: kind("summaryType") };
    case "scatter":
      return { view: "scatter", x: metric1, y: metric2, size: metric3, label: dim1, trend: dx["trendLine"] };
    case "hexbin":
      return { view: "area", x: metric1, y: metric2, kind: kind("areaType") };
    case "network":
      return { view: "network", source: dim1, target: dim2, metric: metric1, kind: kind("networkType") };
    case "hierarchy":
      return { view: "hierarchy", nesting: dx["selectedDimensions"], metric: metric1, kind: kind("hierarchyType") };
    case "parallel":
      return { view: "parallel", color: dim1 };
    case "line":
      return { view: "line", along: null, metrics: dx["selectedMetrics"], kind: kind("lineType") };
    default:
      return undefined;
  }
}
