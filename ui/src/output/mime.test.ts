import { expect, test } from "vitest";

import { choose } from "./mime.ts";

const FRAME = { schema: { fields: [{ name: "a", type: "integer" }] }, data: [{ a: 1 }] };

test.each([
  ["a table of pandas", { "text/plain": "a", "text/html": ["<b>", "x</b>"] }, { kind: "html", text: "<b>x</b>" }],
  ["a frame with its rows", { "text/html": "<table>", "application/vnd.dataresource+json": FRAME }, { kind: "table", resource: FRAME }],
  ["a frame of the wrong shape", { "text/html": "<table>", "application/vnd.dataresource+json": { schema: { fields: [] }, data: [] } }, { kind: "html", text: "<table>" }],
  ["a plot", { "text/plain": "<Figure>", "image/png": "iVB\nOR" }, { kind: "image", source: "data:image/png;base64,iVBOR" }],
  ["a drawing", { "image/svg+xml": "<svg/>" }, { kind: "image", source: "data:image/svg+xml,%3Csvg%2F%3E" }],
  ["JSON", { "application/json": { a: 1 }, "text/plain": "x" }, { kind: "json", value: { a: 1 } }],
  ["a chart", { "text/plain": "alt.Chart", "application/vnd.vegalite.v6.4.1+json": { mark: "bar" } }, { kind: "drawn", library: "vega", mime: "application/vnd.vegalite.v6.4.1+json", data: { mark: "bar" } }],
  ["a chart of two versions", { "application/vnd.vega.v5+json": { version: 5 }, "application/vnd.vega.v6+json": { version: 6 } }, { kind: "drawn", library: "vega", mime: "application/vnd.vega.v6+json", data: { version: 6 } }],
  ["a chart of the wrong shape", { "application/vnd.vegalite.v5+json": "x", "text/plain": "alt.Chart" }, { kind: "text", text: "alt.Chart" }],
  ["a plot of Bokeh", { "application/javascript": ["draw", "()"], "application/vnd.bokehjs_exec.v0+json": "" }, { kind: "drawn", library: "bokeh", mime: "application/vnd.bokehjs_exec.v0+json", data: "draw()" }],
  ["the element of a plot of Bokeh", { "text/html": '\n  <div id="a7be" data-root-id="p1008" style="display: contents;"></div>\n' }, { kind: "nothing" }],
  ["Bokeh itself", { "application/javascript": "x", "application/vnd.bokehjs_load.v0+json": "x" }, { kind: "nothing" }],
  ["a widget", { "application/vnd.jupyter.widget-view+json": { model_id: "a1", version_major: 2 }, "text/plain": "IntSlider()" }, { kind: "widget", model: "a1" }],
  ["a chart nobody here draws", { "application/vnd.other.v5+json": {}, "text/plain": "Chart" }, { kind: "text", text: "Chart" }],
  ["only what nobody knows", { "application/x.y+json": [1] }, { kind: "json", value: [1] }],
  ["a formula", { "text/latex": "$\\displaystyle x^2$", "text/plain": "x**2" }, { kind: "markdown", text: "$$x^2$$" }],
  ["sound", { "audio/wav": "UklG" }, { kind: "media", tag: "audio", source: "data:audio/wav;base64,UklG" }],
  ["a form of the wrong shape", { "text/html": 7, "text/plain": "x" }, { kind: "text", text: "x" }],
  ["nothing", { "application/octet-stream": "x" }, undefined],
])("%s", (_name, data, expected) => {
  expect(choose(data)).toEqual(expected);
});
