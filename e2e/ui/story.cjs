// A notebook that runs, fails and is run again, as two people see it; the server dies in the middle.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { main, until } = require("./server.cjs");

const cells = (page) => page.locator(".cell");
const shows = (page, text) => page.locator(".cells .terminal", { hasText: text }).first().waitFor();
const state = (page, text) => page.locator(".pill", { hasText: text }).first().waitFor();

/** What stands in the notebook of a page, without the times. */
async function written(page) {
  const texts = await cells(page).evaluateAll((all) => all.map((cell) => [...cell.querySelectorAll(".code, .terminal, .markdown")].map((part) => part.textContent)));
  return JSON.stringify(texts);
}

main(async ({ server, person }) => {
  await server.publish("watched", "watched.ipynb");
  const gate = path.join(server.root, "go");

  // Somebody asks for a run with the form: a field of every type, and what is wrong is said at the field.
  const ada = await person();
  await ada.goto(`${server.url}jobs/watched/run`);
  const rows = ada.getByLabel("rows");
  await rows.fill("1000");
  await ada.getByText("The largest value is 100.").waitFor();
  assert.ok(await ada.getByRole("button", { name: "Run", exact: true }).isDisabled());
  await rows.fill("3");
  await ada.getByLabel("gate").fill(gate);
  await ada.getByText("LATAM", { exact: true }).click();
  await ada.getByRole("button", { name: "Run", exact: true }).click();

  // They watch it: what a cell prints is there while it runs.
  await ada.waitForURL(/\/runs\/run_/);
  await shows(ada, "before");
  await state(ada, "Running");
  assert.equal(await cells(ada).nth(2).getAttribute("aria-label"), "Cell 3, done");
  assert.equal(await ada.locator(".side").getByText("LATAM").count(), 1);

  // Somebody else opens the same address late and sees the same.
  const grace = await person({ viewport: { width: 390, height: 844 } });
  await grace.goto(ada.url());
  await shows(grace, "before");
  assert.equal(await written(grace), await written(ada));

  // The server dies. The pages say so; the run goes on and prints.
  await server.kill();
  for (const page of [ada, grace]) await page.getByText("The server cannot be reached").waitFor();
  fs.writeFileSync(gate, "");
  await until("what was printed meanwhile", () => fs.existsSync(`${gate}.done`));
  await server.start();

  // They come back by themselves and have missed nothing: it has failed, and the error stands above everything else.
  for (const page of [ada, grace]) {
    await state(page, "Failed in cell 5");
    for (const line of ["before", "meanwhile 2"]) await shows(page, line);
    await page.getByText("The server cannot be reached").waitFor({ state: "detached" });
    const card = page.locator(".error-card");
    assert.equal(await card.locator("h2").textContent(), "KeyError: 'watch_minutes'");
    assert.match(await card.locator(".line.is-hit").textContent(), /^2by_title = table\["watch_minutes"\]/);
  }
  await ada.locator(".error-card").getByRole("button", { name: "Go to cell 5" }).click();
  await ada.waitForURL(/#cell-5$/);

  // The page that was opened afterwards is the same.
  const late = await person();
  await late.goto(ada.url());
  await late.locator(".error-card").waitFor();
  await late.locator(".cell.is-not_run").first().waitFor();
  const all = await Promise.all([ada, grace, late].map(written));
  assert.equal(all[0], all[1]);
  assert.equal(all[0], all[2]);

  // It is what the server folds out of the same journal.
  const id = ada.url().match(/run_\w+/)[0];
  const notebook = await server.api("GET", `v1/runs/${id}/notebook`);
  const streams = notebook.cells.flatMap((cell) => (cell.outputs ?? []).filter((output) => output.output_type === "stream").map((output) => [output.text].flat().join("")));
  const drawn = await late.locator(".cells .terminal.stdout").allTextContents();
  assert.deepEqual(drawn, streams.map((text) => text.replaceAll(/^.*\r/gm, "")));
  assert.deepEqual(drawn, ["before\nmeanwhile 2\n"]);

  await outputs_are_where_they_belong(late);
  await it_is_run_again_and_cancelled(ada, gate);
});

/** Plain tables are in the page; what has a script is in a frame of nobody's origin, without network. */
async function outputs_are_where_they_belong(page) {
  const table = page.locator(".shadow table.dataframe");
  await table.waitFor();
  assert.equal(await table.locator("tbody tr").count(), 3);
  await page.locator(".output-frame").scrollIntoViewIfNeeded();
  const frame = await until("the frame", () => page.frames().find((frame) => frame.url().endsWith("/frame/output.html")));
  const verdict = frame.locator("#verdict");
  await verdict.waitFor();
  await until("its attempts", async () => (await verdict.textContent()) !== "waits");
  assert.deepEqual(JSON.parse(await verdict.textContent()), { origin: "null", parent: "blocked", storage: "blocked", network: "blocked" });
  // The frame is as tall as what is in it.
  const { height } = await page.locator(".output-frame iframe").boundingBox();
  assert.ok(height > 15 && height < 200, `${height}`);
}

async function it_is_run_again_and_cancelled(page, gate) {
  const before = page.url();
  fs.rmSync(gate);
  await page.getByRole("button", { name: "Run again" }).click();
  await page.waitForURL((url) => url.href !== before && /run_\w+$/.test(url.href));
  await shows(page, "before");
  await page.getByRole("button", { name: "Cancel" }).click();
  await state(page, "Cancelled in cell 4");
  assert.equal(await page.locator(".strip .bar-slot:not(.is-none)").count(), 2);
}
