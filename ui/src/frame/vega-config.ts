// How Vega's charts look where they do not say it themselves.
import type { Config } from "vega";
import type { Config as LiteConfig } from "vega-lite";

import { COLOURS } from "./colours.ts";
import type { Theme } from "./message.ts";

const FONT = "system-ui, sans-serif";

export function configOf(theme: Theme): Config {
  const { ink, quiet, line, series, ramp } = COLOURS[theme];
  const words = { labelColor: quiet, titleColor: ink, labelFont: FONT, titleFont: FONT, titleFontWeight: 600 } as const;
  return {
    background: "transparent",
    title: { color: ink, subtitleColor: quiet, font: FONT, subtitleFont: FONT },
    axis: { ...words, domainColor: line, gridColor: line, tickColor: line },
    legend: words,
    style: { "guide-label": { fill: quiet, font: FONT }, "guide-title": { fill: ink, font: FONT } },
    range: { category: series, ramp, heatmap: ramp },
  };
}

export function liteConfigOf(theme: Theme): LiteConfig {
  const { ink, quiet, line, series } = COLOURS[theme];
  const { axis, legend, range, title } = configOf(theme);
  return {
    ...({ axis, legend, range, title } as LiteConfig),
    background: "transparent",
    font: FONT,
    view: { stroke: line },
    header: { labelColor: quiet, titleColor: ink },
    mark: { color: series[0] ?? ink },
    text: { color: ink },
    rule: { color: quiet },
  };
}
