// What a frame and its parent say to each other. Nothing else passes.

/** To a frame. */
export type ToFrame =
  | { kind: "render"; nonce: string; mime: string; text: string; theme: Theme }
  | { kind: "theme"; nonce: string; theme: Theme };

/** From a frame. */
export type FromFrame =
  | { kind: "ready" }
  | { kind: "resize"; nonce: string; height: number }
  | { kind: "link"; nonce: string; href: string }
  | { kind: "error"; nonce: string; message: string };

export type Theme = "light" | "dark";
