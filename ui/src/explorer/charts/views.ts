// The views of the explorer beside its table, and which of them a table suggests.
import { area } from "./area.ts";
import { bar } from "./bar.ts";
import { type Column, measures, parts, times } from "./columns.ts";
import { hierarchy } from "./hierarchy.ts";
import { line } from "./line.ts";
import { network } from "./network.ts";
import { PALETTE } from "./palette.ts";
import { parallel } from "./parallel.ts";
import { scatter } from "./scatter.ts";
import { summary } from "./summary.ts";
import { type Choices, type Control, filled, type View } from "./view.ts";

export const VIEWS: View[] = [bar, summary, scatter, area, network, hierarchy, parallel, line];

export interface Chosen {
  view: View;
  controls: Control[];
  choices: Choices;
}

/** The view that was chosen with every control set; the first suggestion if none was. Undefined where none is possible. */
export function chosenOf(columns: Column[], choices: Choices): Chosen | undefined {
  const wanted = VIEWS.find(({ name }) => name === choices.view);
  const [first] = suggestions(columns);
  const view = wanted?.controls(columns) === undefined ? VIEWS.find(({ name }) => name === first?.view) : wanted;
  const own = view?.controls(columns);
  if (view === undefined || own === undefined) return undefined;
  const controls = view.spec === undefined ? own : [...own, PALETTE];
  const given = wanted === undefined && first !== undefined ? { ...first, ...choices } : choices;
  return { view, controls, choices: { view: view.name, ...filled(controls, given) } };
}

const MOST = 4;

/** Up to four charts that fit the types of the columns, the most telling first. */
export function suggestions(columns: Column[]): Choices[] {
  const [time] = times(columns);
  const [one, two, three] = measures(columns).filter((column) => !parts(columns).includes(column));
  const [part, other] = parts(columns);
  const found: (Choices | false | undefined)[] = [
    time !== undefined && one !== undefined && { view: "line", along: time.name, metrics: [one.name] },
    part !== undefined && { view: "bar", dimension: part.name, metric: one?.name ?? null },
    one !== undefined && two !== undefined && { view: "scatter", x: one.name, y: two.name },
    one !== undefined && { view: "summary", metric: one.name, kind: part === undefined ? "histogram" : "box" },
    one !== undefined && two !== undefined && three !== undefined && { view: "parallel", metrics: [one.name, two.name, three.name] },
    part !== undefined && other !== undefined && { view: "hierarchy", nesting: [part.name, other.name] },
    one !== undefined && { view: "line", along: null, metrics: [one.name] },
    { view: "bar" },
  ];
  const possible = found.filter((choices): choices is Choices => typeof choices === "object" && VIEWS.find(({ name }) => name === choices.view)?.controls(columns) !== undefined);
  return possible.filter((choices, at) => possible.findIndex(({ view }) => view === choices.view) === at).slice(0, MOST);
}
