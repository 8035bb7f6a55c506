// A folder is made and filled: by dropping a file, by choosing one, by a new notebook; what is in them is found, looked
// at and deleted. Whoever may only read is offered none of it.

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
  await ada.getByRole("button", { name: "New folder" }).click();
  await ada.getByText("This folder is empty").waitFor();
  const folder = decodeURIComponent(new URL(ada.url()).pathname).replace("/notebooks/", "");

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

  // Deleted only when asked twice.
  await row(ada, "2.csv").locator("td").first().click();
  await aside.getByRole("button", { name: "Delete 2.csv" }).click();
  assert.ok(fs.existsSync(path.join(server.root, folder, "2.csv")));
  await aside.getByRole("button", { name: "Delete it? 2.csv" }).click();
  await row(ada, "2.csv").waitFor({ state: "detached" });
  assert.ok(!fs.existsSync(path.join(server.root, folder, "2.csv")));

  // Whoever reads is led to pages to read.
  const { link } = await server.api("POST", "v1/users", { name: "grace", roles: { main: "viewer" } });
  const grace = await ada.context().browser().newPage();
  await grace.goto(new URL(link, server.url).href);
  await grace.getByRole("button").first().click();
  await grace.goto(`${server.url}notebooks`);
  await row(grace, "report.ipynb").waitFor();
  assert.equal(await grace.getByRole("button", { name: "New notebook" }).count(), 0);
  const to = await row(grace, "report.ipynb").getByRole("link").getAttribute("href");
  assert.match(to, /\/view\/report\.ipynb$/);
});
