// Writes the code of the explorer's menu for what is asked on standard input: `{columns, path, questions: [{hidden, sort, filter}]}`.
const path = require("node:path");
const { text } = require("node:stream/consumers");

async function menu() {
  const { rolldown } = require("rolldown");
  const bundle = await rolldown({ input: path.join(__dirname, "../../ui/src/explorer/code.ts") });
  const { output } = await bundle.generate({ format: "cjs" });
  const module = { exports: {} };
  new Function("module", "exports", "require", output[0].code)(module, module.exports, require);
  return module.exports;
}

async function main() {
  const { columns, path, questions } = JSON.parse(await text(process.stdin));
  const { asPandas, asPolars, asSql } = await menu();
  const written = questions.map((question) => {
    const shown = { columns, path, hidden: [], sort: [], filter: undefined, ...question };
    return { pandas: asPandas(shown), polars: asPolars(shown), sql: asSql(shown) };
  });
  process.stdout.write(JSON.stringify(written));
}

main();
