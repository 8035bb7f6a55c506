// A run fails; it is compared with the last good one, its notebook is mended, and the run goes on where it failed.
// Then a sweep is asked for, and somebody goes to what computes, by the keyboard, and stops a kernel.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { main, until } = require("./server.cjs");

async function ended(server, parameters) {
  const { id } = await server.api("POST", "v1/jobs/report/run", { parameters });
  return until(`the end of ${id}`, async () => {
    const run = await server.api("GET", `v1/runs/${id}`);
    return ["succeeded", "failed"].includes(run.state) ? run : undefined;
  });
}

/** Somebody who was invited: the link signs them in, and they see what they may. */
async function invited(server, browser) {
  const { link } = await server.api("POST", "v1/users", { name: "grace", roles: { main: "viewer" } });
  const context = await browser.newContext();
  const grace = await context.newPage();
  await grace.goto(new URL(link, server.url).href);
  await grace.getByRole("button", { name: "Sign in" }).click();
  await grace.getByRole("link", { name: "Account" }).click();
  await grace.getByText("grace has no tokens.").waitFor();
  assert.deepEqual(await grace.getByRole("tab").allTextContents(), ["Tokens"]);
  await context.close();
}

main(async ({ server, browser, person }) => {
  await server.publish("report", "report.ipynb");
  await invited(server, browser);
  const good = await ended(server, { rows: 2 });
  const bad = await ended(server, { rows: 3, region: "LATAM" });
  assert.deepEqual([good.state, bad.state], ["succeeded", "failed"]);
  await server.api("POST", "api/sessions", { path: "report.ipynb", type: "notebook", name: "report", kernel: { name: "python3" } });
  const ada = await person();

  await ada.goto(`${server.url}runs/${bad.id}`);
  await ada.getByText("other from cell 5").waitFor();
  await ada.getByRole("link", { name: "Compare the two" }).click();
  await ada.locator(".diff-facts.is-parameters").getByText("LATAM").waitFor();
  const cell = ada.getByRole("region", { name: "Cell 5" });
  await cell.locator(".is-added").getByText("loading part 3 of").waitFor();
  await ada.getByRole("checkbox", { name: "Outputs" }).uncheck();
  await ada.getByText("No difference").waitFor();
  assert.match(ada.url(), /parts=source$/);

  const notebook = path.join(server.root, "report.ipynb");
  const mended = fs.readFileSync(notebook, "utf8").replace('\\"watch_minutes\\"', '\\"minutes\\"');
  fs.writeFileSync(notebook, mended);
  await ada.goto(`${server.url}runs/${bad.id}`);
  await ada.getByRole("button", { name: "Resume from cell 8" }).click();
  await ada.waitForURL((url) => /run_\w+$/.test(url.href) && !url.href.includes(bad.id));
  await ada.locator(".pill").getByText("Succeeded").waitFor();
  await ada.getByRole("heading", { name: "Goes on from" }).waitFor();
  await ada.locator(".side").getByText("cell 8 edited").first().waitFor();

  // Several values of a parameter are a sweep, whose runs stand side by side.
  await ada.goto(`${server.url}jobs/report`);
  await ada.getByText("None yet.").waitFor();
  await ada.getByRole("link", { name: "Run…" }).first().click();
  await ada.getByRole("button", { name: "Several… of rows" }).click();
  await ada.getByLabel("rows").fill("0..2");
  await ada.getByText("The smallest value is 1.").waitFor();
  await ada.getByLabel("rows").fill("1..2");
  await ada.getByRole("button", { name: "Several… of region" }).click();
  assert.equal(await ada.getByLabel("region").inputValue(), "EMEA, LATAM");
  await ada.getByText("4 runs, one for every combination").waitFor();
  await ada.getByRole("button", { name: "Run 4 times" }).click();
  await ada.waitForURL(/sweeps/);
  // A line that is level has no height, and is none that could be seen for the browser.
  await ada.locator(".parallel-line").nth(3).waitFor({ state: "attached" });
  const [batch] = (await server.api("GET", "v1/batches")).batches;
  assert.equal(batch.label, "rows=1..2 region=EMEA, LATAM");

  await ada.keyboard.press("Control+k");
  await ada.getByRole("combobox", { name: "Search screens" }).fill("comp");
  await ada.getByRole("option", { name: "Compute", exact: true }).waitFor();
  await ada.keyboard.press("Enter");
  await ada.getByRole("button", { name: "Stop report.ipynb" }).click();
  await ada.getByRole("button", { name: "Lose its variables? report.ipynb" }).click();
  await ada.getByText("None is on.").waitFor();
  assert.deepEqual(await server.api("GET", "v1/kernels"), []);
});
