// What a frame and its parent say to each other. Nothing else passes.
import type { FromKernel, ToKernel } from "./kernel-message.ts";
import type { Content } from "./library.ts";

/** To a frame. */
export type ToFrame =
  | { kind: "render"; nonce: string; content: Content; theme: Theme; /** The script of what draws it. */ library?: string }
  | { kind: "theme"; nonce: string; theme: Theme }
  | { kind: "kernel"; nonce: string; message: FromKernel };

/** From a frame. */
export type FromFrame =
  | { kind: "ready" }
  | { kind: "resize"; nonce: string; height: number }
  | { kind: "link"; nonce: string; href: string }
  /** For the kernel, if there is one and the page lets it pass. */
  | { kind: "kernel"; nonce: string; message: ToKernel }
  | { kind: "error"; nonce: string; message: string }
  /** The policy refused something from elsewhere. */
  | { kind: "refused"; nonce: string; host: string };

export type Theme = "light" | "dark";
