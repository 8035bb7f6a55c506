// What the kernel knows about the code at the cursor: how it goes on, and what it is.
import type { Kernel } from "./kernel.ts";
import { toPoints, toUnits } from "./offsets.ts";

export interface Completions {
  from: number;
  to: number;
  options: { label: string; type: string }[];
}

/** How the code before the cursor may go on; nothing without a kernel. */
export async function complete(kernel: Kernel | undefined, code: string, cursor: number): Promise<Completions | undefined> {
  const answer = await kernel?.ask("complete_request", { code, cursor_pos: toPoints(code, cursor) });
  return answer === undefined ? undefined : completionsOf(answer.content, code);
}

export function completionsOf(content: { [name: string]: unknown }, code: string): Completions | undefined {
  const { matches, cursor_start, cursor_end, metadata } = content;
  if (!Array.isArray(matches) || typeof cursor_start !== "number" || typeof cursor_end !== "number") return undefined;
  const found = (metadata as { [name: string]: unknown } | undefined)?.["_jupyter_types_experimental"];
  const types = new Map(Array.isArray(found) ? found.map((one: { text: string; type: string }) => [one.text, one.type]) : []);
  const options = matches.map((match: unknown) => ({ label: String(match), type: types.get(String(match)) ?? "" }));
  return { from: toUnits(code, cursor_start), to: toUnits(code, cursor_end), options };
}

/** What is at the cursor, as text with colours. */
export async function inspect(kernel: Kernel | undefined, code: string, cursor: number): Promise<string | undefined> {
  const answer = await kernel?.ask("inspect_request", { code, cursor_pos: toPoints(code, cursor), detail_level: 0 });
  const data = answer?.content["data"] as { [type: string]: unknown } | undefined;
  const text = data?.["text/plain"];
  return typeof text === "string" ? text : undefined;
}
