import { expect, test } from "vitest";

import { known } from "./known.ts";

test.each([
  ["Altair", '"vega": "https://cdn.jsdelivr.net/npm/vega@6?noext",', "vega"],
  ["vega-embed", "https://cdn.jsdelivr.net/npm/vega-embed@7?noext", "vega"],
  ["Plotly", '<script charset="utf-8" src="https://cdn.plot.ly/plotly-3.1.0.min.js" integrity="sha256-x"></script>', "plotly"],
  ["Bokeh", 'const js_urls = ["https://cdn.bokeh.org/bokeh/release/bokeh-gl-3.9.2.min.js"]', "bokeh"],
  ["another package", "https://cdn.jsdelivr.net/npm/vegan@1", undefined],
  ["another host", "https://cdn.plot.ly.example.com/plotly-3.1.0.min.js", undefined],
  ["only the word", "<p>plotly and bokeh</p>", undefined],
])("%s", (_name, text, expected) => {
  expect(known(text)).toBe(expected);
});
