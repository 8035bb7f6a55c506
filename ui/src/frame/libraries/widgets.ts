// ipywidgets: those of a kernel that is there, live; those of a saved notebook as they were when it was saved.
import * as base from "@jupyter-widgets/base";
import { type IManagerState, ManagerBase } from "@jupyter-widgets/base-manager";
import * as controls from "@jupyter-widgets/controls";
import { Widget } from "@lumino/widgets";

import { AnyModel, AnyView } from "../anywidget.ts";
import { Comms } from "../comms.ts";
import type { FromKernel, Json, ToKernel } from "../kernel-message.ts";
import type { Content } from "../library.ts";
import { capture, OutputModel, OutputView } from "../widget-output.ts";
import { dress } from "../widget-style.ts";

type WidgetClass = typeof base.WidgetModel | typeof base.WidgetView;

const PACKAGES: { [name: string]: { [name: string]: unknown } } = {
  "@jupyter-widgets/base": { ...base },
  "@jupyter-widgets/controls": { ...controls },
  "@jupyter-widgets/output": { OutputModel, OutputView },
  anywidget: { AnyModel, AnyView },
};

class Manager extends ManagerBase {
  constructor(private readonly comms?: Comms) {
    super();
  }

  /** All that the kernel has. */
  load(): Promise<void> {
    // oxlint-disable-next-line no-underscore-dangle -- what it offers its heirs
    return this._loadFromKernel();
  }

  protected override async loadClass(name: string, from: string): Promise<WidgetClass> {
    const found = PACKAGES[from]?.[name];
    if (found === undefined) throw new Error(`widgets of the package \`${from}\` cannot be shown here`);
    return found as WidgetClass;
  }

  protected override async _create_comm(target: string, id?: string, data?: Json, metadata?: Json, buffers?: ArrayBuffer[] | ArrayBufferView[]): Promise<base.IClassicComm> {
    if (this.comms === undefined) throw new Error("there is no kernel");
    const comm = this.comms.create(target, id ?? crypto.randomUUID());
    if (data !== undefined || metadata !== undefined) comm.open(data, undefined, metadata, buffers);
    return comm;
  }

  protected override async _get_comm_info(): Promise<object> {
    return {};
  }
}

/** The style sheet has the colours of both themes. */
export function wear(): void {}

let say: (message: ToKernel) => void = () => undefined;
let hears: ((message: FromKernel) => void) | undefined;

export function talk(through: (message: ToKernel) => void): void {
  say = through;
}

export function hear(message: FromKernel): void {
  hears?.(message);
}

export async function draw(place: HTMLElement, { data, metadata }: Content): Promise<void> {
  dress();
  const { model_id: id } = data as { model_id: string };
  const manager = (metadata as { live?: true }).live === true ? await live() : await saved(metadata as IManagerState);
  if (!manager.has_model(id)) throw new Error("the state of this widget was not saved");
  const view = await manager.create_view((await manager.get_model(id)) as base.DOMWidgetModel);
  place.replaceChildren();
  Widget.attach(view.luminoWidget, place);
}

async function saved(state: IManagerState): Promise<Manager> {
  const manager = new Manager();
  await manager.set_state(state);
  return manager;
}

async function live(): Promise<Manager> {
  const comms = new Comms((message) => say(message));
  const manager = new Manager(comms);
  hears = (message) => {
    const opened = comms.hear(message);
    if (opened?.target_name === manager.comm_target_name) void manager.handle_comm_open(opened, { content: message.content, metadata: message.metadata, buffers: message.buffers.map((bytes) => new DataView(bytes)) } as never);
    capture(message);
  };
  await manager.load();
  return manager;
}
