// Which of the forms of an output is shown, and where: in the page, or in a frame of its own.
import type { LibraryName } from "../frame/known.ts";
import type { MimeBundle, Text } from "../notebook/nbformat.ts";
import { joined } from "../notebook/nbformat.ts";
import { VIEW_MIME } from "./widget-state.ts";

export type Shown =
  | { kind: "json"; value: unknown }
  | { kind: "html" | "markdown" | "text"; text: string }
  | { kind: "image"; source: string }
  | { kind: "media"; tag: "audio" | "video"; source: string }
  | { kind: "script"; text: string }
  /** What only prepares a page for outputs that come later. */
  | { kind: "nothing" }
  | { kind: "table"; resource: object }
  | { kind: "widget"; model: string }
  /** By a library of ours, in a frame. */
  | { kind: "drawn"; library: LibraryName; mime: string; data: unknown };

type Reader = (data: unknown, mime: string) => Shown | undefined;

const text = (kind: "html" | "markdown" | "text"): Reader => (data) => (isText(data) ? { kind, text: joined(data) } : undefined);
const base64: Reader = (data, mime) =>
  isText(data) ? { kind: "image", source: `data:${mime};base64,${joined(data).replace(/\s/g, "")}` } : undefined;
// As an image, because as an image it runs no script and loads nothing.
const svg: Reader = (data) =>
  isText(data) ? { kind: "image", source: `data:image/svg+xml,${encodeURIComponent(joined(data))}` } : undefined;

// Most of it is a formula in dollars, which Markdown knows.
const latex: Reader = (data) => (isText(data) ? { kind: "markdown", text: joined(data).replace(/^\$\\displaystyle\s+([\s\S]*)\$$/, "$$$$$1$$$$") } : undefined);

/** What libraries draw, whatever the version in its name. */
const DRAWN: [RegExp, LibraryName][] = [
  [/^application\/vnd\.vega(lite)?\.v\d+(\.\d+)*\+json$/, "vega"],
  [/^application\/vnd\.plotly\.v\d+\+json$/, "plotly"],
];

const BOKEH = "application/vnd.bokehjs_exec.v0+json";
/** The places that Bokeh's scripts look for, alone in outputs of their own: its logo, and the element of a plot. */
const OF_BOKEH = /^\s*<style>\s*\.bk-notebook-logo|^\s*<div id="[^"]*" data-root-id="[^"]*"[^>]*><\/div>\s*$/;

const TABLE_MIME = "application/vnd.dataresource+json";

/** From the richest form to the poorest. */
const READERS: [string, Reader][] = [
  [VIEW_MIME, (data) => (isView(data) ? { kind: "widget", model: data.model_id } : undefined)],
  // Its script is for the notebook's page, in which our library already is.
  ["application/vnd.bokehjs_load.v0+json", () => ({ kind: "nothing" })],
  [TABLE_MIME, (data) => (isTable(data) ? { kind: "table", resource: data } : undefined)],
  ["application/json", (value) => ({ kind: "json", value })],
  ["application/javascript", (data) => (isText(data) ? { kind: "script", text: joined(data) } : undefined)],
  ["text/html", (data) => (isText(data) && OF_BOKEH.test(joined(data)) ? { kind: "nothing" } : undefined)],
  ["text/html", text("html")],
  ["text/markdown", text("markdown")],
  ["image/svg+xml", svg],
  ["image/gif", base64],
  ["image/png", base64],
  ["image/webp", base64],
  ["image/jpeg", base64],
  ["text/latex", latex],
  ["text/plain", text("text")],
];

/** What is shown of a bundle; undefined where there is nothing that can be. */
export function choose(data: MimeBundle): Shown | undefined {
  const drawn = drawable(data);
  if (drawn !== undefined) return drawn;
  for (const [mime, reader] of READERS) {
    const shown = mime in data ? reader(data[mime], mime) : undefined;
    if (shown !== undefined) return shown;
  }
  for (const [mime, value] of Object.entries(data)) {
    const tag = /^(audio|video)\//.exec(mime)?.[1];
    if (tag !== undefined && isText(value)) return { kind: "media", tag: tag as "audio" | "video", source: `data:${mime};base64,${joined(value)}` };
    if (mime.endsWith("+json")) return { kind: "json", value };
  }
  return undefined;
}

function drawable(data: MimeBundle): Shown | undefined {
  for (const [pattern, library] of DRAWN) {
    const mime = Object.keys(data).findLast((name) => pattern.test(name));
    if (mime !== undefined && typeof data[mime] === "object" && data[mime] !== null) return { kind: "drawn", library, mime, data: data[mime] };
  }
  const script = BOKEH in data ? data["application/javascript"] : undefined;
  return isText(script) ? { kind: "drawn", library: "bokeh", mime: BOKEH, data: joined(script) } : undefined;
}

function isView(data: unknown): data is { model_id: string } {
  return typeof (data as { model_id?: unknown } | null)?.model_id === "string";
}

/** With columns: of those without, the text says more. */
function isTable(data: unknown): data is object {
  const { schema, data: rows } = (data ?? {}) as { schema?: { fields?: unknown }; data?: unknown };
  return Array.isArray(rows) && Array.isArray(schema?.fields) && schema.fields.length > 0;
}

function isText(data: unknown): data is Text {
  return typeof data === "string" || (Array.isArray(data) && data.every((part) => typeof part === "string"));
}
