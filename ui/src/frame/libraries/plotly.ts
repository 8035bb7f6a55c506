// Figures of Plotly: as outputs of their own, and as HTML that asks for `Plotly`.
import Plotly, { type Figure, type Layout } from "plotly.js-dist-min";

import { COLOURS } from "../colours.ts";
import type { Content } from "../library.ts";
import type { Theme } from "../message.ts";

/** The height of a figure that says none. */
const HEIGHT = 450;
/** The paper of figures whose author chose no other look; only these are dressed for the dark. */
const STOCK = "#E5ECF6";

let theme: Theme = "light";
const figures = new Map<HTMLElement, Figure>();

export async function wear(now: Theme): Promise<void> {
  theme = now;
  await Promise.all([...figures.keys()].map(show));
}

export async function draw(place: HTMLElement, { data }: Content): Promise<void> {
  figures.set(place, data as Figure);
  await show(place);
}

async function show(place: HTMLElement): Promise<void> {
  const figure = figures.get(place);
  if (figure === undefined) return;
  const layout = dressed(figure.layout ?? {});
  const config = { responsive: true, displaylogo: false, ...figure.config };
  await Plotly.react(place, figure.data ?? [], { height: HEIGHT, ...layout }, config);
  if (figure.frames !== undefined && figure.frames.length > 0) await Plotly.addFrames(place, figure.frames);
}

/** Light figures stand on white, as they were made for; a stock one gets our dark instead. */
function dressed(layout: Layout): Layout {
  const stock = layout.template?.layout;
  if (theme === "light" || layout.paper_bgcolor !== undefined || (stock !== undefined && stock.plot_bgcolor !== STOCK)) return layout;
  const { ink, line, surface, series } = COLOURS.dark;
  const axis = (of: string) => ({ ...(stock?.[of] as object), gridcolor: line, linecolor: line, zerolinecolor: line });
  const plane = { backgroundcolor: surface, gridcolor: line, zerolinecolor: line };
  const scene = { xaxis: plane, yaxis: plane, zaxis: plane };
  const dark = { ...stock, paper_bgcolor: "transparent", plot_bgcolor: "transparent", font: { color: ink }, xaxis: axis("xaxis"), yaxis: axis("yaxis"), scene, colorway: series };
  return { ...layout, template: { ...layout.template, layout: dark } };
}

Object.assign(globalThis, { Plotly });
