// Places in a text: the kernel counts Unicode code points, the editor UTF-16 code units.

export function toPoints(text: string, offset: number): number {
  return Array.from(text.slice(0, offset)).length;
}

export function toUnits(text: string, points: number): number {
  return Array.from(text).slice(0, points).join("").length;
}
