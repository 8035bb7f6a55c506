// Charts in Vega and Vega-Lite: as outputs of their own, as the data explorer makes them, and as HTML that Altair writes,
// which asks for `vegaEmbed`.
import * as vega from "vega";
import * as vegaLite from "vega-lite";
import { Handler } from "vega-tooltip";

import type { Content } from "../library.ts";
import type { Theme } from "../message.ts";
import { configOf, liteConfigOf } from "../vega-config.ts";

interface Chart {
  spec: object;
  isLite: boolean;
  view?: vega.View;
}

let theme: Theme = "light";
const charts = new Map<HTMLElement, Chart>();

export async function wear(now: Theme): Promise<void> {
  theme = now;
  await Promise.all([...charts.keys()].map(show));
}

export async function draw(place: HTMLElement, { mime, data }: Content): Promise<void> {
  await put(place, data as object, mime.includes("vegalite"));
}

async function put(place: HTMLElement, spec: object, isLite: boolean): Promise<void> {
  charts.get(place)?.view?.finalize();
  charts.set(place, { spec, isLite });
  await show(place);
}

async function show(place: HTMLElement): Promise<void> {
  const chart = charts.get(place);
  if (chart === undefined) return;
  const { spec, config } = readied(chart);
  // Drawn beside what is there, so that an update does not flicker.
  const fresh = document.createElement("div");
  fresh.className = "chart";
  place.append(fresh);
  const view = new vega.View(vega.parse(spec, config), {
    renderer: rendererOf(chart.spec),
    container: fresh,
    hover: true,
    logLevel: vega.Warn,
    loader: ours(),
    tooltip: new Handler({ theme }).call,
  });
  await view.runAsync();
  if (charts.get(place) !== chart) {
    view.finalize();
    fresh.remove();
    return;
  }
  chart.view?.finalize();
  chart.view = view;
  place.replaceChildren(fresh);
}

/** Elements of their own can be read and scaled; where there are too many of them a chart asks for a canvas. */
function rendererOf(spec: object): "svg" | "canvas" {
  const { usermeta } = spec as { usermeta?: { embedOptions?: { renderer?: unknown } } };
  return usermeta?.embedOptions?.renderer === "canvas" ? "canvas" : "svg";
}

/** A specification of Vega, whichever of the two it came in. */
function readied({ spec, isLite }: Chart): { spec: vega.Spec; config: vega.Config } {
  if (!isLite) return { spec: spec as vega.Spec, config: configOf(theme) };
  return { spec: vegaLite.compile(spec as vegaLite.TopLevelSpec, { config: liteConfigOf(theme) }).spec, config: {} };
}

/** Data that a chart only names is elsewhere, and a frame has no network: said in words instead of the browser's. */
function ours(): vega.Loader {
  const own = vega.loader();
  own.load = (address: string) => {
    const error = new Error(`the data of this chart is not in the notebook but at ${address}`);
    // Vega itself only logs it.
    dispatchEvent(new ErrorEvent("error", { error }));
    return Promise.reject(error);
  };
  return own;
}

/** As far as HTML of outputs calls it. */
async function vegaEmbed(where: HTMLElement | string, spec: object, options: { mode?: string } = {}) {
  const place = typeof where === "string" ? document.querySelector<HTMLElement>(where) : where;
  if (place === null) throw new Error(`there is no element \`${String(where)}\``);
  const schema = "$schema" in spec ? String(spec.$schema) : "";
  await put(place, spec, options.mode === undefined ? !schema.includes("/vega/") : options.mode === "vega-lite");
  return { view: charts.get(place)?.view, spec, finalize: () => charts.get(place)?.view?.finalize() };
}

Object.assign(globalThis, { vega, vegaLite, vl: vegaLite, vegaEmbed });
