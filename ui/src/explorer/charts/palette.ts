// The colours of a chart, where they are not to be those of the page.
import type { Choices, Control, Part } from "./view.ts";

interface Palette {
  name: string;
  label: string;
  /** The first, which marks have that tell nothing apart. */
  first: string;
  /** Of values that are told apart: colours, or the name of a scheme (https://vega.github.io/vega/docs/schemes/). */
  category: string[] | { scheme: string };
  /** The scheme of numbers. */
  ramp: string;
}

const PALETTES: Palette[] = [
  // Told apart with every kind of colour vision: https://jfly.uni-koeln.de/color/.
  { name: "okabe", label: "For every eye", first: "#0072b2", category: ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#999999"], ramp: "viridis" },
  { name: "tableau", label: "Tableau", first: "#4c78a8", category: { scheme: "tableau10" }, ramp: "blues" },
  { name: "dark", label: "Deep", first: "#1b9e77", category: { scheme: "dark2" }, ramp: "plasma" },
  { name: "soft", label: "Soft", first: "#66c2a5", category: { scheme: "set2" }, ramp: "bluegreen" },
  { name: "many", label: "Twenty", first: "#1f77b4", category: { scheme: "category20" }, ramp: "turbo" },
];

export const PALETTE: Control = { kind: "option", name: "palette", label: "Palette", options: [["page", "This page's"], ...PALETTES.map(({ name, label }) => [name, label] as const)] };

/** What a specification says of its colours; nothing where they are those of the page. */
export function paletteOf(choices: Choices): Part | undefined {
  const palette = PALETTES.find(({ name }) => name === choices["palette"]);
  if (palette === undefined) return undefined;
  const ramp = { scheme: palette.ramp };
  return { range: { category: palette.category, ramp, heatmap: ramp, ordinal: ramp }, mark: { color: palette.first } };
}
