// The state of ipywidgets that a notebook was saved with (https://nbformat.readthedocs.io/en/latest/format_description.html,
// its metadata; the messages are those of https://github.com/jupyter-widgets/ipywidgets/blob/main/packages/schema).
import { createContext } from "react";

export const VIEW_MIME = "application/vnd.jupyter.widget-view+json";
export const STATE_MIME = "application/vnd.jupyter.widget-state+json";

export interface WidgetState {
  version_major: number;
  version_minor: number;
  state: { [model: string]: { state?: { [name: string]: unknown }; [name: string]: unknown } };
}

/** Of the notebook whose outputs are shown. */
export const SavedWidgets = createContext<WidgetState | undefined>(undefined);

/** From a notebook's metadata, `widgets`. */
export function widgetsOf(metadata: unknown): WidgetState | undefined {
  const found = (metadata as { [mime: string]: unknown } | null | undefined)?.[STATE_MIME] as Partial<WidgetState> | undefined;
  return typeof found?.state === "object" && found.state !== null ? (found as WidgetState) : undefined;
}

/** Only the models that one refers to, itself among them; undefined if it was not saved. */
export function partOf(saved: WidgetState, model: string): WidgetState | undefined {
  if (!Object.hasOwn(saved.state, model)) return undefined;
  const part: WidgetState["state"] = {};
  const waiting = [model];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    const found = Object.hasOwn(saved.state, id) ? saved.state[id] : undefined;
    if (found === undefined || Object.hasOwn(part, id)) continue;
    part[id] = found;
    waiting.push(...referred(found.state));
  }
  return { ...saved, state: part };
}

/** Models are named as `IPY_MODEL_…` wherever they stand; in captured outputs by their id. */
function referred(value: unknown): string[] {
  if (typeof value === "string") return value.startsWith("IPY_MODEL_") ? [value.slice("IPY_MODEL_".length)] : [];
  if (typeof value !== "object" || value === null) return [];
  const view = (value as { [name: string]: unknown })["model_id"];
  return [...(typeof view === "string" ? [view] : []), ...Object.values(value).flatMap(referred)];
}
