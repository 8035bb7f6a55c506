// Widgets that bring their own script (https://anywidget.dev/en/afm/): a module with `initialize` and `render`, and a style.
import { DOMWidgetModel, DOMWidgetView } from "@jupyter-widgets/base";

type Clean = (() => void | Promise<void>) | void;

interface Script {
  initialize?: (given: { model: DOMWidgetModel }) => Clean | Promise<Clean>;
  render?: (given: { model: DOMWidgetModel; el: HTMLElement }) => Clean | Promise<Clean>;
}

export class AnyModel extends DOMWidgetModel {
  // Only declared: it is set before fields are, by the constructor of the class above.
  declare script: Promise<Script>;

  override initialize(attributes: never, options: never): void {
    super.initialize(attributes, options);
    this.script = scriptOf(this);
    this.script.then((script) => script.initialize?.({ model: this })).catch(reportError);
  }
}

export class AnyView extends DOMWidgetView {
  private clean: Clean = undefined;

  override render(): void {
    super.render();
    const show = async () => {
      dress(String(this.model.get("_css") ?? ""));
      const script = await (this.model as AnyModel).script;
      this.clean = await script.render?.({ model: this.model, el: this.el });
    };
    show().catch(reportError);
  }

  override remove(): void {
    void this.clean?.();
    super.remove();
  }
}

/** The module's default: what it offers, or a function that gives it. */
async function scriptOf(model: DOMWidgetModel): Promise<Script> {
  const address = URL.createObjectURL(new Blob([String(model.get("_esm") ?? "")], { type: "text/javascript" }));
  try {
    const module = (await import(/* @vite-ignore */ address)) as Script & { default?: Script | (() => Script | Promise<Script>) };
    const offered = module.default ?? module;
    return typeof offered === "function" ? await offered() : offered;
  } finally {
    URL.revokeObjectURL(address);
  }
}

function dress(css: string): void {
  if (css === "" || /^https?:/.test(css)) return;
  const style = document.createElement("style");
  style.textContent = css;
  document.head.append(style);
}
