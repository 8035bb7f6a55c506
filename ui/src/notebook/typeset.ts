// TeX as it is set in books.
import katex from "katex";
import "katex/dist/katex.min.css";

/** Replaces what is in an element by a formula. */
export function typeset(element: HTMLElement, tex: string, displayMode: boolean): void {
  katex.render(tex, element, { displayMode, throwOnError: false, trust: false, strict: false, maxExpand: 1000 });
}
