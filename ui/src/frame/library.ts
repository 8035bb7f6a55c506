// What a library offers the frame that it was handed to: `libraries/*.ts` export this, one file each.
import type { FromKernel, ToKernel } from "./kernel-message.ts";
import type { Theme } from "./message.ts";

export interface Content {
  mime: string;
  data: unknown;
  metadata: unknown;
}

export interface Library {
  /** Said before anything is drawn, and when it changes: what is drawn takes its colours from it. */
  wear: (theme: Theme) => void | Promise<void>;
  /** Draws into an element, which may hold an earlier drawing of the same output. */
  draw: (place: HTMLElement, content: Content) => void | Promise<void>;
  /** How it can say something to a kernel, where it wants to; and what the kernel says. */
  talk?: (say: (message: ToKernel) => void) => void;
  hear?: (message: FromKernel) => void;
}

declare global {
  var nbpressLibrary: Library | undefined;
}
