// The `Output` widget: a box with outputs in it, of which the frame shows text, HTML, pictures and other widgets.
import { DOMWidgetModel, DOMWidgetView } from "@jupyter-widgets/base";
import { Widget } from "@lumino/widgets";

import { joined, type MimeBundle, type Output, type Text } from "../notebook/nbformat.ts";
import { plain } from "../output/ansi.ts";
import type { FromKernel } from "./kernel-message.ts";

const models = new Set<OutputModel>();

/**
 * Gives what the kernel shows to the widget that captures it: the one that names the message of which it came. What cells
 * show that the server runs is captured there. Every frame has a model of it; those that show it tell the kernel.
 */
export function capture({ type, parent, isOurs, content }: FromKernel): void {
  if (!isOurs) return;
  for (const model of models) if (model.get("msg_id") === parent && Object.keys(model.views ?? {}).length > 0) model.take(type, content);
}

export class OutputModel extends DOMWidgetModel {
  override defaults() {
    return {
      ...super.defaults(),
      _model_name: "OutputModel",
      _view_name: "OutputView",
      _model_module: "@jupyter-widgets/output",
      _view_module: "@jupyter-widgets/output",
      msg_id: "",
      outputs: [],
    };
  }

  private clearsNext = false;

  override initialize(attributes: never, options: never): void {
    super.initialize(attributes, options);
    models.add(this);
  }

  override close(onlyHere?: boolean): Promise<void> {
    models.delete(this);
    return super.close(onlyHere);
  }

  take(type: string, content: { [name: string]: unknown }): void {
    if (type === "clear_output") {
      this.clearsNext = content["wait"] === true;
      if (!this.clearsNext) this.put([]);
    }
    if (!["stream", "display_data", "execute_result", "error"].includes(type)) return;
    const before = this.clearsNext ? [] : ((this.get("outputs") ?? []) as Output[]);
    this.clearsNext = false;
    this.put([...before, { output_type: type, ...content } as Output]);
  }

  /** Also in the kernel, whose notebook is saved with it. */
  private put(outputs: Output[]): void {
    this.set("outputs", outputs);
    this.save_changes();
  }
}

export class OutputView extends DOMWidgetView {
  override render(): void {
    super.render();
    this.el.classList.add("output-widget");
    this.listenTo(this.model, "change:outputs", () => this.show());
    this.show();
  }

  private show(): void {
    const outputs = (this.model.get("outputs") ?? []) as Output[];
    this.el.replaceChildren(...outputs.map((output) => this.elementOf(output)));
  }

  private elementOf(output: Output): HTMLElement {
    if (output.output_type === "stream") return textOf(joined(output.text));
    if (output.output_type === "error") return textOf(output.traceback.join("\n"), "is-wrong");
    const view = output.data["application/vnd.jupyter.widget-view+json"] as { model_id: string } | undefined;
    return view === undefined ? bundleOf(output.data) : this.widgetOf(view.model_id);
  }

  private widgetOf(id: string): HTMLElement {
    const place = document.createElement("div");
    const manager = this.model.widget_manager;
    const show = async () => {
      const view = await manager.create_view((await manager.get_model(id)) as DOMWidgetModel);
      Widget.attach(view.luminoWidget, place);
    };
    show().catch((cause: unknown) => place.replaceChildren(textOf(String(cause), "is-wrong")));
    return place;
  }
}

function bundleOf(data: MimeBundle): HTMLElement {
  const html = data["text/html"] as Text | undefined;
  if (html !== undefined) {
    const place = document.createElement("div");
    place.append(document.createRange().createContextualFragment(joined(html)));
    return place;
  }
  const picture = ["image/png", "image/jpeg", "image/gif"].find((mime) => mime in data);
  if (picture !== undefined) {
    const image = document.createElement("img");
    image.src = `data:${picture};base64,${joined(data[picture] as Text)}`;
    return image;
  }
  return textOf(joined(data["text/plain"] as Text | undefined));
}

function textOf(text: string, name = ""): HTMLElement {
  const element = document.createElement("pre");
  element.className = name;
  element.textContent = plain(text);
  return element;
}
