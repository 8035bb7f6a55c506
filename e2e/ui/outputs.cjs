// Outputs that libraries draw: charts as they are shown, as they are updated and as HTML that asks the network for its
// library; widgets as a run left them, and live beside their kernel. All in frames of nobody's origin, and nothing from elsewhere is loaded.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { main, until } = require("./server.cjs");

const bars = (rows, more) => ({
  $schema: "https://vega.github.io/schema/vega-lite/v5.json",
  data: { values: Array.from({ length: rows }, (_, n) => ({ region: `R${n}`, sales: n + 1 })) },
  mark: "bar",
  encoding: { x: { field: "region", type: "nominal" }, y: { field: "sales", type: "quantitative" } },
  ...more,
});
const figure = { data: [{ type: "scatter", x: [1, 2, 3], y: [3, 1, 2] }], layout: { title: { text: "Three points" } } };
const bundle = (mime, data) => `{${JSON.stringify(mime)}: json.loads(${JSON.stringify(JSON.stringify(data))}), 'text/plain': 'chart'}`;
const asks = `<div id="one"></div><script src="https://cdn.plot.ly/plotly-3.1.0.min.js" integrity="sha256-x" crossorigin></script>
<script>Plotly.newPlot("one", ${JSON.stringify(figure.data)}, ${JSON.stringify(figure.layout)})</script>
<script>fetch("https://elsewhere.example.com/x").catch(() => undefined)</script>`;

const CELLS = [
  `import json\nfrom IPython.display import HTML, display\nlive = display(${bundle("application/vnd.vegalite.v5+json", bars(2))}, raw=True, display_id='bars')`,
  `from IPython.display import update_display\nupdate_display(${bundle("application/vnd.vegalite.v5+json", bars(5))}, raw=True, display_id='bars')`,
  `display(${bundle("application/vnd.plotly.v1+json", figure)}, raw=True)`,
  `display(${bundle("application/vnd.vegalite.v5+json", bars(0, { data: { url: "https://elsewhere.example.com/rows.csv" } }))}, raw=True)`,
  `HTML(${JSON.stringify(asks)})`,
  "import ipywidgets\nslider = ipywidgets.IntSlider(value=7, max=20, description='Size')\nout = ipywidgets.Output()\nwith out:\n    print('printed inside')\nslider.value = 12\nipywidgets.VBox([slider, out])",
];

function notebook(sources) {
  const cells = sources.map((source, at) => ({ id: `c${at}`, cell_type: "code", metadata: {}, source, outputs: [], execution_count: null }));
  return { cells, metadata: { kernelspec: { name: "python3", display_name: "Python 3", language: "python" } }, nbformat: 4, nbformat_minor: 5 };
}

/** What the frame of a cell's output holds, once it is near. */
async function frameOf(page, cell) {
  const section = page.locator(".cell").nth(cell);
  await section.scrollIntoViewIfNeeded();
  await section.locator("iframe").waitFor();
  return section.frameLocator("iframe");
}

main(async ({ server, browser, person }) => {
  fs.writeFileSync(path.join(server.root, "outputs.ipynb"), JSON.stringify(notebook(CELLS)));
  await server.publish("outputs", "outputs.ipynb");
  const { id } = await server.api("POST", "v1/jobs/outputs/run", { parameters: {} });
  await until("the end of the run", async () => (await server.api("GET", `v1/runs/${id}`)).state === "succeeded");

  const page = await person({ colorScheme: "light" });
  const loaded = [];
  page.on("requestfinished", (request) => loaded.push(request.url()));
  await page.goto(`${server.url}runs/${id}`);

  await charts(page);
  await html_that_asks_for_its_library(page);
  await widgets(page);
  assert.deepEqual(loaded.filter((url) => !/^(data|blob):/.test(url) && !url.startsWith(server.url)), [], "nothing is loaded from elsewhere");
  const libraries = loaded.filter((url) => url.endsWith(".library")).map((url) => path.basename(url).replace(/-.*/, ""));
  assert.deepEqual(libraries.toSorted(), ["plotly", "vega", "widgets"], "each library once, and none that nothing needs");
  await a_chart_of_a_table(page, server);
  await live_widgets(page, server);
  await plots_of_bokeh(page, server);
  await charts_of_a_shared_link(browser, server, id);
});

/** A stranger with a link sees the charts on a page for readers; without scripts what they have said there. */
async function charts_of_a_shared_link(browser, server, run) {
  const { link } = await server.api("POST", "v1/shares", { target: { kind: "run", run }, expires_at: "2999-01-01T00:00:00Z" });
  const place = (page, at) => page.locator(".can-live").nth(at);
  const stranger = await browser.newContext();
  const page = await stranger.newPage();
  const loaded = [];
  page.on("requestfinished", (request) => loaded.push(request.url()));
  await page.goto(new URL(link, server.url).href);
  await until("the five bars", async () => (await place(page, 0).frameLocator("iframe").locator("svg .mark-rect path").count()) === 5);
  await place(page, 0).getByText("this page runs no scripts").waitFor({ state: "hidden" });
  await place(page, 1).scrollIntoViewIfNeeded();
  await place(page, 1).frameLocator("iframe").getByText("Three points").waitFor();
  assert.deepEqual(loaded.filter((url) => !/^(data|blob):/.test(url) && !url.startsWith(server.url)), [], "nothing is loaded from elsewhere");
  await stranger.close();

  const plain = await browser.newContext({ javaScriptEnabled: false });
  const still = await plain.newPage();
  await still.goto(new URL(link, server.url).href);
  await place(still, 0).getByText("A Vega chart, shown as text: this page runs no scripts.").waitFor();
  await plain.close();
}

async function charts(page) {
  const updated = await frameOf(page, 0);
  await until("the five bars of the update", async () => (await updated.locator("svg .mark-rect path").count()) === 5);
  const heights = async () => Promise.all([
    page.locator(".cell").nth(0).locator("iframe").evaluate((frame) => frame.clientHeight),
    updated.locator("#output").evaluate((output) => Math.ceil(output.getBoundingClientRect().height)),
  ]);
  await until("a frame as high as its chart", async () => { const [outside, within] = await heights(); return within > 200 && outside === within; });
  const ink = () => updated.locator("svg .mark-text text").first().getAttribute("fill");
  const [light, dark] = [await ink(), await page.emulateMedia({ colorScheme: "dark" }).then(() => until("another colour in the dark", async () => { const now = await ink(); return now !== "#53555b" && now; }))];
  assert.notEqual(light, dark);
  await page.emulateMedia({ colorScheme: "light" });

  const plotly = await frameOf(page, 2);
  await plotly.getByText("Three points").waitFor();
  await frameOf(page, 3);
  await page.getByText("This output cannot be drawn: the data of this chart is not in the notebook but at https://elsewhere.example.com/rows.csv").waitFor();
}

async function html_that_asks_for_its_library(page) {
  const frame = await frameOf(page, 4);
  await frame.getByText("Three points").waitFor();
  await page.getByText("This output wants files from elsewhere.example.com; outputs have no network.").waitFor();
}

async function widgets(page) {
  const frame = await frameOf(page, 5);
  await frame.getByText("printed inside").waitFor();
  await frame.getByText("Size").waitFor();
  assert.equal(await frame.locator(".widget-readout").textContent(), "12");
}

/** An output as Bokeh's `show` writes it: a script that draws into an element. */
function bokeh(id, attributes) {
  const model = (name, more) => ({ type: "object", name, id: `${id}-${name}`, ...(more === undefined ? {} : { attributes: more }) });
  const axis = { ticker: model("BasicTicker"), formatter: model("BasicTickFormatter"), major_label_policy: model("AllLabels") };
  const range = (name) => ({ type: "object", name: "Range1d", id: `${id}-${name}` });
  const plot = model("Figure", { width: 300, height: 150, x_range: range("x"), y_range: range("y"), x_scale: model("LinearScale"), y_scale: { id: `${id}-LinearScale` }, left: [model("LinearAxis", axis)], ...attributes });
  const docs = JSON.stringify({ [id]: { version: "3.10.0", title: "", roots: [plot] } });
  const items = JSON.stringify([{ docid: id, roots: { [plot.id]: `${id}-element` }, root_ids: [plot.id] }]);
  const script = `Bokeh.embed.embed_items_notebook(${docs}, ${items});`;
  return { output_type: "display_data", metadata: {}, data: { "application/javascript": script, "application/vnd.bokehjs_exec.v0+json": "" } };
}

/** In the dark a plot has our colours, unless its author chose some; when that changes it is drawn anew. */
async function plots_of_bokeh(page, server) {
  const document = notebook(["plain", "own"]);
  document.cells[0].outputs = [bokeh("plain", {})];
  document.cells[1].outputs = [bokeh("own", { background_fill_color: "#fafad2" })];
  fs.writeFileSync(path.join(server.root, "bokeh.ipynb"), JSON.stringify(document));
  await page.emulateMedia({ colorScheme: "dark" });
  await page.goto(`${server.url}edit/bokeh.ipynb`);
  const [plain, own] = [await frameOf(page, 0), await frameOf(page, 1)];
  const ink = (frame) => frame.locator("#output").evaluate(() => window.Bokeh.documents[0].roots()[0].left[0].major_label_text_color);
  const stands = (frame, look) => frame.locator(look).locator("canvas").first().waitFor({ state: "attached" });
  await stands(plain, ".paper.is-dark");
  await stands(own, ".paper:not(.is-dark)");
  const [dark, usual] = [await ink(plain), await ink(own)];
  assert.notEqual(dark, usual);
  await page.emulateMedia({ colorScheme: "light" });
  await stands(plain, ".paper:not(.is-dark)");
  assert.equal(await ink(plain), usual);
}

/** In an address, with the words of what it shows, and with its rows as a table. */
async function a_chart_of_a_table(page, server) {
  const rows = Array.from({ length: 300 }, (_, n) => `${["EMEA", "APAC", "AMER"][n % 3]},${n},${(n * 37) % 91}`);
  fs.writeFileSync(path.join(server.root, "drawn.csv"), ["region,sales,cost", ...rows, ""].join("\n"));
  await page.goto(`${server.url}explore?path=drawn.csv&view=chart`);
  await page.getByText("Bars of the sum of sales for each region; the 30 largest. 300 rows.").waitFor();
  const frame = page.frameLocator(".chart-figure iframe");
  await until("three bars", async () => (await frame.locator("svg .mark-rect path").count()) === 3);
  await page.getByRole("button", { name: "Points", exact: true }).click();
  await page.getByLabel("Trend").selectOption("linear");
  await page.getByText("Points of cost by sales, with a linear trend. 300 rows.").waitFor();
  await until("a point for every row", async () => (await frame.locator("svg .mark-symbol.role-mark path").count()) === 300);
  await page.reload();
  await page.getByText("with a linear trend").waitFor();
  await page.getByText("The rows behind it, the first 100").click();
  assert.equal(await page.locator(".chart-rows tbody tr").count(), 100);
}

const LIVE = [
  "import ipywidgets\nfrom ipywidgets import interact\nbutton = ipywidgets.Button(description='Count')\nlabel = ipywidgets.Label('0 clicks')\nclicks = []\ndef count(_):\n    clicks.append(1)\n    label.value = f'{len(clicks)} clicks'\nbutton.on_click(count)\nipywidgets.HBox([button, label])",
  "@interact(x=(0, 10))\ndef square(x=3):\n    return x * x",
];

/** What a kernel's callbacks do is seen; what they show is in the widget that captures it, and not beside it. */
async function live_widgets(page, server) {
  fs.writeFileSync(path.join(server.root, "live.ipynb"), JSON.stringify(notebook(LIVE)));
  await page.goto(`${server.url}edit/live.ipynb`);
  await page.getByRole("button", { name: "Run all", exact: true }).click();
  const counter = await frameOf(page, 0);
  await counter.getByRole("button", { name: "Count" }).click();
  await counter.getByText("1 clicks").waitFor();
  await counter.getByRole("button", { name: "Count" }).click();
  await counter.getByText("2 clicks").waitFor();

  const square = await frameOf(page, 1);
  await square.getByText("9", { exact: true }).waitFor();
  await square.locator(".widget-readout").fill("7");
  await square.locator(".widget-readout").press("Enter");
  await square.getByText("49", { exact: true }).waitFor();
  assert.equal(await page.locator(".cell").nth(1).locator(".terminal").count(), 0, "nothing is beside the widget");

  // Another window begins with what the kernel has now.
  await page.reload();
  await (await frameOf(page, 0)).getByText("2 clicks").waitFor();
  await (await frameOf(page, 1)).getByText("49", { exact: true }).waitFor();

  // Without their kernel they are as they were when a cell last ran.
  const saved = () => JSON.parse(fs.readFileSync(path.join(server.root, "live.ipynb"), "utf8")).metadata.widgets;
  await until("the state of the widgets in the file", saved);
  const [{ id }] = await server.api("GET", "api/kernels");
  assert.equal((await fetch(`${server.url}api/kernels/${id}`, { method: "DELETE", headers: { authorization: `Bearer ${server.token}` } })).status, 204);
  await page.reload();
  await (await frameOf(page, 0)).getByRole("button", { name: "Count" }).waitFor();
  await (await frameOf(page, 1)).locator(".output-widget").getByText(/^(9|49)$/).waitFor();
}
