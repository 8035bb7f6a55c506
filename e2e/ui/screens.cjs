// Every screen: in light, in dark and on a phone; axe finds nothing, the browser complains of nothing. Screenshots of
// all of them are in the folder `SCREENSHOTS`, to be looked at.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { main, until } = require("./server.cjs");

const AXE = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
// What a look can break: dark only colours, the width between the two only the width.
const LOOKS = {
  light: { rules: {}, options: { viewport: { width: 1400, height: 900 }, colorScheme: "light" } },
  dark: { rules: { runOnly: ["color-contrast"] }, options: { viewport: { width: 1400, height: 900 }, colorScheme: "dark" } },
  middle: { rules: undefined, options: { viewport: { width: 900, height: 900 }, colorScheme: "light" } },
  phone: { rules: {}, options: { viewport: { width: 390, height: 844 }, colorScheme: "light", isMobile: true, hasTouch: true } },
};

/** Runs that ended, each of which is waited for. */
async function run(server, parameters, job = "report") {
  const { id } = await server.api("POST", `v1/jobs/${job}/run`, { parameters });
  return until(`the end of ${id}`, async () => {
    const run = await server.api("GET", `v1/runs/${id}`);
    return ["succeeded", "failed"].includes(run.state) ? run : undefined;
  });
}

async function look(page, name, rules, server, screens) {
  for (const [screen, [address, ready, asks]] of Object.entries(screens)) {
    await page.goto(server.url + address);
    await page.locator(ready).first().waitFor();
    await page.locator(".skeleton").waitFor({ state: "detached" });
    if (asks !== undefined) {
      await page.getByRole("button", { name: `${asks}… report.ipynb` }).click();
      await page.getByRole("dialog").locator(".choices button:enabled").first().waitFor();
    }
    await page.evaluate(() => document.fonts.ready);
    await page.screenshot({ path: path.join(process.env.SCREENSHOTS, `${screen}-${name}.png`) });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(wide, 0, `${screen}, ${name}: it is wider than the window`);
    if (rules === undefined) continue;
    await page.evaluate(AXE);
    const { violations } = await page.evaluate((rules) => window.axe.run(document, { iframes: false, ...rules }), rules);
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join("\n    ")}`);
    assert.deepEqual(found, [], `${screen}, ${name}`);
  }
}

main(async ({ server, person }) => {
  for (const [job, notebook] of [["report", "report.ipynb"], ["watched", "watched.ipynb"]]) await server.publish(job, notebook);
  await server.api("PUT", "v1/jobs/report/schedules", { definition: { trigger: { kind: "cron", expression: "30 7 * * MON-FRI", time_zone: "Europe/Berlin" } }, parameters: { region: "LATAM" } });
  const nothing = await person(LOOKS.phone.options);
  await nothing.getByText("Nothing has run yet").waitFor();
  await nothing.close();
  const good = await run(server, { rows: 4 });
  await run(server, { rows: 5 });
  const bad = await run(server, { region: "LATAM", rows: 6 });
  assert.deepEqual([good.state, bad.state], ["succeeded", "failed"]);
  await server.api("POST", "v1/jobs/watched/run", { parameters: { gate: "/nowhere" } });
  await server.api("POST", "v1/users", { name: "grace", display_name: "Grace Hopper", roles: { main: "editor" } });
  await server.api("POST", "v1/shares", { target: { kind: "run", run: good.id }, expires_at: new Date(Date.now() + 86_400_000).toISOString() });
  await server.api("POST", "api/sessions", { path: "report.ipynb", type: "notebook", name: "report", kernel: { name: "python3" } });
  const sessions = Array.from({ length: 2000 }, (_, n) => `${n},Title ${n % 7},${(n * n) % 97},${n % 10 === 0 ? "" : (n % 5) + 0.5}`);
  fs.writeFileSync(path.join(server.root, "sessions.csv"), ["id,title,minutes,rating", ...sessions, ""].join("\n"));
  fs.mkdirSync(path.join(server.root, "empty"));
  const sweep = await server.api("POST", "v1/jobs/report/sweep", { points: [{ rows: 1 }, { rows: 2 }, { region: "LATAM" }], concurrency: 3 });
  await until("the end of the sweep", async () => (await server.api("GET", `v1/batches/${sweep.id}`)).state !== "active");
  const screens = {
    home: ["", ".run-row"],
    notebooks: ["notebooks?show=report.ipynb", ".preview + .preview-words"],
    "notebooks-found": ["notebooks?q=LATAM", ".found li"],
    "notebooks-rename": ["notebooks?show=report.ipynb", ".folder tbody tr", "Rename"],
    "notebooks-move": ["notebooks?show=report.ipynb", ".folder tbody tr", "Move"],
    "notebooks-delete": ["notebooks?show=report.ipynb", ".folder tbody tr", "Delete"],
    "notebooks-folder": ["notebooks/empty", ".notice"],
    runs: ["runs", ".run-row"],
    "runs-none": ["runs?job=report&state=cancelled", ".notice"],
    run: [`runs/${bad.id}`, ".error-card .syn-str"],
    "run-good": [`runs/${good.id}`, ".grid-cell"],
    "run-logs": [`runs/${bad.id}?tab=logs`, ".logs"],
    "run-details": [`runs/${bad.id}?tab=details`, ".details"],
    jobs: ["jobs", ".job .strip"],
    job: ["jobs/report", ".fires time"],
    form: [`jobs/report/run?from=${bad.id}`, ".parameter"],
    schedules: ["schedules", ".fires time"],
    diff: [`diff?a=${good.id}&b=${bad.id}&parts=source,outputs,metadata`, ".diff-cell"],
    grid: ["runs?view=grid", ".run-grid td a"],
    sweep: [`sweeps/${sweep.id}?brush.given+rows=0,0.5`, ".axis-of"],
    explore: [`explore?path=sessions.csv&sort=[{"column":"minutes"}]&filter={"column":"minutes","is":">","value":20}`, ".bin-bar"],
    "explore-none": ["explore?path=sessions.csv&filter={%22column%22:%22minutes%22,%22is%22:%22<%22,%22value%22:0}", ".grid-none .link-button"],
    "explore-chart": ["explore?path=sessions.csv&view=chart", ".chart-figure iframe"],
    "explore-parallel": [`explore?path=sessions.csv&view=chart&chart={"view":"parallel","metrics":["minutes","rating"],"color":"title"}&filter={"and":[{"and":[{"column":"minutes","is":">=","value":20},{"column":"minutes","is":"<=","value":60}]}]}`, ".axis-part"],
    compute: ["compute", ".slots"],
    users: ["admin", ".table"],
    tokens: ["admin?tab=tokens", ".admin-form"],
    settings: ["admin?tab=settings", ".settings"],
    edit: ["edit/report.ipynb", ".editor .cell"],
    missing: ["runs/run_nothing", ".notice.wrong"],
  };
  for (const [name, { rules, options }] of Object.entries(LOOKS)) {
    const page = await person(options);
    await look(page, name, rules, server, screens);
    await page.close();
  }
});
