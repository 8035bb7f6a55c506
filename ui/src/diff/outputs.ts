// How the outputs of a cell differ: text by lines, numbers by how much, tables by rows, pictures side by side.
import { joined, type MimeBundle, type Output } from "../notebook/nbformat.ts";
import { plain } from "../output/ansi.ts";
import { settled } from "../output/lines.ts";
import { choose } from "../output/mime.ts";
import { steps } from "./sequence.ts";
import { compareTables, essenceOf, tableOf, tableOfResource, type TableChange } from "./table.ts";
import { lines, type Line, type NumberChange, numbers } from "./text.ts";

export type OutputChange =
  | { kind: "same"; now: Output }
  | { kind: "numbers"; changes: NumberChange[] }
  | { kind: "text"; lines: Line[] }
  | { kind: "table"; table: TableChange }
  /** Both as they are; one of them may be missing. */
  | { kind: "both"; before: Output | undefined; now: Output | undefined };

/** Output by output; those of one kind belong together in their order. */
export function outputChanges(before: Output[], now: Output[]): OutputChange[] {
  const found: OutputChange[] = [];
  let removed: Output[] = [];
  const flush = () => {
    found.push(...removed.map((one): OutputChange => ({ kind: "both", before: one, now: undefined })));
    removed = [];
  };
  for (const step of steps(streamsJoined(before), streamsJoined(now), (one, other) => shapeOf(one) === shapeOf(other))) {
    if (step.kind === "removed") removed.push(step.before);
    else if (step.kind === "same") {
      flush();
      found.push(change(step.before, step.now));
    } else found.push({ kind: "both", before: removed.shift(), now: step.now });
  }
  flush();
  return found;
}

/** Whether nothing that one would call a result differs. */
export function sameOutputs(before: Output[], now: Output[]): boolean {
  const [one, other] = [before, now].map((outputs) => streamsJoined(outputs).map(essence)) as [string[], string[]];
  return one.length === other.length && one.every((text, at) => text === other[at]);
}

function change(before: Output, now: Output): OutputChange {
  if (essence(before) === essence(now)) return { kind: "same", now };
  const [old, text] = [textOf(before)?.trimEnd(), textOf(now)?.trimEnd()];
  if (old !== undefined && text !== undefined) {
    const changed = numbers(old, text);
    return changed === undefined ? { kind: "text", lines: lines(old, text) } : { kind: "numbers", changes: changed };
  }
  const table = tables(before, now);
  return table === undefined ? { kind: "both", before, now } : { kind: "table", table };
}

function tables(before: Output, now: Output): TableChange | undefined {
  const [one, other] = [before, now].map((output) => {
    const shown = "data" in output ? choose(output.data) : undefined;
    if (shown?.kind === "table") return tableOfResource(shown.resource);
    return shown?.kind === "html" ? tableOf(shown.text) : undefined;
  });
  return one === undefined || other === undefined ? undefined : compareTables(one, other);
}

/** Text of one stream that was written in parts is one output. */
function streamsJoined(outputs: Output[]): Output[] {
  const found: Output[] = [];
  for (const output of outputs) {
    const last = found.at(-1);
    if (output.output_type === "stream" && last?.output_type === "stream" && last.name === output.name) {
      found[found.length - 1] = { ...last, text: joined(last.text) + joined(output.text) };
    } else found.push(output);
  }
  return found;
}

function shapeOf(output: Output): string {
  if (output.output_type === "stream") return output.name;
  if (output.output_type === "error") return "error";
  return choose(output.data)?.kind ?? "other";
}

/** What is read of an output; undefined where it is no text. */
function textOf(output: Output): string | undefined {
  if (output.output_type === "stream") return plain(settled(joined(output.text)));
  if (output.output_type === "error") return plain(output.traceback.join("\n")) || `${output.ename}: ${output.evalue}`;
  const shown = choose(output.data);
  return shown?.kind === "text" || shown?.kind === "markdown" ? shown.text : undefined;
}

/** Where objects lie in memory differs in every run. */
const ADDRESS = /\b0x[0-9a-f]{6,}\b/gi;

function essence(output: Output): string {
  const text = textOf(output) ?? ("data" in output ? formOf(output.data) : "");
  return `${shapeOf(output)} ${text.replace(ADDRESS, "0x…")}`;
}

/** What is shown of an output that is no text, as text. */
function formOf(data: MimeBundle): string {
  const shown = choose(data);
  return shown?.kind === "table" ? essenceOf(shown.resource) : JSON.stringify(shown ?? data);
}
