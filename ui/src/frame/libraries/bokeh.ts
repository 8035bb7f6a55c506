// Plots of Bokeh: as outputs of a notebook's `show`, and as HTML that asks for `Bokeh`.
import core from "@bokeh/bokehjs/build/js/bokeh.min.js?text";
import gl from "@bokeh/bokehjs/build/js/bokeh-gl.min.js?text";
import tables from "@bokeh/bokehjs/build/js/bokeh-tables.min.js?text";
import widgets from "@bokeh/bokehjs/build/js/bokeh-widgets.min.js?text";

import type { Content } from "../library.ts";

// They put themselves into the page's `Bokeh`, each into what the first has made.
for (const text of [core, gl, widgets, tables]) run(text);

/** Plots say their colours themselves, and stand on white as they were made for. */
export function wear(): void {}

/** An output's script draws into elements that another output, which came before it, has put into the notebook. */
export function draw(place: HTMLElement, { data }: Content): void {
  const script = String(data);
  place.replaceChildren(...rootsOf(script).map(elementOf));
  run(script);
}

/** The roots of the documents in a script: the model's name and that of the element it is for. */
function rootsOf(script: string): [string, string][] {
  const lists = [...script.matchAll(/"roots":\s*(\{[^{}]*\})/g)];
  return lists.flatMap(([, list = "{}"]) => Object.entries(JSON.parse(list) as { [model: string]: string }));
}

function elementOf([model, element]: [string, string]): HTMLElement {
  const made = document.createElement("div");
  made.id = element;
  made.dataset["rootId"] = model;
  made.className = "paper";
  return made;
}

function run(text: string): void {
  const script = document.createElement("script");
  script.textContent = text;
  document.head.append(script);
  script.remove();
}
