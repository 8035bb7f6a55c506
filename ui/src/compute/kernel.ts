// What is said of a kernel in a list.
import type { KernelStatus, ReadyKernels } from "../api/schema.ts";
import { bytes, counted, duration } from "../parts/say.ts";
import type { Look } from "../run/state.ts";

export function lookOfKernel({ state }: Pick<KernelStatus, "state">): Look {
  switch (state) {
    case "busy":
    case "starting":
    case "restarting":
      return "is-active";
    case "dead":
      return "is-bad";
    default:
      return "is-idle";
  }
}

/** How long nothing was heard of it; nothing of one that computes. */
export function idleOf({ state, last_activity: last }: Pick<KernelStatus, "state" | "last_activity">, now: number): string {
  if (state !== "idle") return "–";
  const seconds = Math.max(0, (now - Date.parse(last)) / 1000);
  return seconds < 60 ? "less than a minute" : duration(seconds).replace(/ \d+s$/, "");
}

/** `2 · 310 MB`. */
export function totals(kernels: KernelStatus[]): string {
  const memory = kernels.reduce((sum, kernel) => sum + (kernel.memory_bytes ?? 0), 0);
  return `${kernels.length} · ${bytes(memory)}`;
}

/** `3 · 120 MB`, of kernels that wait. */
export function keptReady({ shelves }: ReadyKernels): string {
  const sum = (of: (shelf: ReadyKernels["shelves"][number]) => number) => shelves.reduce((all, shelf) => all + of(shelf), 0);
  return `${sum(({ ready }) => ready)} · ${bytes(sum((shelf) => shelf.memory_bytes))}`;
}

/** How they were used. */
export function readyInWords({ handed_over: handed, in_use: used, last_reason: reason }: ReadyKernels): string {
  const said = `${counted(handed, "kernel")} handed over, ${used} in use.`;
  return reason == null ? said : `${said} The last one that was started instead: ${reason}.`;
}
