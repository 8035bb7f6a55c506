// Plots of Bokeh: as outputs of a notebook's `show`, and as HTML that asks for `Bokeh`.
import core from "@bokeh/bokehjs/build/js/bokeh.min.js?text";
import gl from "@bokeh/bokehjs/build/js/bokeh-gl.min.js?text";
import tables from "@bokeh/bokehjs/build/js/bokeh-tables.min.js?text";
import widgets from "@bokeh/bokehjs/build/js/bokeh-widgets.min.js?text";

import { COLOURS } from "../colours.ts";
import type { Content } from "../library.ts";
import type { Theme } from "../message.ts";

// They put themselves into the page's `Bokeh`, each into what the first has made.
for (const text of [core, gl, widgets, tables]) run(text);

let theme: Theme = "light";
const drawn = new Map<HTMLElement, string>();

/** A plot cannot be given other colours once it is there: it is made anew. */
export function wear(now: Theme): void {
  const before = theme;
  theme = now;
  if (before === now || drawn.size === 0) return;
  for (const document of Bokeh.documents.splice(0)) document.clear();
  for (const [place, script] of drawn) put(place, script);
}

/** An output's script draws into elements that another output, which came before it, has put into the notebook. */
export function draw(place: HTMLElement, { data }: Content): void {
  const script = String(data);
  drawn.set(place, script);
  put(place, script);
}

/** What says its colours itself, and whatever has more than plots in it, stands on white as it was made for. */
function put(place: HTMLElement, script: string): void {
  const isDark = theme === "dark" && isPlain(script);
  dress(isDark);
  place.replaceChildren(...rootsOf(script).map((root) => elementOf(root, isDark ? "paper is-dark" : "paper")));
  run(script);
}

/** Whether nobody chose colours for what has our dark ones, and everything in it has. */
function isPlain(script: string): boolean {
  if (/"\w*(?:background_fill|border_fill|text)_color":/.test(script)) return false;
  const names = new Set(Array.from(script.matchAll(/"type":"object","name":"([\w.]+)"/g), ([, name = ""]) => name));
  return [...names].every((name) => !isA(Bokeh.Models[name], "Widget"));
}

/** The colours of the page, where an author chose none. */
function dress(isDark: boolean): void {
  for (const [model, props] of stock) model.prototype[PROPERTIES] = props;
  stock.clear();
  if (!isDark) return;
  for (const name of Bokeh.Models.names) {
    const model = Bokeh.Models[name];
    const colours = DARK.find(([base]) => isA(model, base))?.[1];
    if (model === undefined || colours === undefined) continue;
    const props = model.prototype[PROPERTIES] ?? {};
    stock.set(model, props);
    model.override(Object.fromEntries(Object.entries(colours).filter(([property]) => property in props)));
  }
}

/** What models were made of before they were dressed. */
const stock = new Map<Model, object>();

const { ink, quiet, line, surface } = COLOURS.dark;
/** Of a model and all that are one; of several the first. */
const DARK: [base: string, colours: { [property: string]: string | null }][] = [
  ["Plot", { background_fill_color: null, border_fill_color: null, outline_line_color: line }],
  ["Grid", { grid_line_color: line }],
  ["Axis", { axis_line_color: quiet, major_tick_line_color: quiet, minor_tick_line_color: quiet, major_label_text_color: ink, axis_label_text_color: ink, group_text_color: ink, subgroup_text_color: ink, separator_line_color: line }],
  ["Legend", { background_fill_color: surface, border_line_color: line, label_text_color: ink, title_text_color: ink }],
  ["BaseColorBar", { background_fill_color: null, major_label_text_color: ink, title_text_color: ink }],
  ["Title", { text_color: ink }],
  ["Label", { text_color: ink }],
  ["LabelSet", { text_color: ink }],
  ["Text", { text_color: ink }],
  ["Glyph", { line_color: quiet }],
  ["Annotation", { line_color: quiet }],
];

/** What a model is made of, with what each is if nobody says anything. */
const PROPERTIES = "_props";

interface Model {
  prototype: { [name: string]: object | undefined };
  override: (values: { [property: string]: string | null }) => void;
}

declare const Bokeh: {
  documents: { clear: () => void }[];
  Models: { [name: string]: Model | undefined } & { names: string[] };
};

function isA(model: Model | undefined, base: string): boolean {
  const wanted = Bokeh.Models[base];
  return model !== undefined && wanted !== undefined && (model === wanted || Object.prototype.isPrototypeOf.call(wanted.prototype, model.prototype));
}

/** The roots of the documents in a script: the model's name and that of the element it is for. */
function rootsOf(script: string): [string, string][] {
  const lists = [...script.matchAll(/"roots":\s*(\{[^{}]*\})/g)];
  return lists.flatMap(([, list = "{}"]) => Object.entries(JSON.parse(list) as { [model: string]: string }));
}

function elementOf([model, element]: [string, string], look: string): HTMLElement {
  const made = document.createElement("div");
  made.id = element;
  made.dataset["rootId"] = model;
  made.className = look;
  return made;
}

function run(text: string): void {
  const script = document.createElement("script");
  script.textContent = text;
  document.head.append(script);
  script.remove();
}
