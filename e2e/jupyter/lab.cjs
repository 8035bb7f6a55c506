// A person in JupyterLab, in a real browser. What is done is the argument: `visit` opens a notebook, edits, runs,
// interrupts, restarts, saves, uses a terminal and reloads; `leave` closes the tab while a cell runs; `return` finds
// what that cell printed since, and the variables. Every step leaves a screenshot in the folder `SCREENSHOTS`; the
// browser may complain of nothing.

const assert = require("node:assert/strict");
const path = require("node:path");
const { chromium } = require("playwright-core");

const folder = process.env.SCREENSHOTS;
const SCENARIOS = {
  visit: ["opens", "edits", "runs", "interrupts", "restarts", "saves", "uses_a_terminal", "reloads"],
  leave: ["opens", "leaves"],
  return: ["opens", "finds_everything"],
};
const PATIENCE = 30_000;

// What the browser complains about while the page works.
const complaints = [];

async function open(browser) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(PATIENCE);
  page.on("pageerror", (error) => complaints.push(`error in the page: ${error.message}`));
  page.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.request().method()} ${response.url()}`);
  });
  return page;
}

function steps(page) {
  const cell = (number) => page.locator(".jp-Notebook .jp-Cell").nth(number);
  const output = (number) => cell(number).locator(".jp-OutputArea-output");

  async function choose(menu, ...entries) {
    await page.locator(".lm-MenuBar-item").getByText(menu, { exact: true }).click();
    for (const entry of entries) {
      await page.locator(".lm-Menu-itemLabel").getByText(entry, { exact: true }).click();
    }
  }

  return {
    async opens() {
      await page.goto(`${process.env.JUPYTER_URL}lab/tree/visit.ipynb?token=${process.env.JUPYTER_TOKEN}`);
      await cell(0).waitFor();
      await page.getByText("Python 3 (ipykernel) | Idle").waitFor();
      assert.ok(!page.url().includes("token="), "no token stays in the address");
    },

    async edits() {
      await cell(0).locator(".cm-content").click();
      await page.keyboard.press("Control+A");
      await page.keyboard.type("kept = 41");
    },

    async runs() {
      await page.keyboard.press("Shift+Enter");
      await cell(1).locator(".cm-content").click();
      await page.keyboard.type("print('answer', kept + 1)");
      await page.keyboard.press("Shift+Enter");
      await output(1).getByText("answer 42").waitFor();
    },

    async interrupts() {
      await cell(2).locator(".cm-content").click();
      await page.keyboard.type("print('sleeps', flush=True); import time; time.sleep(600)");
      await page.keyboard.press("Control+Enter");
      await output(2).getByText("sleeps").waitFor();
      await choose("Kernel", "Interrupt Kernel");
      await output(2).getByText("KeyboardInterrupt").first().waitFor();
    },

    async restarts() {
      await choose("Kernel", "Restart Kernel…");
      await page.locator(".jp-Dialog").getByRole("button", { name: "Confirm Kernel Restart" }).click();
      await page.locator(".jp-Dialog").waitFor({ state: "detached" });
      await page.getByText("Python 3 (ipykernel) | Idle").waitFor();
      await cell(1).locator(".cm-content").click();
      await page.keyboard.press("Control+Enter");
      await output(1).getByText("NameError").first().waitFor();
    },

    async saves() {
      const saved = page.waitForResponse(
        (response) => response.request().method() === "PUT" && response.url().includes("/api/contents/visit.ipynb"),
      );
      await page.keyboard.press("Control+S");
      assert.equal((await saved).status(), 200);
    },

    async reloads() {
      await page.reload();
      // The terminal may be in front of it, as it was.
      await page.locator(".lm-TabBar-tab").getByText("visit.ipynb").click();
      await cell(0).getByText("kept = 41").waitFor();
      await output(1).getByText("NameError").first().waitFor();
      await page.getByText("Python 3 (ipykernel) | Idle").waitFor();
    },

    async leaves() {
      await cell(0).locator(".cm-content").click();
      await page.keyboard.press("Shift+Enter");
      await page.keyboard.press("Shift+Enter");
      await output(1).getByText("before").waitFor();
    },

    async finds_everything() {
      await output(1).getByText("meanwhile").waitFor();
      await cell(2).locator(".cm-content").click();
      await page.keyboard.press("Control+Enter");
      await output(2).getByText("kept 41").waitFor();
    },

    async uses_a_terminal() {
      await choose("File", "New", "Terminal");
      const terminal = page.locator(".jp-Terminal");
      await terminal.locator(".xterm-screen").click();
      await page.keyboard.type("echo $((6*7)) > from-the-terminal.txt; ls");
      await page.keyboard.press("Enter");
      // The screen is a canvas: what was typed is to be seen in the folder.
      const listing = page.locator(".jp-DirListing-item");
      await listing.getByText("from-the-terminal.txt").waitFor();
    },
  };
}

(async () => {
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
  const page = await open(browser);
  const scenario = process.argv[2];
  const known = steps(page);
  for (const [index, name] of SCENARIOS[scenario].entries()) {
    const picture = path.join(folder, `${scenario}-${index + 1}-${name}.png`);
    try {
      await known[name]();
    } catch (error) {
      await page.screenshot({ path: picture });
      console.error(`JupyterLab: ${name} failed; it looked like ${picture}\n${error.stack}\n${complaints.join("\n")}`);
      process.exit(1);
    }
    await page.screenshot({ path: picture });
    console.log(`JupyterLab: ${name} (${picture})`);
  }
  await browser.close();
  assert.deepEqual(complaints, []);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
