// A folder is made and filled: by dropping a file, by choosing one, by a new notebook; what is in it is found, looked
// at, renamed, moved, deleted and brought back. Whoever may only read is offered none of it.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { main, until } = require("./server.cjs");

const row = (page, name) => page.locator(".folder tbody tr").filter({ hasText: name });

/** Drops a file as if it came from the desktop. */
async function drop(page, name, text) {
  const data = await page.evaluateHandle(([name, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name));
    return data;
  }, [name, text]);
  for (const type of ["dragover", "drop"]) await page.locator(".drop").dispatchEvent(type, { dataTransfer: data });
}

function notebook(source, said) {
  const metadata = { kernelspec: { name: "python3", display_name: "Python 3", language: "python" } };
  const outputs = [{ output_type: "stream", name: "stdout", text: said }];
  const cells = [{ id: "a", cell_type: "markdown", source: "# Harbour *prices*", metadata: {} }, { id: "b", cell_type: "code", source, metadata: { tags: ["parameters"] }, outputs, execution_count: 1 }];
  return JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 });
}

main(async ({ server, person }) => {
  const ada = await person();
  await ada.goto(`${server.url}notebooks`);
  await row(ada, "report.ipynb").waitFor();
  const folder = "north & south";
  await ada.getByRole("button", { name: "New folder" }).click();
  await ada.getByLabel("Name").fill("a/b");
  await ada.getByText("A name has no / in it.").waitFor();
  await ada.getByLabel("Name").fill(folder);
  await ada.keyboard.press("Enter");
  await ada.getByText("This folder is empty").waitFor();
  assert.equal(decodeURIComponent(new URL(ada.url()).pathname), `/notebooks/${folder}`);

  // A file is dropped, and none is replaced.
  await drop(ada, "prices.ipynb", notebook("vat: float = 0.2", "a lighthouse keeper\n"));
  await row(ada, "prices.ipynb").waitFor();
  await drop(ada, "prices.ipynb", "something else");
  await ada.getByText("there is a prices.ipynb already").waitFor();
  const kept = JSON.parse(fs.readFileSync(path.join(server.root, folder, "prices.ipynb"), "utf8"));
  assert.equal(kept.cells.length, 2);
  const bytes = Buffer.from([0, 255, 128, 10]);
  await ada.getByLabel("Files to upload").setInputFiles({ name: "raw.bin", mimeType: "application/octet-stream", buffer: bytes });
  await row(ada, "raw.bin").waitFor();
  assert.deepEqual(fs.readFileSync(path.join(server.root, folder, "raw.bin")), bytes);

  // What another program puts there is there.
  fs.writeFileSync(path.join(server.root, folder, "2.csv"), "a\n1\n");
  await row(ada, "2.csv").waitFor();

  // By keyboard from row to row, with a look at each.
  await row(ada, "prices.ipynb").getByRole("link").focus();
  const aside = ada.getByRole("complementary");
  await aside.getByText("Harbour prices").waitFor();
  await aside.getByText("vat").waitFor();
  await ada.keyboard.press("ArrowDown");
  await aside.getByRole("heading", { name: "2.csv" }).waitFor();
  await aside.getByRole("link", { name: "Explore" }).waitFor();

  // What was shown is found, from any folder.
  await until("the index", async () => (await server.api("GET", "v1/search?q=lighthouse&kind=notebook")).hits.length === 1);
  await ada.getByRole("searchbox").fill("lighthouse");
  await ada.keyboard.press("Enter");
  await ada.locator(".found mark").getByText("lighthouse").waitFor();
  await ada.getByRole("link", { name: "Back to the folder" }).click();

  // A new one is edited at once; where it runs is said in the list.
  await ada.getByRole("button", { name: "New notebook" }).click();
  await ada.locator(".editor .cell").first().waitFor();
  await ada.keyboard.press("Enter");
  await ada.keyboard.type("1 + 1");
  await ada.keyboard.press("Control+Enter");
  await ada.locator(".editor .outputs").getByText("2").waitFor();
  await ada.getByRole("navigation", { name: "Where you are" }).getByRole("link", { name: folder }).click();
  await row(ada, /Untitled.*\.ipynb/i).getByText("Kernel is on").waitFor();

  // By keyboard it gets another name, which is free; its kernel goes with it, and the keyboard stays where it was.
  const inFolder = (...names) => path.join(server.root, folder, ...names);
  await row(ada, /Untitled.*\.ipynb/i).getByRole("link").first().focus();
  await ada.keyboard.press("F2");
  const dialog = ada.getByRole("dialog");
  await dialog.getByLabel("Name").fill("prices.ipynb");
  await ada.keyboard.press("Enter");
  await dialog.getByText("there is a prices.ipynb already").waitFor();
  await dialog.getByLabel("Name").fill("sums.ipynb");
  await ada.keyboard.press("Enter");
  await row(ada, "sums.ipynb").getByText("Kernel is on").waitFor();
  await until("the keyboard", () => row(ada, "sums.ipynb").getByRole("link").first().evaluate((link) => link === document.activeElement));
  assert.ok(fs.existsSync(inFolder("sums.ipynb")));

  // It is moved into a folder, and out of it; what is dragged onto a folder, too.
  await ada.getByRole("button", { name: "New folder" }).click();
  await dialog.getByLabel("Name").fill("2025");
  await ada.keyboard.press("Enter");
  await ada.getByText("This folder is empty").waitFor();
  await ada.goBack();
  await row(ada, "sums.ipynb").locator("td").nth(1).click();
  await aside.getByRole("button", { name: "Move… sums.ipynb" }).click();
  assert.ok(await dialog.getByRole("button", { name: "Move here" }).isDisabled());
  await dialog.getByRole("button", { name: "2025" }).click();
  await dialog.getByRole("button", { name: "Move here" }).click();
  await row(ada, "sums.ipynb").waitFor({ state: "detached" });
  await until("what was moved", () => fs.existsSync(inFolder("2025", "sums.ipynb")));
  await row(ada, "prices.ipynb").locator("td").nth(1).dragTo(row(ada, "2025"));
  await row(ada, "prices.ipynb").waitFor({ state: "detached" });
  assert.ok(fs.existsSync(inFolder("2025", "prices.ipynb")));

  // Deleted only when asked for; what is in the history comes back.
  await row(ada, "2.csv").getByRole("link").first().focus();
  await ada.keyboard.press("Delete");
  await dialog.getByText("It is in no history").waitFor();
  await ada.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.ok(fs.existsSync(inFolder("2.csv")));
  await ada.keyboard.press("Delete");
  await dialog.getByRole("button", { name: "Delete", exact: true }).click();
  await row(ada, "2.csv").waitFor({ state: "detached" });
  assert.ok(!fs.existsSync(inFolder("2.csv")));
  await row(ada, "raw.bin").getByRole("link").first().focus();
  await ada.keyboard.press("Delete");
  await dialog.getByText("can be brought back").waitFor();
  await dialog.getByRole("button", { name: "Delete", exact: true }).click();
  await row(ada, "raw.bin").waitFor({ state: "detached" });
  await ada.getByRole("button", { name: "Undo" }).click();
  await row(ada, "raw.bin").waitFor();
  assert.deepEqual(fs.readFileSync(inFolder("raw.bin")), bytes);
  await row(ada, "2025").locator("td").nth(1).click();
  await aside.getByRole("button", { name: "Delete… 2025" }).click();
  await dialog.getByText("2 items").waitFor();
  await dialog.getByRole("button", { name: "Never mind" }).click();
  assert.ok(fs.existsSync(inFolder("2025", "sums.ipynb")));

  // On a phone everything is behind one button of the row.
  const phone = await person({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  await phone.goto(`${server.url}notebooks/${encodeURIComponent(folder)}`);
  await phone.getByRole("button", { name: "What can be done with raw.bin" }).tap();
  await phone.getByRole("dialog").getByRole("button", { name: "Rename… raw.bin" }).tap();
  await phone.getByRole("textbox", { name: "Name" }).fill("kept.bin");
  await phone.getByRole("button", { name: "Rename", exact: true }).tap();
  await row(phone, "kept.bin").waitFor();
  await phone.close();

  // Whoever reads is led to pages to read.
  const { link } = await server.api("POST", "v1/users", { name: "grace", roles: { main: "viewer" } });
  const grace = await ada.context().browser().newPage();
  await grace.goto(new URL(link, server.url).href);
  await grace.getByRole("button").first().click();
  await grace.goto(`${server.url}notebooks`);
  await row(grace, "report.ipynb").waitFor();
  await row(grace, "report.ipynb").locator("td").nth(1).click();
  await grace.getByRole("complementary").getByRole("link", { name: "Download" }).waitFor();
  for (const name of ["New notebook", "New folder", /Rename/, /Move/, /Delete/]) assert.equal(await grace.getByRole("button", { name }).count(), 0);
  await row(grace, "report.ipynb").getByRole("link").focus();
  for (const key of ["F2", "Delete"]) await grace.keyboard.press(key);
  assert.equal(await grace.getByRole("dialog").count(), 0);
  const to = await row(grace, "report.ipynb").getByRole("link").getAttribute("href");
  assert.match(to, /\/view\/report\.ipynb$/);
});
