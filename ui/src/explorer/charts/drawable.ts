// A chart with its data, as the frame takes it.
import type { Content } from "../../frame/library.ts";
import type { Column, Row } from "./columns.ts";
import { paletteOf } from "./palette.ts";
import type { Part } from "./view.ts";
import type { Chosen } from "./views.ts";

/** Above it a mark for every row is slow as an element of its own. */
const MOST_ELEMENTS = 2000;
const A_MARK_EACH = new Set(["scatter", "area"]);

/** Undefined of a view that the page draws itself. */
export function drawable({ view, choices }: Chosen, columns: Column[], rows: Row[]): Content | undefined {
  if (view.spec === undefined) return undefined;
  const { language, spec: plain } = view.spec(choices, columns);
  const made = withConfig(plain, paletteOf(choices));
  const isDense = rows.length > MOST_ELEMENTS && A_MARK_EACH.has(view.name);
  const spec = isDense ? { ...made, usermeta: { embedOptions: { renderer: "canvas" } } } : made;
  const datasets = view.data?.(choices, columns, rows) ?? { rows };
  if (language === "vega-lite") return { mime: "application/vnd.vegalite.v6+json", data: { ...spec, datasets }, metadata: {} };
  const data = (spec["data"] as Part[]).map((one) => {
    const values = datasets[String(one["name"])];
    return values === undefined ? one : Object.assign({ values }, one);
  });
  return { mime: "application/vnd.vega.v6+json", data: { ...spec, data }, metadata: {} };
}

/** What a chart says of its own looks stays. */
function withConfig(spec: Part, config: Part | undefined): Part {
  return config === undefined ? spec : { ...spec, config: { ...config, ...(spec["config"] as Part | undefined) } };
}
