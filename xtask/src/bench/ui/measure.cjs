// One notebook opened, scrolled and typed into, in one front end; what a person would wait for goes to standard output.
// FRONT is `nbpress`, `jupyterlab` or `view`; NOTEBOOK a file of the served folder; URL and TOKEN are the server's.

const { chromium } = require("playwright-core");

const { FRONT, NOTEBOOK, URL: SERVER, TOKEN } = process.env;
/** JupyterLab opens again what a workspace had open: each notebook has one of its own. */
const workspace = `bench-${process.pid}`;
const FRONTS = {
  nbpress: { page: `edit/${NOTEBOOK}`, cell: ".editor .cell", code: ".editor .cell .code", edits: true },
  jupyterlab: { page: `lab/workspaces/${workspace}/tree/${NOTEBOOK}`, cell: ".jp-Notebook .jp-Cell", code: ".jp-Notebook .jp-CodeCell .cm-content", edits: true },
  view: { page: `view/${NOTEBOOK}`, cell: "main pre, main p, main h1", code: undefined, edits: false },
};
const KEYS = 40;
const WHEELS = 60;

/** In the page: when something of a selector first has a place on the screen and was painted. */
function watch(selector) {
  const look = () => {
    const there = document.querySelector(selector)?.getBoundingClientRect();
    if (there !== undefined && there.height > 0 && there.top < innerHeight) {
      requestAnimationFrame(() => setTimeout(() => { window.firstCell = performance.now(); }));
    } else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** In the page: how long each key waits for the picture with what it did. */
function hearKeys() {
  window.delays = [];
  addEventListener("keydown", (event) => {
    const at = event.timeStamp;
    requestAnimationFrame(() => setTimeout(() => window.delays.push(performance.now() - at)));
  }, true);
}

/** In the page: the times between pictures while somebody scrolls. */
function hearFrames() {
  window.frames_ = [];
  let last = performance.now();
  const next = () => {
    const now = performance.now();
    window.frames_.push(now - last);
    last = now;
    window.scrolls && requestAnimationFrame(next);
  };
  window.scrolls = true;
  requestAnimationFrame(next);
}

const part = (values, share) => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
const say = (measure, unit, value) => console.log(JSON.stringify({ what: NOTEBOOK, measure, unit, value }));

async function main() {
  const front = FRONTS[FRONT];
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  const devtools = await context.newCDPSession(page);
  await devtools.send("Network.enable");
  await page.goto(`${SERVER}?token=${TOKEN}`);
  await devtools.send("Network.clearBrowserCache");
  const scripts = new Set();
  let bytes = 0;
  devtools.on("Network.responseReceived", ({ requestId, type }) => type === "Script" && scripts.add(requestId));
  devtools.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (scripts.has(requestId)) bytes += encodedDataLength;
  });
  await page.addInitScript(watch, front.cell);
  await page.goto(SERVER + front.page, { waitUntil: "commit" });
  await page.waitForFunction(() => window.firstCell !== undefined);
  say("first cell on the screen", "ms", await page.evaluate(() => window.firstCell));
  await page.waitForLoadState("networkidle").catch(() => undefined);
  say("script", "kB", bytes / 1000);

  if (front.edits) {
    await page.locator(front.code).first().click();
    await page.keyboard.press("Enter");
    await page.locator(`${front.cell} .cm-content:focus`).waitFor();
    await page.evaluate(hearKeys);
    for (let key = 0; key < KEYS; key += 1) {
      await page.keyboard.press("x");
      await page.waitForFunction((count) => window.delays.length >= count, key + 1);
    }
    const delays = await page.evaluate(() => window.delays);
    say("key to picture, p50", "ms", part(delays, 0.5));
    say("key to picture, p95", "ms", part(delays, 0.95));
    await page.keyboard.press("Escape");
  }

  await page.mouse.move(700, 500);
  await page.evaluate(hearFrames);
  for (let wheel = 0; wheel < WHEELS; wheel += 1) {
    await page.mouse.wheel(0, 900);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
  }
  const times = await page.evaluate(() => { window.scrolls = false; return window.frames_; });
  say("time between pictures while scrolling, p95", "ms", part(times, 0.95));
  await devtools.send("HeapProfiler.collectGarbage");
  await devtools.send("Performance.enable");
  const { metrics } = await devtools.send("Performance.getMetrics");
  say("memory of its scripts", "MB", metrics.find(({ name }) => name === "JSHeapUsedSize").value / 1e6);
  await browser.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
