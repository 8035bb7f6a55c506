// A table that a past run has shown, and one in a file of 200,000 rows: sorted, filtered, counted, copied, scrolled,
// drawn over; one that becomes another one.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { main, until } = require("./server.cjs");

const ROWS = 200_000;

const minutes = (n) => (n * n) % 97;
const row = (n) => ["EMEA", "LATAM", "APAC"][n % 3];

/** What can be done with a table on a page. */
function tableOn(page, within = page.locator(".explorer")) {
  const grid = within.getByRole("grid");
  const head = (name) => grid.getByRole("columnheader", { name });
  return {
    grid,
    head,
    count: (text) => within.locator(".explorer-count").getByText(text, { exact: true }).waitFor(),
    sort: (name, options) => head(name).locator(".lane-name").click(options),
    /** Waits until this row is the first on the screen; its number is not part of it. */
    begins: async (expected) => {
      const cells = grid.locator(".grid-view .grid-row").first().getByRole("gridcell");
      await until(`the row ${expected}`, async () => (await cells.allTextContents()).join(" | ") === expected);
    },
    pills: () => within.locator(".explorer-pills li > span").allTextContents(),
  };
}

async function copied(page) {
  return page.evaluate(() => navigator.clipboard.readText());
}

main(async ({ server, person }) => {
  await server.publish("frames", "frames.ipynb");
  const { id } = await server.api("POST", "v1/jobs/frames/run", { parameters: {} });
  await until("the end of the run", async () => (await server.api("GET", `v1/runs/${id}`)).state === "succeeded");
  const lines = Array.from({ length: ROWS }, (_, n) => `${n},${row(n)},${minutes(n)}`);
  fs.writeFileSync(path.join(server.root, "sessions.csv"), ["id,region,minutes", ...lines, ""].join("\n"));

  const page = await person();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await a_table_of_a_past_run(page, server, id);
  await its_own_screen(page, id);
  await a_file(page, server);
  await keys_alone(page);
  await parts_of_axes(page, server);
  await a_file_that_changes(page, server);
  await what_goes_wrong(page, server);
});

async function a_table_of_a_past_run(page, server, id) {
  assert.deepEqual(await server.api("GET", "api/kernels"), [], "no kernel is there to ask");
  await page.goto(`${server.url}runs/${id}`);
  const table = tableOn(page, page.locator(".explorer").first());
  await table.count("5,000 rows");
  await table.begins("0 | Title 0 | 0 | null");

  // Once ascending, twice descending, and beside another column with Shift.
  await table.sort("minutes");
  await table.sort("minutes");
  assert.equal(await table.head("minutes").getAttribute("aria-sort"), "descending");
  await table.sort("title", { modifiers: ["Shift"] });
  const largest = Array.from({ length: 5000 }, (_, n) => n).filter((n) => minutes(n) === 96);
  const least = largest.toSorted((one, other) => (one % 7) - (other % 7) || one - other)[0];
  await table.begins(`${least} | Title ${least % 7} | 96 | ${least % 10 === 0 ? "null" : (least % 5) + 0.5}`);

  // A bar of the histogram is a filter: the fourth of twenty from 0 to 96.
  await table.head("minutes").locator(".bin").nth(3).click();
  const inBin = Array.from({ length: 5000 }, (_, n) => minutes(n)).filter((value) => value >= 14.4 && value < 19.2).length;
  await table.count(`${inBin.toLocaleString("en")} of 5,000 rows`);
  assert.deepEqual(await table.pills(), ["minutes 15 to below 20"]);
  await table.head("title").locator(".part").first().click();
  await until("two pills", async () => (await table.pills()).length === 2);
  await page.getByRole("button", { name: "Remove all" }).click();
  await table.count("5,000 rows");

  // The output that has all its rows needs no server.
  const short = tableOn(page, page.locator(".explorer").nth(1));
  await short.grid.scrollIntoViewIfNeeded();
  await short.head("region").locator(".part").first().click();
  await short.count("2 of 3 rows");
}

async function its_own_screen(page, id) {
  await page.locator(".explorer").first().getByRole("link", { name: "Explore" }).click();
  await page.waitForURL(new RegExp(`/explore\\?run=${id}&cell=c0&output=1&`));
  const table = tableOn(page);
  await table.count("5,000 rows");
  // In the order in which it was looked at, until a head is chosen for the third time.
  assert.equal(await table.head("minutes").getAttribute("aria-sort"), "descending");
  await table.sort("minutes");
  await table.begins("0 | Title 0 | 0 | null");
  await page.getByRole("button", { name: "Filter", exact: true }).click();
  await page.getByLabel("Column", { exact: true }).selectOption("rating");
  await page.getByLabel("Relation").selectOption("null");
  await page.getByRole("button", { name: "Add" }).click();
  await table.count("500 of 5,000 rows");
  await page.getByRole("checkbox", { name: "title" }).uncheck();
  await table.begins("0 | 0 | null");

  // All of it is in the address.
  await page.reload();
  await table.count("500 of 5,000 rows");
  await table.begins("0 | 0 | null");
  assert.equal(await table.grid.getAttribute("aria-colcount"), "4");
}

async function a_file(page, server) {
  await page.goto(`${server.url}view/sessions.csv`);
  await page.getByRole("link", { name: "Explore" }).click();
  const table = tableOn(page);
  await table.count("200,000 rows");
  await table.begins("0 | EMEA | 0");
  assert.equal(await table.grid.getAttribute("aria-rowcount"), String(ROWS + 1));

  // To the end with the scroll bar; few rows are in the page, however many there are.
  await table.grid.evaluate((element) => element.scrollTo(0, element.scrollHeight));
  const last = table.grid.locator(".grid-view .grid-row").last();
  await until("the last row", async () => (await last.getByRole("gridcell").allTextContents()).join(" ") === `${ROWS - 1} ${row(ROWS - 1)} ${minutes(ROWS - 1)}`);
  assert.equal(await last.getAttribute("aria-rowindex"), String(ROWS + 1));
  assert.ok((await table.grid.locator(".grid-row").count()) < 100);

  // In the middle, a turn of the wheel moves rows.
  await table.grid.evaluate((element) => element.scrollTo(0, 26 * 100_000));
  await table.begins(`100000 | ${row(100_000)} | ${minutes(100_000)}`);
  await table.grid.hover();
  await page.mouse.wheel(0, 260);
  await table.begins(`100010 | ${row(100_010)} | ${minutes(100_010)}`);
}

/** Without a mouse: sorted, gone to the end, chosen, copied, filtered. */
async function keys_alone(page) {
  const table = tableOn(page);
  await table.grid.focus();
  for (const key of ["Control+Home", "ArrowUp", "Enter", "Enter"]) await page.keyboard.press(key);
  await table.begins(`${ROWS - 1} | ${row(ROWS - 1)} | ${minutes(ROWS - 1)}`);
  for (const key of ["Control+Home", "Shift+ArrowDown", "Shift+ArrowRight", "Control+c"]) await page.keyboard.press(key);
  await page.getByText("Copied 2 rows").waitFor();
  assert.equal(await copied(page), `id\tregion\n${ROWS - 1}\t${row(ROWS - 1)}\n${ROWS - 2}\t${row(ROWS - 2)}`);

  // What is not in the page is fetched, as many rows as the server gives at once.
  for (const key of ["Control+a", "Control+c"]) await page.keyboard.press(key);
  await page.getByText("Copied 10,000 rows, which is the most").waitFor();
  const text = (await copied(page)).split("\n");
  assert.deepEqual([text.length, text.at(-1)], [10_001, `${ROWS - 10_000}\t${row(ROWS - 10_000)}\t${minutes(ROWS - 10_000)}`]);

  for (const key of ["Control+End", "f"]) await page.keyboard.press(key);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Column");
  await page.getByLabel("Relation").selectOption("<");
  await page.getByLabel("Value").fill("0");
  await page.keyboard.press("Enter");
  await page.getByText("No row matches").waitFor();
  await page.getByRole("button", { name: "Show all rows" }).click();
  await table.count("200,000 rows");
}

/** What is drawn over on an axis, or set by its keys, is what the table is filtered by; several axes, and none again. */
async function parts_of_axes(page, server) {
  const rows = Array.from({ length: 400 }, (_, n) => `${n},${(n * 7) % 100},${n % 10}`);
  fs.writeFileSync(path.join(server.root, "axes.csv"), ["n,heat,age", ...rows, ""].join("\n"));
  const chart = encodeURIComponent(JSON.stringify({ view: "parallel", metrics: ["heat", "age"] }));
  await page.goto(`${server.url}explore?path=axes.csv&view=chart&chart=${chart}`);
  const table = tableOn(page);
  const axis = (name) => page.getByRole("slider", { name });
  const lines = () => page.locator(".parallel-line.is-row").count();
  await table.count("400 rows");
  await until("all lines", async () => (await lines()) === 400);

  // By keys: everything but the least twentieth of 0 to 99.
  await axis("heat").focus();
  await page.keyboard.press("ArrowUp");
  await until("the pill", async () => (await table.pills()).join() === "heat 5 to 99");
  await table.count("380 of 400 rows");
  await until("the lines within", async () => (await lines()) === 380);
  assert.equal(await page.locator(".parallel-line").count(), 400);
  assert.equal(await axis("heat").getAttribute("aria-valuetext"), "5 to 99");

  // By the pointer, on another axis: its upper half.
  const box = await axis("age").locator("line").boundingBox();
  await page.mouse.move(box.x, box.y - 4);
  await page.mouse.down();
  await page.mouse.move(box.x, box.y + box.height * 0.3);
  await page.mouse.move(box.x, box.y + box.height * 0.48);
  await page.mouse.up();
  await until("both pills", async () => (await table.pills()).join() === "heat 5 to 99,age 5 to 9");
  await table.count("192 of 400 rows");
  await page.getByText("The rows behind it").click();
  await page.getByRole("region", { name: "The rows behind the chart" }).getByRole("cell").first().waitFor();

  // The table has the same rows, and the way back is the same for both.
  await page.getByRole("button", { name: "Table" }).click();
  await table.begins("5 | 35 | 5");
  await page.getByRole("button", { name: "Chart" }).click();
  await axis("heat").focus();
  await page.keyboard.press("Escape");
  await table.count("200 of 400 rows");
  await page.getByRole("button", { name: "Remove the filter age 5 to 9" }).click();
  await table.count("400 rows");
  await until("all lines", async () => (await lines()) === 400);
}

/** Rows of two versions never stand beside each other; that there is another one is told by answers, and before any is asked for. */
async function a_file_that_changes(page, server) {
  const write = (word) => fs.writeFileSync(path.join(server.root, "log.csv"), ["n,word", ...Array.from({ length: 5000 }, (_, n) => `${n},${word}`), ""].join("\n"));
  const table = tableOn(page);
  const again = page.getByRole("button", { name: "Read again" });
  const open = async () => {
    await page.goto(`${server.url}explore?path=log.csv&filter={"column":"n","is":">","value":0}`);
    await table.count("4,999 of 5,000 rows");
  };
  write("before");
  await page.route("**/v1/contents/events*", (route) => route.abort());
  await open();
  await table.begins("1 | before");
  write("after");
  const refused = page.waitForResponse((response) => response.url().includes("offset=4500"));
  await table.grid.evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await refused;
  await again.waitFor();
  assert.equal(await table.grid.getByText("after").count(), 0);
  await again.click();
  await table.begins("1 | after");
  assert.deepEqual(await table.pills(), ["n is more than 0"]);
  assert.equal(await again.count(), 0);

  await page.unroute("**/v1/contents/events*");
  await open();
  write("at last");
  await again.waitFor();
  await table.begins("1 | after");
  await again.click();
  await table.begins("1 | at last");
}

async function what_goes_wrong(page, server) {
  // A name that the browser's complaints about it are known by.
  await page.goto(`${server.url}explore?path=run_nothing.parquet`);
  await page.getByText("The table is not there").waitFor();
  await page.goto(`${server.url}explore`);
  await page.getByText("Which table?").waitFor();
}
