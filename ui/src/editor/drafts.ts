// What is being typed and not saved: mine, for the others to see, and theirs. It is shown and never saved.
import { request } from "../api/client.ts";
import type { Draft } from "./document.ts";
import { type EditedCell, same } from "./notebook.ts";

/** Between two looks at what was typed. */
const PAUSE = 150;

/** What somebody else makes of a cell just now. */
export interface Theirs {
  by: string;
  source: string;
}

/** Texts of mine that the server does not have, of cells that it has. */
export function unsavedTexts(base: EditedCell[], mine: EditedCell[]): Draft["cells"] {
  const saved = new Map(base.map(({ id, source }) => [id, source]));
  return mine.filter(({ id, source }) => saved.has(id) && saved.get(id) !== source).map(({ id, source }) => ({ cell: id, source }));
}

/** By cell; of two who type in one the later. Those whose window is in `drafts` have not saved yet. */
export function textsOf(drafts: ReadonlyMap<string, Draft>): ReadonlyMap<string, Theirs> {
  return new Map([...drafts.values()].flatMap(({ by, cells }) => cells.map(({ cell, source }): [string, Theirs] => [cell, { by, source }])));
}

/** Tells the others what is typed here. */
export class Drafting {
  private told: Draft["cells"] = [];
  private timer: number | undefined;

  constructor(
    private readonly path: string,
    private readonly window: string,
  ) {}

  /** Soon, and only if it is something new. */
  tell(cells: () => Draft["cells"]): void {
    this.timer ??= window.setTimeout(() => {
      this.timer = undefined;
      void this.tellNow(cells());
    }, PAUSE);
  }

  end(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private async tellNow(cells: Draft["cells"]): Promise<void> {
    if (same(cells, this.told)) return;
    this.told = cells;
    // Who does not hear of it sees it when it is saved.
    await request("POST /v1/notebooks/draft", { body: { path: this.path, window: this.window, cells } }).catch(() => undefined);
  }
}
