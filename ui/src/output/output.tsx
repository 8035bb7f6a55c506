// One output of a cell.
import { lazy, memo, Suspense, useMemo } from "react";

import { useHome } from "../explorer/home.ts";
import { known, type LibraryName } from "../frame/known.ts";
import { joined, type MimeBundle, type Output as OutputData } from "../notebook/nbformat.ts";
import { Markdown } from "../notebook/markdown.tsx";
import { Html } from "./html.tsx";
import { Json } from "./json.tsx";
import { choose, type Shown } from "./mime.ts";
import { OutputFrame } from "./output-frame.tsx";
import "./output.css";
import { Terminal } from "./terminal.tsx";
import { Widget } from "./widget.tsx";

/** With its grid, which many notebooks do not need. */
const ShownTable = lazy(async () => ({ default: (await import("../explorer/explore.ts")).ShownTable }));

interface OutputProps {
  output: OutputData;
  /** The cell it is of, by its id or its place from 0, and its place among the outputs of that cell. */
  cell?: string | undefined;
  at?: number;
}

export const Output = memo(function Output({ output, cell, at }: OutputProps) {
  switch (output.output_type) {
    case "stream":
      return <Terminal text={joined(output.text)} name={output.name} />;
    case "error":
      return <Terminal text={output.traceback.join("\n") || `${output.ename}: ${output.evalue}`} name="traceback" />;
    default:
      return <Bundle data={output.data} metadata={output.metadata} cell={cell} at={at} />;
  }
});

function Bundle({ data, metadata, cell, at }: { data: MimeBundle; metadata: MimeBundle | undefined; cell: string | undefined; at: number | undefined }) {
  const shown = useMemo(() => choose(data), [data]);
  if (shown === undefined) return <p className="output-note">An output of a form that cannot be shown: {Object.keys(data).join(", ") || "empty"}</p>;
  if (shown.kind === "table") return <Table resource={shown.resource} metadata={metadata} cell={cell} at={at} />;
  return <Rich shown={shown} metadata={metadata} alt={altOf(data)} />;
}

function Table({ resource, metadata, cell, at }: { resource: object; metadata: MimeBundle | undefined; cell: string | undefined; at: number | undefined }) {
  const home = useHome(cell, at);
  return <Suspense fallback={<div className="output-table" />}><ShownTable resource={resource} home={home} metadata={metadata} /></Suspense>;
}

function Rich({ shown, metadata, alt }: { shown: Exclude<Shown, { kind: "table" }>; metadata: MimeBundle | undefined; alt: string }) {
  switch (shown.kind) {
    case "text":
      return <Terminal text={shown.text} name="result" />;
    case "json":
      return <div className="json-tree"><Json value={shown.value} open /></div>;
    case "image":
      return <img className="output-image" src={shown.source} alt={alt} decoding="async" />;
    case "media":
      return shown.tag === "audio" ? <audio controls src={shown.source} aria-label={alt} /> : <video controls src={shown.source} aria-label={alt} />;
    case "markdown":
      return <Markdown text={shown.text} />;
    case "html":
      return <Html text={shown.text} />;
    case "script":
      return <Framed library={known(shown.text)} mime="application/javascript" data={shown.text} metadata={metadata} />;
    case "widget":
      return <Widget model={shown.model} text={alt} />;
    case "nothing":
      return null;
    case "drawn":
      return <Framed library={shown.library} mime={shown.mime} data={shown.data} metadata={metadata} label={alt} />;
  }
}

interface FramedProps {
  mime: string;
  data: unknown;
  metadata: MimeBundle | undefined;
  library: LibraryName | undefined;
  label?: string;
}

function Framed({ mime, data, metadata, library, label }: FramedProps) {
  // The same object while nothing of it changes: another one is drawn anew.
  const content = useMemo(() => ({ mime, data, metadata: metadata?.[mime] ?? {} }), [mime, data, metadata]);
  return <OutputFrame content={content} library={library} label={label} />;
}

/** What the kernel says of a picture in words: `Figure size 640x480 with 1 Axes`. */
function altOf(data: { [mime: string]: unknown }): string {
  const text = data["text/plain"];
  const words = joined(Array.isArray(text) ? text : typeof text === "string" ? text : "").replace(/^<|>$/g, "");
  return words === "" ? "Output without description" : words.slice(0, 200);
}
