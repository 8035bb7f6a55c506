// One notebook that is open: its cells, what the server has of them, and how the two are kept the same.
import { ApiError, request } from "../api/client.ts";
import type { KernelStatus, Question } from "../api/schema.ts";
import { complete, type Completions, inspect } from "./assist.ts";
import { type Draft, follow, leave, load, save, tell, type Version } from "./document.ts";
import { Drafting, textsOf, type Theirs, unsavedTexts } from "./drafts.ts";
import type { Keep } from "../explorer/keep.ts";
import type { Live } from "../output/live.ts";
import { Kernel } from "./kernel.ts";
import { liveWidgets } from "./live-widgets.ts";
import { type Action, begin, cellsOf, type Edited, type EditedCell, merge, reduce, same, toDocument } from "./notebook.ts";
import { pauseOf } from "./pace.ts";
import { asShown, type Piece, type Showing, withPiece } from "./showing.ts";
import { type Variable, variables } from "./variables.ts";

/** Versions of the server that a save joins before it gives up. */
const TRIES = 5;
/** Between two looks at the kernel while cells run; otherwise five times as long. */
const LOOK = 1000;

export interface Conflict {
  theirs: Version;
  /** The cells that both changed. */
  cells: string[];
}

export interface Shown {
  state: Edited;
  unsaved: boolean;
  conflict: Conflict | undefined;
  error: ApiError | undefined;
  kernel: KernelStatus | undefined;
  /** Cells that run or wait, whoever asked for them, in the order they were asked for. */
  running: ReadonlySet<string>;
  /** What a running cell waits for. */
  question: Question | undefined;
  /** The widgets of the kernel. */
  live: Live | undefined;
  /** Who else has it open, by name. */
  others: string[];
  /** What these type, by cell. */
  drafts: ReadonlyMap<string, Theirs>;
  /** What cells show that is not in the document yet, by cell. */
  showing: ReadonlyMap<string, Showing>;
}

export class Session {
  private shown: Shown;
  /** The version that what is here began as. */
  private known: Version;
  private base: EditedCell[];
  private listener: (() => void) | undefined;
  private last: Promise<boolean> = Promise.resolve(true);
  private timer: number | undefined;
  /** Since when something is not saved. */
  private unsavedSince: number | undefined;
  private readonly window = crypto.randomUUID();
  /** The conversation with the kernel that was there at the last look. */
  private talk: Kernel | undefined;
  /** The cells that run or wait, as the server says, and those that it is just being asked for. */
  private queue: string[] = [];
  private asking: string[] = [];
  /** How often the queue was told; an answer that was on its way meanwhile is older. */
  private told = 0;
  private readonly drafting: Drafting;
  private readonly drafts = new Map<string, Draft>();

  constructor(readonly path: string, first: Version) {
    this.known = first;
    this.base = cellsOf(first.notebook);
    this.drafting = new Drafting(path, this.window);
    this.shown = { state: begin(this.base), unsaved: false, conflict: undefined, error: undefined, kernel: undefined, running: new Set(), question: undefined, live: undefined, others: [], drafts: new Map(), showing: new Map() };
  }

  /** The language of its code. */
  get language(): string {
    const { language_info, kernelspec } = this.known.notebook.metadata;
    return language_info?.name ?? kernelspec?.language ?? "python";
  }

  /** The state of its widgets that the notebook was saved with, as it is in its metadata. */
  get widgets(): unknown {
    return this.known.notebook.metadata["widgets"];
  }

  readonly snapshot = (): Shown => this.shown;

  /** Follows the document and the kernel for as long as somebody listens. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listener = listener;
    const stop = follow(this.path, {
      onChange: (etag) => {
        if (etag !== this.known.etag) void this.inTurn(() => this.lookAgain());
      },
      onCells: (cells) => {
        this.told += 1;
        this.showQueue(cells, this.asking);
        void this.lookAtKernel();
      },
      onDraft: (draft) => void this.see(draft),
      onShown: (cells) => {
        const kept = new Set(cells.map(({ cell }) => cell));
        this.hear(cells);
        void this.forget([...this.shown.showing.keys()].filter((cell) => !kept.has(cell)));
      },
      onOutput: (pieces) => this.hear(pieces),
      onWritten: (cells) => void this.forget(cells),
    });
    let ticks = 0;
    void this.lookAtKernel();
    void this.beHere();
    const gone = () => leave(this.path, this.window);
    addEventListener("pagehide", gone);
    // Whoever looks elsewhere may not come back.
    const away = () => document.visibilityState === "hidden" && this.shown.unsaved && void this.save();
    document.addEventListener("visibilitychange", away);
    const looks = setInterval(() => {
      ticks += 1;
      if (ticks % 5 === 0) void this.beHere();
      if (this.shown.running.size > 0 || this.shown.kernel?.state === "busy" || ticks % 5 === 0) void this.lookAtKernel();
    }, LOOK);
    return () => {
      this.listener = undefined;
      stop();
      clearInterval(looks);
      this.talk?.close();
      removeEventListener("pagehide", gone);
      document.removeEventListener("visibilitychange", away);
      clearTimeout(this.timer);
      if (this.shown.unsaved) void this.save();
      gone();
      this.drafting.end();
    };
  };

  readonly act = (action: Action): void => {
    const before = this.shown.state;
    const state = reduce(before, action);
    this.show({ state, unsaved: state.cells === before.cells ? this.shown.unsaved : this.differs(state.cells) });
    if (state.cells === before.cells) return;
    clearTimeout(this.timer);
    if (!this.shown.unsaved) return;
    this.unsavedSince ??= Date.now();
    const isStructure = !same(state.cells.map(({ id }) => id), before.cells.map(({ id }) => id));
    const pause = pauseOf({ amongOthers: this.shown.others.length > 0, isStructure, since: Date.now() - this.unsavedSince });
    this.timer = window.setTimeout(() => void this.save(), pause);
  };

  /** Notes at an output how its table is looked at. */
  readonly keepLook: Keep = (cell, output, look) => this.act({ do: "note", cell, output, note: { explorer: look } });

  save(): Promise<boolean> {
    return this.inTurn(() => this.store());
  }

  /** Runs cells in the server's hands; all of code if empty. */
  async run(cells: string[]): Promise<void> {
    // Shown at once: a kernel may have to be started first.
    const asking = cells.length > 0 ? cells : this.shown.state.cells.filter(runs).map(({ id }) => id);
    this.showQueue(this.queue, [...this.asking, ...asking]);
    if (await this.save()) {
      await this.attempt(async () => {
        await request("POST /v1/notebooks/execute", { body: { path: this.path, cells, stdin: true } });
        return true;
      });
      await this.lookAtKernel();
    }
    this.showQueue(this.queue, this.asking.slice(asking.length));
  }

  /** False if it was refused. */
  async tell(what: "interrupt" | "restart"): Promise<boolean> {
    const { kernel } = this.shown;
    if (kernel === undefined) return true;
    return this.attempt(async () => {
      await tell(kernel.id, what);
      if (what === "restart") this.show({ question: undefined });
      return true;
    });
  }

  async restartAndRun(): Promise<void> {
    if (await this.tell("restart")) await this.run([]);
  }

  readonly complete = (code: string, cursor: number): Promise<Completions | undefined> => complete(this.talk, code, cursor);

  inspect(code: string, cursor: number): Promise<string | undefined> {
    return inspect(this.talk, code, cursor);
  }

  variables(): Promise<Variable[] | undefined> {
    return this.talk === undefined ? Promise.resolve(undefined) : variables(this.talk);
  }

  /** Answers what a running cell asks for. */
  async answer(question: string, answer: string): Promise<void> {
    await this.attempt(async () => {
      await request("POST /v1/notebooks/input", { body: { path: this.path, question, answer } });
      this.show({ question: undefined });
      return true;
    });
  }

  /** Goes to a cell, and brings it into view. */
  jump(cell: string): void {
    this.act({ do: "select", cell, mode: "command" });
    document.getElementById(`cell-${cell}`)?.scrollIntoView({ block: "nearest" });
  }

  /** Decides a conflict; mine is written only now that theirs was shown. */
  async settle(how: "mine" | "theirs" | "copy"): Promise<void> {
    await this.inTurn(async () => {
      const { conflict, state } = this.shown;
      if (conflict === undefined) return false;
      if (how === "copy") await save(copyOf(this.path), { ...this.known.notebook, cells: toDocument(state.cells) }, { "if-none-match": "*" });
      const theirs = cellsOf(conflict.theirs.notebook);
      this.take(conflict.theirs, theirs, how === "mine" ? merge(this.base, state.cells, theirs).cells : theirs);
      return how === "mine" ? this.store() : true;
    });
  }

  private async store(): Promise<boolean> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const { cells } = this.shown.state;
      if (this.shown.conflict !== undefined) return false;
      if (!this.differs(cells)) return true;
      const notebook = { ...this.known.notebook, cells: toDocument(cells) };
      const saved = await save(this.path, notebook, { "if-match": this.known.etag });
      if ("etag" in saved) {
        this.known = { notebook, etag: saved.etag };
        this.base = cells;
        this.unsavedSince = undefined;
        this.show({ unsaved: this.differs(this.shown.state.cells) });
        return true;
      }
      if (!this.join(saved.stale)) return false;
    }
    throw new ApiError(409, { message: "the notebook changes faster than it can be saved" });
  }

  private async lookAgain(): Promise<boolean> {
    if (this.shown.conflict !== undefined) return false;
    const version = await load(this.path);
    return version.etag === this.known.etag || this.join(version);
  }

  /** Takes what is at the server into what is here; false if somebody has to decide. */
  private join(theirs: Version): boolean {
    const outputs = new Map(this.shown.state.cells.map((cell) => [cell.id, cell.outputs]));
    const read = asShown(cellsOf(theirs.notebook), (cell) => this.shown.showing.get(cell)?.outputs ?? outputs.get(cell));
    const merged = merge(this.base, this.shown.state.cells, read);
    if (merged.conflicts.length === 0) this.take(theirs, read, merged.cells);
    else this.show({ conflict: { theirs, cells: merged.conflicts } });
    return merged.conflicts.length === 0;
  }

  private take(theirs: Version, read: EditedCell[], cells: EditedCell[]): void {
    this.known = theirs;
    this.base = read;
    const state = reduce(this.shown.state, { do: "cells", cells });
    this.show({ state, conflict: undefined, unsaved: this.differs(state.cells) });
  }

  private differs(cells: EditedCell[]): boolean {
    const other = (cell: EditedCell, index: number) => cell !== this.base[index] && !same(toDocument([cell]), toDocument(this.base.slice(index, index + 1)));
    return cells.length !== this.base.length || cells.some(other);
  }

  private async beHere(): Promise<void> {
    const told = await request("POST /v1/notebooks/here", { body: { path: this.path, window: this.window } }).catch(() => undefined);
    if (told === undefined || told.others.join() === this.shown.others.join()) return;
    if (told.others.length === 0) this.drafts.clear();
    this.show({ others: told.others, drafts: textsOf(this.drafts) });
  }

  /** Shows what somebody types; once it is saved, only after that version is here. */
  private async see(draft: Draft): Promise<void> {
    if (draft.window === this.window) return;
    if (draft.cells.length === 0) {
      const seen = this.drafts.get(draft.window);
      await this.inTurn(() => this.lookAgain());
      // They may have gone on meanwhile.
      if (this.drafts.get(draft.window) !== seen) return;
    }
    this.drafts.delete(draft.window);
    if (draft.cells.length > 0) this.drafts.set(draft.window, draft);
    this.show({ drafts: textsOf(this.drafts) });
  }

  /** Shows what cells show, before it is in the document. */
  private hear(pieces: Piece[]): void {
    const showing = new Map(this.shown.showing);
    for (const piece of pieces) {
      const next = withPiece(showing.get(piece.cell), piece);
      if (next !== undefined) showing.set(piece.cell, next);
    }
    this.show({ showing });
  }

  /** From now on cells show what is in the document, once that is here; unless they have begun anew meanwhile. */
  private async forget(cells: string[]): Promise<void> {
    if (cells.length === 0) return;
    const before = this.shown.showing;
    await this.inTurn(() => this.lookAgain());
    const showing = new Map(this.shown.showing);
    for (const cell of cells) if (showing.get(cell) === before.get(cell)) showing.delete(cell);
    this.show({ showing });
  }

  private async lookAtKernel(): Promise<void> {
    const { told } = this;
    const kernels = await request("GET /v1/kernels", {}).catch(() => undefined);
    if (kernels === undefined) return;
    const kernel = kernels.find(({ paths }) => paths.includes(this.path));
    if (kernel?.id !== this.talk?.id) {
      this.talk?.close();
      this.talk = kernel === undefined ? undefined : new Kernel(kernel.id);
      this.show({ live: this.talk === undefined ? undefined : liveWidgets(this.talk) });
    }
    const asked = kernel?.state === "busy" ? await request("GET /v1/notebooks/input", { query: { path: this.path } }).catch(() => undefined) : undefined;
    const question = asked?.question ?? undefined;
    this.show({ kernel, question: question?.id === this.shown.question?.id ? this.shown.question : question });
    if (told === this.told) this.showQueue(kernel?.cells ?? [], this.asking);
  }

  private showQueue(queue: string[], asking: string[]): void {
    this.queue = queue;
    this.asking = asking;
    const running = [...new Set([...queue, ...asking])];
    if (!same(running, [...this.shown.running])) this.show({ running: new Set(running) });
  }

  /** One after the other: the second would be refused because of the first. */
  private inTurn(what: () => Promise<boolean>): Promise<boolean> {
    this.last = this.last.then(() => this.attempt(what));
    return this.last;
  }

  private async attempt(what: () => Promise<boolean>): Promise<boolean> {
    try {
      const done = await what();
      this.show({ error: undefined });
      return done;
    } catch (error) {
      this.show({ error: error instanceof ApiError ? error : new ApiError(0, { message: String(error) }) });
      return false;
    }
  }

  private show(change: Partial<Shown>): void {
    this.shown = { ...this.shown, ...change };
    if (!this.shown.unsaved) this.unsavedSince = undefined;
    if (this.listener !== undefined && this.shown.others.length > 0) this.drafting.tell(() => unsavedTexts(this.base, this.shown.state.cells));
    this.listener?.();
  }
}

function runs({ kind, source }: EditedCell): boolean {
  return kind === "code" && source.trim() !== "";
}

function copyOf(path: string): string {
  return path.replace(/(\.ipynb)?$/, `-mine-${Date.now()}.ipynb`);
}
