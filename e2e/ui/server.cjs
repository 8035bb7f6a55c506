// `nbpress serve` and a browser that is signed in: what every script here begins with.

const assert = require("node:assert/strict");
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { chromium } = require("playwright-core");

const PATIENCE = 30_000;

/** A server that can be killed and started again at the same address. */
class Server {
  constructor() {
    this.home = process.env.NBPRESS_HOME;
    this.root = process.env.ROOT;
    this.listen = "127.0.0.1:0";
  }

  async start() {
    const log = fs.openSync(path.join(this.home, "..", "server.log"), "a");
    this.process = spawn(process.env.NBPRESS_BIN, ["serve", this.root, "--listen", this.listen, "--slots", "4"], { stdio: ["ignore", log, log] });
    const said = await until("the server", () => {
      const said = JSON.parse(fs.readFileSync(path.join(this.home, "server.json"), "utf8"));
      return said.pid === this.process.pid ? said : undefined;
    });
    [this.url, this.token] = [`${said.url}/`, said.token];
    this.listen = new URL(said.url).host;
  }

  /** `kill -9`, and no more: runs go on. */
  async kill() {
    const gone = new Promise((done) => this.process.once("exit", done));
    this.process.kill("SIGKILL");
    await gone;
  }

  async api(method, address, body) {
    const response = await fetch(this.url + address, {
      method,
      headers: { authorization: `Bearer ${this.token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${address}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  publish(name, notebook) {
    return this.api("PUT", `v1/jobs/${name}`, { tasks: [{ source: path.join(this.root, notebook) }] });
  }
}

/** What an attempt brings once it brings something; until then it may throw. */
async function until(what, attempt) {
  const end = Date.now() + PATIENCE;
  let last;
  while (Date.now() < end) {
    try {
      const found = await attempt();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      last = error;
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`${what} did not come`, { cause: last });
}

/** A person: a browser window that is signed in. What the browser complains of is in `complaints`. */
async function person(browser, server, complaints, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.on("pageerror", (error) => complaints.push(`error in the page: ${error.message}`));
  page.on("console", (message) => {
    // A server that is away, and a run that there is not, are said by the page itself; a frame's attempts are refused; a
    // save that comes second is joined.
    const expected = /ERR_|connect-src 'none'|Refused to connect|status of 409/.test(message.text()) || /run_nothing|favicon.ico$/.test(message.location().url);
    if (message.type() === "error" && !expected) complaints.push(`${message.text()} (${message.location().url} on ${page.url()})`);
  });
  await page.goto(`${server.url}?token=${server.token}`);
  assert.equal(page.url(), server.url, "the token is not in the address any more");
  return page;
}

/** Runs a script to its end; the first line of what went wrong is the last thing said. */
async function main(story) {
  const server = new Server();
  await server.start();
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  const complaints = [];
  let failure;
  try {
    await story({ server, browser, complaints, person: (options) => person(browser, server, complaints, options) });
    assert.deepEqual(complaints, []);
  } catch (error) {
    failure = error;
    const pages = browser.contexts().flatMap((context) => context.pages());
    for (const [index, page] of pages.entries()) {
      await page.screenshot({ path: path.join(process.env.SCREENSHOTS, `failed-${index}.png`) }).catch(() => undefined);
    }
  }
  await browser.close();
  await server.kill();
  if (failure !== undefined) {
    console.error(failure, failure.cause ?? "", complaints);
    process.exitCode = 1;
  }
}

module.exports = { main, until, PATIENCE };
