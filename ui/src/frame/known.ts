// Scripts that outputs ask the network for and that are here already: a frame has no network, and gets ours instead.

export type LibraryName = "vega" | "plotly" | "bokeh" | "widgets";

const KNOWN: [RegExp, LibraryName][] = [
  [/https?:\/\/(?:cdn\.jsdelivr\.net\/npm|unpkg\.com)\/vega(?:-lite|-embed|-lib|-util)?(?:@|\/|"|'|$)/, "vega"],
  [/https?:\/\/cdn\.plot\.ly\/plotly[\w.-]*\.js/, "plotly"],
  [/https?:\/\/cdn\.(?:bokeh\.org|pydata\.org)\/bokeh\/release\/bokeh[\w.-]*\.js/, "bokeh"],
];

/** The library whose script stands in a text as an address, or is the address. */
export function known(text: string): LibraryName | undefined {
  return KNOWN.find(([pattern]) => pattern.test(text))?.[1];
}
