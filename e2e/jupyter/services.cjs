// A script that uses `@jupyterlab/services`, which is how JupyterLab and VS Code talk to servers: contents, a session,
// execution, interrupt, restart, another kernel, and a connection that is lost and comes back.

const assert = require("node:assert/strict");
const { PageConfig } = require("@jupyterlab/coreutils");
const WebSocket = require("ws");
const {
  ConfigSectionManager,
  ContentsManager,
  KernelManager,
  KernelSpecManager,
  ServerConnection,
  SessionManager,
  TerminalManager,
} = require("@jupyterlab/services");

const sockets = [];

// Remembers its sockets, so that the script can cut them.
class Socket extends WebSocket {
  constructor(...words) {
    super(...words);
    sockets.push(this);
  }
}

const serverSettings = ServerConnection.makeSettings({
  baseUrl: process.env.JUPYTER_URL,
  wsUrl: process.env.JUPYTER_URL.replace(/^http/, "ws"),
  token: process.env.JUPYTER_TOKEN,
  appendToken: true,
  WebSocket: Socket,
});

async function contents() {
  const contents = new ContentsManager({ serverSettings });
  const folder = await contents.newUntitled({ type: "directory" });
  const notebook = await contents.newUntitled({ path: folder.path, type: "notebook" });
  const document = { nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [] };
  const renamed = await contents.rename(notebook.path, `${folder.path}/größe.ipynb`);
  await contents.save(renamed.path, { type: "notebook", format: "json", content: document });
  const checkpoint = await contents.createCheckpoint(renamed.path);
  document.cells.push({ cell_type: "markdown", id: "a", metadata: {}, source: "later" });
  await contents.save(renamed.path, { type: "notebook", format: "json", content: document });
  await contents.restoreCheckpoint(renamed.path, checkpoint.id);
  const restored = await contents.get(renamed.path, { content: true, hash: true });
  assert.deepEqual(restored.content.cells, []);
  assert.equal(restored.hash_algorithm, "sha256");
  const copy = await contents.copy(renamed.path, folder.path);
  assert.equal(copy.name, "größe-Copy1.ipynb");
  const listed = await contents.get(folder.path);
  assert.deepEqual(listed.content.map((entry) => entry.name).sort(), ["größe-Copy1.ipynb", "größe.ipynb"]);
  for (const entry of listed.content) await contents.delete(entry.path);
  contents.dispose();
}

async function execute(kernel, code) {
  const future = kernel.requestExecute({ code });
  let text = "";
  future.onIOPub = ({ header, content }) => {
    if (header.msg_type === "stream") text += content.text;
  };
  const reply = await future.done;
  return { status: reply.content.status, ename: reply.content.ename, text };
}

// Resolves when a signal says what is waited for.
function heard(signal, wanted) {
  return new Promise((resolve) => {
    const listener = (_, value) => {
      if (!wanted(value)) return;
      signal.disconnect(listener);
      resolve(value);
    };
    signal.connect(listener);
  });
}

async function session() {
  const kernelManager = new KernelManager({ serverSettings });
  const specs = new KernelSpecManager({ serverSettings });
  await specs.ready;
  assert.ok(specs.specs.kernelspecs.python3, "python3 is a kernel");
  const manager = new SessionManager({ kernelManager, serverSettings });
  await manager.ready;
  const session = await manager.startNew({
    name: "a.ipynb",
    path: "a.ipynb",
    type: "notebook",
    kernel: { name: "python3" },
  });
  const kernel = session.kernel;
  assert.equal((await execute(kernel, "kept = 41\nprint(kept + 1)")).text, "42\n");
  assert.equal((await execute(kernel, "1 / 0")).ename, "ZeroDivisionError");
  await input(kernel);
  await interrupt(kernel);
  await reconnect(kernel);
  await restart(kernel);
  await session.setPath("b.ipynb");
  await session.changeKernel({ name: "python3" });
  assert.equal((await execute(session.kernel, "print('another')")).text, "another\n");
  await manager.refreshRunning();
  assert.deepEqual(Array.from(manager.running(), (model) => model.path), ["b.ipynb"]);
  await session.shutdown();
  await manager.refreshRunning();
  assert.deepEqual(Array.from(manager.running()), []);
  for (const part of [session, manager, specs, kernelManager]) part.dispose();
}

async function input(kernel) {
  const future = kernel.requestExecute({ code: "print(input('name? '))", allow_stdin: true });
  let text = "";
  future.onStdin = ({ content }) => {
    assert.equal(content.prompt, "name? ");
    kernel.sendInputReply({ status: "ok", value: "Ada" }, future.msg.header);
  };
  future.onIOPub = ({ header, content }) => {
    if (header.msg_type === "stream") text += content.text;
  };
  await future.done;
  assert.equal(text, "Ada\n");
}

async function interrupt(kernel) {
  const future = kernel.requestExecute({ code: "print('runs', flush=True)\nimport time\ntime.sleep(600)" });
  future.onIOPub = ({ header }) => {
    if (header.msg_type === "stream") kernel.interrupt();
  };
  const reply = await future.done;
  assert.equal(reply.content.ename, "KeyboardInterrupt");
}

// What a kernel sends while nobody listens is there when its client is back.
async function reconnect(kernel) {
  const future = kernel.requestExecute({
    code: "import os, time\nprint('before', flush=True)\nwhile not os.path.exists('go'): time.sleep(0.01)\nprint('meanwhile')",
  });
  let text = "";
  future.onIOPub = async ({ header, content }) => {
    if (header.msg_type !== "stream") return;
    text += content.text;
    if (text !== "before\n") return;
    const lost = heard(kernel.connectionStatusChanged, (status) => status === "connecting");
    sockets.at(-1).terminate();
    await lost;
    const contents = new ContentsManager({ serverSettings });
    await contents.save("go", { type: "file", format: "text", content: "" });
  };
  await future.done;
  assert.equal(text, "before\nmeanwhile\n");
  assert.equal((await execute(kernel, "print(kept)")).text, "41\n");
}

async function restart(kernel) {
  await kernel.restart();
  const reply = await execute(kernel, "kept");
  assert.equal(reply.ename, "NameError");
}

async function config() {
  const config = new ConfigSectionManager({ serverSettings });
  const section = await config.create({ name: "e2e" });
  await section.update({ shown: true });
  assert.equal((await config.create({ name: "e2e" })).data.shown, true);
}

async function terminal() {
  PageConfig.setOption("terminalsAvailable", "true");
  const manager = new TerminalManager({ serverSettings });
  await manager.ready;
  const terminal = await manager.startNew();
  let text = "";
  const answered = heard(terminal.messageReceived, (message) => {
    if (message.type === "stdout") text += message.content.join("");
    return text.includes("sum=42");
  });
  terminal.send({ type: "set_size", content: [24, 80, 480, 640] });
  terminal.send({ type: "stdin", content: ["echo sum=$((6*7))\r"] });
  await answered;
  await terminal.shutdown();
  manager.dispose();
}

(async () => {
  // The library tells every step of its sockets.
  // The library tells every step of its sockets.
  console.log = console.debug = console.info = console.warn = () => {};
  for (const part of [contents, session, config, terminal]) {
    await part();
    process.stdout.write(`@jupyterlab/services: ${part.name}\n`);
  }
  process.exit(0);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
