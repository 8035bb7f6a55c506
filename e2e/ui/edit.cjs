// A notebook is opened, edited by keyboard and run; its tab is closed in the middle of a cell and somebody else answers
// what the cell asks; two people change the same cell, and nothing is lost.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { main, until } = require("./server.cjs");

const WAITS = "import pathlib, time\nprint('before', flush=True)\nwhile not pathlib.Path(GATE).exists(): time.sleep(0.01)\nname = input('who? ')\nprint('after', name)";

const cell = (page, number) => page.locator(".editor .cell").nth(number - 1);
const press = async (page, ...keys) => {
  for (const key of keys) await page.keyboard.press(key);
};

/** Saves of a window come only once the returned function is called. */
async function hold(page) {
  let release;
  const held = new Promise((done) => (release = done));
  await page.route("**/api/contents/day.ipynb*", async (route) => {
    if (route.request().method() === "PUT") await held;
    await route.continue();
  });
  return release;
}

/** What a window has of a notebook is no newer than now until the returned function is called. */
async function keepOld(page, name) {
  let release;
  const held = new Promise((done) => (release = done));
  await page.route(`**/api/contents/${name}?*`, async (route) => {
    await held;
    await route.continue();
  });
  return release;
}

/** What a cell prints is seen while it runs, before it is in the document: where it was run, elsewhere, and by whoever comes later. */
async function prints({ server, person }) {
  const gates = [1, 2].map((number) => path.join(server.root, `gate-${number}`));
  const waits = (gate) => `while not pathlib.Path(${JSON.stringify(gate)}).exists(): time.sleep(0.01)`;
  const code = ["import pathlib, time", "print('one', end='-')", waits(gates[0]), "print('two', end='-')", "display({'text/plain': 'seen'}, raw=True)", waits(gates[1]), "print('three')"].join("\n");
  const file = path.join(server.root, "prints.ipynb");
  write(file, [["code", code]]);
  const address = `${server.url}edit/prints.ipynb`;
  const [ada, grace] = [await person(), await person()];
  const shows = (page, text) => until(`${text} in a window`, async () => (await cell(page, 1).locator(".terminal").allTextContents()).join("|").trim() === text);
  for (const page of [ada, grace]) {
    await page.goto(address);
    await cell(page, 1).waitFor();
  }
  const releases = await Promise.all([ada, grace].map((page) => keepOld(page, "prints.ipynb")));
  await cell(ada, 1).click();
  await press(ada, "Control+Enter");
  for (const page of [ada, grace]) await shows(page, "one-");
  await until("the first save", () => /one-/.test(fs.readFileSync(file, "utf8")));
  const alan = await person();
  await alan.goto(address);
  await shows(alan, "one-");
  releases.push(await keepOld(alan, "prints.ipynb"));
  fs.writeFileSync(gates[0], "");
  for (const page of [ada, grace, alan]) await shows(page, "one-two-|seen");
  fs.writeFileSync(gates[1], "");
  // What came last is told with the end of the cell, or is in the document.
  for (const release of releases) release();
  for (const page of [ada, grace, alan]) await shows(page, "one-two-|seen|three");
  await until("the last save", () => /three/.test(fs.readFileSync(file, "utf8")));
  for (const page of [ada, grace, alan]) {
    await cell(page, 1).locator(".gutter").getByText("[1]").waitFor();
    await shows(page, "one-two-|seen|three");
  }
  await ada.reload();
  await shows(ada, "one-two-|seen|three");
  for (const page of [ada, grace, alan]) await page.close();
}

function write(file, cells) {
  const metadata = { kernelspec: { name: "python3", display_name: "Python 3", language: "python" } };
  const written = cells.map(([cell_type, source], index) => ({ id: `c${index + 1}`, cell_type, source, metadata: {}, ...(cell_type === "code" ? { outputs: [], execution_count: null } : {}) }));
  fs.writeFileSync(file, JSON.stringify({ cells: written, metadata, nbformat: 4, nbformat_minor: 5 }));
}

main(async ({ server, person }) => {
  await prints({ server, person });
  const file = path.join(server.root, "day.ipynb");
  const gate = path.join(server.root, "go");
  write(file, [["markdown", "# The day"], ["code", "greeting = 'good day'"], ["code", ""], ["code", WAITS.replace("GATE", JSON.stringify(gate))]]);
  const sources = () => JSON.parse(fs.readFileSync(file, "utf8")).cells.map(({ source }) => (Array.isArray(source) ? source.join("") : source));

  // From where it is read to where it is edited.
  const ada = await person();
  await ada.goto(`${server.url}view/day.ipynb`);
  await ada.getByRole("link", { name: "Edit" }).click();
  await cell(ada, 4).waitFor();

  // By keyboard alone: a line is added and run, its number stands beside it.
  await press(ada, "j", "Enter", "Control+End", "Enter");
  await ada.keyboard.type("print(greeting)");
  await press(ada, "Shift+Enter");
  await cell(ada, 2).locator(".terminal").getByText("good day").waitFor();
  await cell(ada, 2).locator(".gutter").getByText("[1]").waitFor();

  // The kernel completes and explains.
  await ada.locator(".kernel.is-idle").waitFor();
  await press(ada, "Enter");
  await ada.keyboard.type("greeting.upp");
  await ada.getByRole("option", { name: "upper" }).waitFor();
  // The list takes no key in its first moments, as nobody can mean it then.
  await until("what was chosen", async () => {
    if ((await ada.getByRole("option").count()) === 0) return true;
    await press(ada, "Tab");
    return false;
  });
  await press(ada, "Shift+Tab");
  await ada.locator(".inspection").getByText("uppercase").waitFor();
  await ada.keyboard.type("()");
  await press(ada, "Control+Enter");
  await cell(ada, 3).locator(".outputs").getByText("GOOD DAY").waitFor();
  assert.equal(sources()[2], "greeting.upper()");
  await ada.getByText("Variables").click();
  await ada.locator(".variables").getByText("greeting").waitFor();

  // The tab is closed in the middle of a cell that asks; the next one to come answers.
  await cell(ada, 3).focus();
  await press(ada, "j", "Control+Enter");
  await cell(ada, 4).locator(".terminal").getByText("before").waitFor();
  await cell(ada, 4).locator(".gutter").getByText("[*]").waitFor();
  await ada.close();
  const grace = await person();
  await grace.goto(`${server.url}edit/day.ipynb`);
  // Whoever asked for it: it still runs.
  await cell(grace, 4).locator(".gutter").getByText("[*]").waitFor();
  fs.writeFileSync(gate, "");
  await cell(grace, 3).locator(".outputs").getByText("GOOD DAY").waitFor();
  await grace.getByLabel("who?").fill("Grace");
  await press(grace, "Enter");
  await cell(grace, 4).locator(".terminal").getByText("after Grace").waitFor();
  await cell(grace, 4).locator(".gutter").getByText(/\[\d+\]/).waitFor();

  // Cells are moved, deleted and come back.
  await cell(grace, 1).focus();
  await press(grace, "j", "j", "Alt+ArrowUp");
  await until("the move", () => sources()[1] === "greeting.upper()");
  await cell(grace, 2).locator(".gutter").dragTo(cell(grace, 4), { targetPosition: { x: 80, y: 10 } });
  await until("the second move", () => sources()[2] === "greeting.upper()");
  await press(grace, "d", "d");
  await until("the deletion", () => sources().length === 3);
  await grace.getByRole("button", { name: "Undo delete" }).click();
  await until("what came back", () => sources().length === 4);

  // What one types is at the other before it is saved.
  const alan = await person();
  await alan.goto(`${server.url}edit/day.ipynb`);
  await cell(alan, 4).waitFor();
  for (const page of [alan, grace]) await page.getByText("Also here: owner").waitFor();
  const saveHers = await hold(grace);
  await cell(grace, 2).dblclick();
  await press(grace, "Control+End", "Enter");
  await grace.keyboard.type("# of Grace");
  await cell(alan, 2).getByText("# of Grace").waitFor();
  await cell(alan, 2).getByText("owner is typing here").waitFor();
  assert.doesNotMatch(sources()[1], /of Grace/);

  // Meanwhile the other writes in the same cell: both is kept, and who types goes on where the cursor was.
  await cell(alan, 2).dblclick();
  await press(alan, "Control+Home");
  await alan.keyboard.type("# of Alan");
  await press(alan, "Enter");
  await until("what Alan wrote", () => sources()[1].startsWith("# of Alan\n"));
  saveHers();
  await until("both", () => /^# of Alan\n[^]*\n# of Grace$/.test(sources()[1]));
  await cell(alan, 2).locator(".cm-content").getByText("# of Grace").waitFor();
  await alan.keyboard.type("# again");
  await until("where the cursor was", () => sources()[1].startsWith("# of Alan\n# again"));
  await cell(grace, 2).getByText("# again").waitFor();
  await press(grace, "Escape");
  await press(alan, "Escape");

  // Two change the same words, and one of them another cell as well: that is joined, the first is asked about.
  const saveHis = await hold(alan);
  await cell(alan, 1).click();
  await press(alan, "Enter");
  await alan.keyboard.type("of Alan: ");
  await cell(grace, 1).click();
  await press(grace, "Enter");
  await grace.keyboard.type("of Grace: ");
  await press(grace, "Escape", "j", "Enter", "Control+End");
  await grace.keyboard.type(" # hers");
  await press(grace, "Control+s");
  await until("what Grace wrote", () => sources()[1].endsWith("# hers"));
  saveHis();
  const alert = alan.getByRole("alert");
  await alert.getByText("of Grace: ").waitFor();
  await alert.getByRole("button", { name: "Keep mine" }).click();
  await until("what Alan keeps", () => sources()[0].startsWith("of Alan: "));
  assert.match(sources()[1], /# hers$/);
  await cell(grace, 1).getByText("of Alan").waitFor();
  await alan.close();

  // Whoever goes elsewhere right after a key has lost nothing.
  await cell(grace, 2).dblclick();
  await press(grace, "Control+End");
  await grace.keyboard.type(" # and away");
  await grace.getByRole("link", { name: "Jobs" }).click();
  await until("what was typed last", () => sources()[1].endsWith("# and away"));
  await grace.goBack();
  await cell(grace, 2).getByText("# and away").waitFor();

  // It becomes a job, with another value than it was written with, and runs as one.
  await cell(grace, 1).click();
  await press(grace, "Escape", "b", "Enter");
  await grace.keyboard.type("rows: int = 3  # how many");
  await press(grace, "Escape", "p");
  await grace.getByRole("button", { name: "Publish as job…" }).click();
  const form = grace.getByRole("form", { name: "Publish as job" });
  await form.getByLabel("Name of the job").fill("a/b");
  await form.getByText("A name has no / in it.").waitFor();
  await form.getByLabel("Name of the job").fill("daily");
  await form.getByLabel("rows").fill("many");
  await form.getByText("This is not a number.").waitFor();
  await form.getByLabel("rows").fill("5");
  await form.getByRole("button", { name: "Publish", exact: true }).click();
  await grace.getByText("Published as daily, version 1.").waitFor();
  const [task] = (await server.api("GET", "v1/jobs/daily")).definition.tasks;
  assert.deepEqual([task.source, task.parameters], [file, { rows: 5 }]);
  await grace.getByRole("status").getByRole("link", { name: "Run as job…" }).click();
  assert.equal(await grace.getByLabel("rows").inputValue(), "5");
  await grace.getByLabel("rows").fill("7");
  await grace.getByRole("button", { name: "Run", exact: true }).click();
  await grace.waitForURL(/runs\/run_/);
  const [run] = (await server.api("GET", "v1/runs?job=daily")).runs;
  assert.deepEqual(run.parameters, { rows: 7 });
});
