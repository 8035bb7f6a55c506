// How a notebook begins, and what it shows first.
import { joined, type MimeBundle, type Notebook } from "../notebook/nbformat.ts";

const PICTURES = ["image/png", "image/jpeg", "image/svg+xml"];

/** The first text without its marks, and the first picture. */
export function beginning({ cells }: Notebook): { words: string; picture: MimeBundle | undefined } {
  const text = cells.find(({ cell_type: kind, source }) => kind === "markdown" && joined(source).trim() !== "");
  const words = joined(text?.source).replaceAll(/^#+\s*|[*`_]|\$\$?/gm, "").trim();
  for (const output of cells.flatMap(({ outputs }) => outputs ?? [])) {
    if (!("data" in output)) continue;
    const mime = PICTURES.find((one) => one in output.data);
    if (mime !== undefined) return { words, picture: { [mime]: output.data[mime], "text/plain": output.data["text/plain"] ?? "The first picture" } };
  }
  return { words, picture: undefined };
}
