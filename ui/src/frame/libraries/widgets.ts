// ipywidgets: the widgets of a saved notebook, as they were when it was saved.
import * as base from "@jupyter-widgets/base";
import { type IManagerState, ManagerBase } from "@jupyter-widgets/base-manager";
import * as controls from "@jupyter-widgets/controls";
import { Widget } from "@lumino/widgets";

import type { Content } from "../library.ts";
import { OutputModel, OutputView } from "../widget-output.ts";
import { dress } from "../widget-style.ts";

type WidgetClass = typeof base.WidgetModel | typeof base.WidgetView;

const PACKAGES: { [name: string]: { [name: string]: unknown } } = {
  "@jupyter-widgets/base": { ...base },
  "@jupyter-widgets/controls": { ...controls },
  "@jupyter-widgets/output": { OutputModel, OutputView },
};

class Manager extends ManagerBase {
  protected override async loadClass(name: string, from: string): Promise<WidgetClass> {
    const found = PACKAGES[from]?.[name];
    if (found === undefined) throw new Error(`widgets of the package \`${from}\` cannot be shown here`);
    return found as WidgetClass;
  }

  /** No kernel is at the other end of a saved notebook. */
  protected override _create_comm(): Promise<base.IClassicComm> {
    return Promise.reject(new Error("there is no kernel"));
  }

  protected override async _get_comm_info(): Promise<object> {
    return {};
  }
}

/** The style sheet has the colours of both themes. */
export function wear(): void {}

export async function draw(place: HTMLElement, { data, metadata }: Content): Promise<void> {
  dress();
  const { model_id: id } = data as { model_id: string };
  const manager = new Manager();
  await manager.set_state(metadata as IManagerState);
  if (!manager.has_model(id)) throw new Error("the state of this widget was not saved");
  const view = await manager.create_view((await manager.get_model(id)) as base.DOMWidgetModel);
  place.replaceChildren();
  Widget.attach(view.luminoWidget, place);
}
