// The style sheets of ipywidgets with the colours of our design.
import lumino from "@jupyter-widgets/controls/css/lumino.css?text";
import sliders from "@jupyter-widgets/controls/css/nouislider.css?text";
import widgets from "@jupyter-widgets/controls/css/widgets-base.css?text";

import own from "./widget-style.css?text";

/** Once for a page. */
export function dress(): void {
  if (document.getElementById("widget-style") !== null) return;
  const style = document.createElement("style");
  style.id = "widget-style";
  // What they import is here.
  style.textContent = [lumino, sliders, widgets, own].join("\n").replace(/@import[^;]*;/g, "");
  document.head.append(style);
}
