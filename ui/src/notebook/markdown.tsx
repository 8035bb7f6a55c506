// Markdown as GitHub writes it, cleaned; pictures that are attached to the cell stand in it.
import { Marked } from "marked";
import { memo, useEffect, useMemo, useRef } from "react";

import { adopt } from "../output/adopt.ts";
import { clean } from "../output/clean.ts";
import { draw, formulas } from "./math.ts";
import { joined, type NotebookCell, type Text } from "./nbformat.ts";

const marked = new Marked({ gfm: true }, formulas);

export const Markdown = memo(function Markdown({ text, attachments }: { text: string; attachments?: NotebookCell["attachments"] }) {
  const html = useMemo(() => clean(marked.parse(attached(text, attachments), { async: false })), [text, attachments]);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    // Only what was cleaned has this type.
    element.innerHTML = html as unknown as string;
    adopt(element);
    // Without it the TeX stays, which can be read too.
    draw(element).catch(() => undefined);
    // They scroll, so the keyboard has to reach them.
    for (const table of element.querySelectorAll("table, pre")) table.setAttribute("tabindex", "0");
  }, [html]);
  return <div className="markdown" ref={place} />;
});

function attached(text: string, attachments: NotebookCell["attachments"]): string {
  if (attachments === undefined) return text;
  return text.replace(/\(attachment:([^)\s]+)\)/g, (whole, name: string) => {
    const [mime, data] = Object.entries(attachments[name] ?? attachments[decodeURIComponent(name)] ?? {})[0] ?? [];
    return mime === undefined ? whole : `(data:${mime};base64,${joined(data as Text)})`;
  });
}
