// What of the cells is compared, as it stands in the address.

export const PARTS = { source: "Source", outputs: "Outputs", metadata: "Metadata" };

export type Part = keyof typeof PARTS;

const USUAL: Part[] = ["source", "outputs"];

export function partsOf(query: URLSearchParams): Set<Part> {
  const named = query.get("parts");
  if (named === null) return new Set(USUAL);
  return new Set((Object.keys(PARTS) as Part[]).filter((part) => named.split(",").includes(part)));
}

/** What the address says with a part switched on or off; undefined where that is the usual. */
export function withPart(parts: Set<Part>, part: Part, on: boolean): string | undefined {
  const next = (Object.keys(PARTS) as Part[]).filter((one) => (one === part ? on : parts.has(one)));
  return next.join() === USUAL.join() ? undefined : next.join() || "none";
}
