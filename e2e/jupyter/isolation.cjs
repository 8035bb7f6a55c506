// What hostile files can do in a browser that is signed in: nothing. A page of ours and a page that is served without
// any policy are asked the same; the latter shows that the attacks would work.

const assert = require("node:assert/strict");
const http = require("node:http");
const { chromium } = require("playwright-core");

const base = process.env.JUPYTER_URL;
const PATIENCE = 30_000;

// Each answers `blocked` or what it got. They run in the hostile page.
const ATTACKS = `
  const socketOf = (url) => new Promise((done) => {
    try {
      const socket = new WebSocket(url);
      socket.onopen = () => done("connected");
      socket.onerror = () => done("blocked");
    } catch { done("blocked"); }
  });
  const attempt = async (what) => { try { return await what(); } catch { return "blocked"; } };
  const attacks = {
    cookies: () => { document.cookie = "mine=1"; return document.cookie || "blocked"; },
    storage: () => { localStorage.setItem("mine", "1"); return "kept"; },
    database: () => new Promise((done) => {
      const request = indexedDB.open("mine");
      request.onsuccess = () => done("opened");
      request.onerror = () => done("blocked");
    }),
    api: async () => (await fetch(API, { credentials: "include" })).status,
    socket: () => socketOf(SOCKET),
    page: () => { if (window.top === window) return "blocked"; window.top.document.title = "mine"; return "wrote"; },
    away: () => { if (window.top === window) return "blocked"; window.top.location = "about:blank#mine"; return "tried"; },
    window: () => (window.open("about:blank") ? "opened" : "blocked"),
    foreign: async () => (await fetch(FOREIGN, { mode: "no-cors" })).type,
  };
  window.result = (async () => {
    const result = {};
    for (const [name, what] of Object.entries(attacks)) result[name] = await attempt(what);
    return result;
  })();
`;

function hostile(foreign) {
  const api = JSON.stringify(`${base}api/contents`);
  const socket = JSON.stringify(`${base.replace("http", "ws")}api/events/subscribe`);
  const constants = `const API = ${api}, SOCKET = ${socket}, FOREIGN = ${JSON.stringify(foreign)};`;
  return `<!doctype html><title>hostile</title><script>${constants}${ATTACKS}</script>`;
}

/** The scripts of the document itself that can run: data in `<script type="application/json">` cannot. */
const scriptsOf = (page) => page.evaluate(() => [...document.scripts].filter(({ type }) => type !== "application/json").map(({ src }) => src));

// A site without any policy, which is also the foreign host nobody may be told of.
async function site(pages, asked) {
  const server = http.createServer((request, response) => {
    asked.push(request.url);
    const page = pages[request.url];
    response.writeHead(page ? 200 : 204, { "content-type": "text/html", "access-control-allow-origin": "*" });
    response.end(page);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return [server, `http://127.0.0.1:${server.address().port}`];
}

async function put(name, model) {
  const response = await fetch(`${base}api/contents/${name}`, {
    method: "PUT",
    headers: { authorization: `token ${process.env.JUPYTER_TOKEN}` },
    body: JSON.stringify(model),
  });
  assert.equal(response.status, 201, name);
}

const text = (content) => ({ type: "file", format: "text", content });

function notebook(foreign) {
  const run = "window.ran = true; document.title = 'mine'";
  const pieces = [
    `<script>${run}</script>`,
    `<img src=x onerror="${run}">`,
    `<svg onload="${run}"><script>${run}</script></svg>`,
    `<iframe srcdoc="<script>parent.ran = true</script>"></iframe>`,
    `<a id="here" href="javascript:${run}">here</a><form action="javascript:${run}"><button>go</button></form>`,
    `<meta http-equiv="refresh" content="0;url=${foreign}/away">`,
    `<link rel="stylesheet" href="${foreign}/style"><img src="${foreign}/image"><style>@import "${foreign}/import";</style>`,
    `<object data="${foreign}/object"></object><embed src="${foreign}/embed"><base href="${foreign}/">`,
  ];
  const markdown = pieces.map((source, at) => ({ cell_type: "markdown", id: `m${at}`, metadata: {}, source }));
  const outputs = pieces.map((html) => ({ output_type: "display_data", metadata: {}, data: { "text/html": html } }));
  outputs.unshift({ output_type: "display_data", metadata: {}, data: { "text/html": hostile(`${foreign}/told`) } });
  outputs.push({ output_type: "display_data", metadata: {}, data: { "application/javascript": run } });
  outputs.push({
    output_type: "display_data",
    metadata: {},
    data: { "image/svg+xml": `<svg xmlns="http://www.w3.org/2000/svg"><script>parent.ran = true</script></svg>` },
  });
  outputs.push({ output_type: "error", ename: pieces[1], evalue: pieces[0], traceback: pieces });
  outputs.push({ output_type: "stream", name: "stdout", text: pieces.join("\n") });
  const code = { cell_type: "code", id: "c", metadata: {}, execution_count: 1, source: pieces.join("\n"), outputs };
  return { cells: [...markdown, code], metadata: {}, nbformat: 4, nbformat_minor: 5 };
}

/** What an output gets whose scripts a page for readers lets run, in a frame. */
async function inFrame(page) {
  await page.locator(".can-live").first().scrollIntoViewIfNeeded();
  const element = await page.locator(".can-live iframe").first().elementHandle();
  const frame = await element.contentFrame();
  await frame.waitForFunction(() => window.result !== undefined);
  const result = await frame.evaluate(() => window.result);
  for (const [attack, outcome] of Object.entries(result)) assert.equal(outcome, "blocked", `an output's frame: ${attack}`);
  return result;
}

async function main() {
  const [asked, pages] = [[], {}];
  const [server, foreign] = await site(pages, asked);
  pages["/control"] = hostile(`${foreign}/told`);
  await put("hostile.html", text(pages["/control"]));
  await put("hostile.svg", text(`<svg xmlns="http://www.w3.org/2000/svg"><script>top.ran = true</script></svg>`));
  await put("hostile.md", text(notebook(foreign).cells[0].source));
  await put("hostile.ipynb", { type: "notebook", content: notebook(foreign) });

  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const matrix = {};

  // The attacks work where nothing stands in their way.
  await page.goto(`${foreign}/control`);
  const control = await page.evaluate(() => window.result);
  assert.deepEqual(
    [control.cookies, control.storage, control.database, control.foreign],
    ["mine=1", "kept", "opened", "basic"],
    JSON.stringify(control),
  );
  matrix["a page without policy"] = control;

  // Signed in, as the person who opens a stranger's link is.
  await page.goto(`${base}view/?token=${process.env.JUPYTER_TOKEN}`);
  assert.ok((await context.cookies()).some((cookie) => cookie.name.startsWith("nbpress-") && cookie.httpOnly));
  asked.length = 0;

  // The file itself: its scripts run, and reach nothing.
  await page.goto(`${base}files/hostile.html`);
  const alone = await page.evaluate(() => window.result);
  matrix["files/hostile.html"] = alone;
  assert.equal(Object.keys(alone).length, Object.keys(control).length);
  for (const [attack, outcome] of Object.entries(alone)) assert.equal(outcome, "blocked", `files: ${attack}`);

  // Its page: no script of its frame runs.
  await page.goto(`${base}view/hostile.html`);
  const frame = page.frames().find((frame) => frame.url() === `${base}files/hostile.html`);
  assert.ok(frame, `shows ${page.frames().map((frame) => frame.url())}`);
  assert.equal(await frame.title(), "hostile");
  assert.equal(await frame.evaluate(() => window.result), undefined);
  matrix["view/hostile.html"] = { ran: null };

  // In a frame of a page of ours that lets scripts run, as an interactive page would show it.
  await page.goto(`${base}view/`);
  const title = await page.title();
  await page.evaluate((src) => {
    const frame = document.createElement("iframe");
    frame.sandbox = "allow-scripts";
    frame.src = src;
    document.body.append(frame);
    return new Promise((done) => (frame.onload = done));
  }, `${base}files/hostile.html`);
  const within = page.frames().find((frame) => frame.url() === `${base}files/hostile.html`);
  const framed = await within.evaluate(() => window.result);
  matrix["files/hostile.html in a frame"] = framed;
  for (const [attack, outcome] of Object.entries(framed)) {
    assert.equal(outcome, "blocked", `framed: ${attack}`);
  }
  assert.deepEqual([page.url(), await page.title()], [`${base}view/`, title], "the reader is where they were");

  for (const place of ["view/hostile.ipynb", "view/hostile.md", "view/hostile.svg"]) {
    await page.goto(base + place);
    await page.waitForLoadState("load");
    const link = page.locator("a", { hasText: "here" }).first();
    if (await link.count()) await link.click({ timeout: 2_000 }).catch(() => {});
    const ran = await page.evaluate(() => [window.ran ?? null, document.title === "mine"]);
    const scripts = await scriptsOf(page);
    matrix[place] = { ran: ran[0], title: ran[1], scripts: scripts.length };
    assert.deepEqual(ran, [null, false], place);
    if (place.endsWith(".ipynb")) {
      assert.equal(scripts.length, 1, `ours alone: ${scripts}`);
      assert.match(scripts[0].slice(base.length), /^ui\/view-[\w-]+\.js$/);
      matrix["an output's frame there"] = await inFrame(page);
    } else assert.deepEqual(scripts, [], place);
    assert.equal(page.url().split("#")[0], base + place);
  }
  assert.deepEqual(asked, [], "nobody else was told");
  for (const [place, row] of Object.entries(matrix)) console.log(place, JSON.stringify(row));
  await browser.close();
  server.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
