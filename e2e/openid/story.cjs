// People sign in to nbpress by way of the provider, and an administrator says what they may do.
// Words: the server's base URL, the nbpress program. `NBPRESS_HOME` is that of the server.

const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");

const [base, nbpress] = process.argv.slice(2);

// Somebody with a browser: it keeps cookies for each origin and follows where it is sent.
class Person {
  constructor(name) {
    this.name = name;
    this.jars = new Map();
  }

  jar(address) {
    const { origin } = new URL(address);
    if (!this.jars.has(origin)) {
      this.jars.set(origin, new Map());
    }
    return this.jars.get(origin);
  }

  async once(address, options = {}) {
    const jar = this.jar(address);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { accept: "text/html", cookie, ...options.headers };
    const response = await fetch(address, { ...options, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value === "" || /max-age=0/i.test(line) || /expires=Thu, 01 Jan 1970/i.test(line)) {
        jar.delete(name);
      } else {
        jar.set(name, value);
      }
    }
    return response;
  }

  // Opens a page, through everything on the way, and says who they are where the provider asks.
  async open(path) {
    let address = new URL(path, base).href;
    for (let step = 0; step < 20; step += 1) {
      const response = await this.once(address);
      const next = response.headers.get("location");
      if (next === null && /\/who\//.test(address) && !/\?as=/.test(address)) {
        address = `${address}?as=${this.name}`;
      } else if (next === null) {
        return { address, status: response.status, text: await response.text() };
      } else {
        address = new URL(next, address).href;
      }
    }
    throw new Error(`no end after ${address}`);
  }

  signIn() {
    return this.open("login/openid?next=" + encodeURIComponent(new URL("view/", base).pathname));
  }

  async me() {
    const response = await this.once(new URL("v1/me", base));
    return response.status === 200 ? response.json() : response.status;
  }

  async save() {
    const body = JSON.stringify({ type: "file", format: "text", content: this.name });
    const address = new URL("api/contents/by-hand.txt", base);
    const headers = { origin: address.origin, "content-type": "application/json" };
    return (await this.once(address, { method: "PUT", headers, body })).status;
  }
}

function administer(...words) {
  return execFileSync(nbpress, [...words, "--json"], { encoding: "utf8" });
}

async function main() {
  const ada = new Person("ada");
  assert.match((await ada.open("view/")).text, /Sign in with 127\.0\.0\.1:/);
  const page = await ada.signIn();
  assert.equal(page.address, new URL("view/", base).href, page.text);
  assert.equal(page.status, 200);
  const me = await ada.me();
  assert.equal(me.name, "ada@example.org");
  assert.deepEqual(me.permissions, { main: ["read"] });
  assert.equal(await ada.save(), 403);

  administer("user", "grant", "ada@example.org", "editor");
  assert.equal(await ada.save(), 201);

  // She signs out, and in again as the same user.
  await ada.open("logout");
  assert.equal(await ada.me(), 401);
  await ada.signIn();
  assert.equal((await ada.me()).name, "ada@example.org");

  administer("user", "disable", "ada@example.org");
  assert.equal(await ada.me(), 401);
  const out = await ada.signIn();
  assert.equal(out.status, 403);
  assert.match(out.text, /may not use this server any more/);
  administer("user", "enable", "ada@example.org");
  assert.equal((await ada.signIn()).status, 200);

  // Nobody expects Bob, until an administrator writes down his address.
  const bob = new Person("bob");
  assert.match((await bob.signIn()).text, /knows you as bob@elsewhere\.test/);
  administer("user", "add", "bob", "--email", "bob@elsewhere.test", "--role", "operator");
  assert.equal((await bob.signIn()).status, 200);
  assert.equal((await bob.me()).name, "bob");

  // Eve's domain is the right one, and the address is not known to be hers.
  const eve = await new Person("eve").signIn();
  assert.equal(eve.status, 403);
  assert.match(eve.text, /has not verified/);
  const nobody = await new Person("nobody").signIn();
  assert.equal(nobody.status, 403);
  assert.match(nobody.text, /access_denied/);

  const names = administer("user", "list").trim().split("\n").map((line) => JSON.parse(line).name);
  assert.deepEqual(names, ["ada@example.org", "bob"]);
  console.log("the story has ended");
}

main();
