// The colours of the page's design for what is drawn in a frame, which does not see the page's style sheet.
import type { Theme } from "./message.ts";

export interface Colours {
  ink: string;
  quiet: string;
  line: string;
  surface: string;
  /** Of the series of a chart, in their order. */
  series: string[];
  /** From little to much. */
  ramp: string[];
}

export const COLOURS: { [theme in Theme]: Colours } = {
  light: {
    ink: "#1a1b1e",
    quiet: "#53555b",
    line: "#e5e5df",
    surface: "#ffffff",
    series: ["#2453d6", "#c2570c", "#0f7b6c", "#a8327e", "#77690a", "#5b5f97", "#8a5a00", "#14733f", "#7f6a5c", "#3f7fa6"],
    ramp: ["#e9eefd", "#a9bdf5", "#6787e6", "#2453d6", "#142f7c"],
  },
  dark: {
    ink: "#ececee",
    quiet: "#a9acb4",
    line: "#2a2c32",
    surface: "#18191d",
    series: ["#86a5ff", "#f0914a", "#4cc2ae", "#ec86c6", "#cdbd4e", "#a9adea", "#e3b341", "#57c785", "#c9b3a4", "#8fc7e8"],
    ramp: ["#1b2445", "#2f4488", "#5677d6", "#86a5ff", "#d3deff"],
  },
};
