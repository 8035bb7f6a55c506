// Rows of a table as far as they are known: what is looked at is fetched, what nobody looks at any more is given up.
import { ApiError } from "../api/client.ts";
import type { TableColumn, TableQuery, TableSource } from "./source.ts";

/** Fields of one page, more or less. */
const FIELDS = 20_000;
/** Pages that are kept. */
const KEPT = 60;
/** How long a place has to be looked at before it is asked for: a scroll bar passes many. */
const DWELL = 60;

export interface Known {
  /** How many rows match; undefined before the first answer. */
  matching: number | undefined;
  total: number;
  error: ApiError | undefined;
}

export class Pages {
  #pages = new Map<number, unknown[][]>();
  #asked = new Map<number, AbortController>();
  #known: Known = { matching: undefined, total: 0, error: undefined };
  #listeners = new Set<() => void>();
  #wanted: [first: number, last: number] = [0, 0];
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #length: number;

  constructor(
    readonly source: TableSource,
    readonly query: TableQuery,
    readonly columns: TableColumn[],
  ) {
    this.#length = Math.min(500, Math.max(40, Math.floor(FIELDS / Math.max(1, columns.length))));
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#giveUp(() => true);
    };
  };

  /** Another object whenever anything has changed. */
  snapshot = (): Known => this.#known;

  row(index: number): unknown[] | undefined {
    return this.#pages.get(Math.floor(index / this.#length))?.[index % this.#length];
  }

  /** Says which rows are looked at, with both ends. */
  want(first: number, last: number): void {
    this.#wanted = [Math.floor(Math.max(0, first) / this.#length), Math.floor(Math.max(0, last) / this.#length)];
    this.#giveUp((page) => page < this.#wanted[0] || page > this.#wanted[1]);
    clearTimeout(this.#timer);
    if (this.#missing().length === 0) return;
    // The first answer of all is not waited for twice.
    if (this.#pages.size === 0 && this.#known.error === undefined) this.#load();
    else this.#timer = setTimeout(() => this.#load(), DWELL);
  }

  retry(): void {
    this.#tell({ error: undefined });
    this.#load();
  }

  #missing(): number[] {
    const [first, last] = this.#wanted;
    return Array.from({ length: last - first + 1 }, (_, index) => first + index).filter((page) => !this.#pages.has(page) && !this.#asked.has(page));
  }

  #load(): void {
    for (const page of this.#missing()) void this.#fetch(page);
  }

  async #fetch(page: number): Promise<void> {
    const controller = new AbortController();
    this.#asked.set(page, controller);
    const names = this.columns.map(({ name }) => name);
    try {
      const { rows, matching, total } = await this.source.page({ ...this.query, columns: names, offset: page * this.#length, limit: this.#length }, controller.signal);
      if (controller.signal.aborted) return;
      this.#asked.delete(page);
      this.#pages.set(page, rows);
      this.#forget();
      this.#tell({ matching, total, error: undefined });
    } catch (error) {
      if (controller.signal.aborted) return;
      this.#asked.delete(page);
      this.#tell({ error: asApiError(error) });
    }
  }

  #giveUp(which: (page: number) => boolean): void {
    for (const [page, controller] of this.#asked) {
      if (!which(page)) continue;
      controller.abort();
      this.#asked.delete(page);
    }
  }

  #forget(): void {
    const [first, last] = this.#wanted;
    for (const page of this.#pages.keys()) {
      if (this.#pages.size <= KEPT) return;
      if (page < first || page > last) this.#pages.delete(page);
    }
  }

  #tell(changes: Partial<Known>): void {
    this.#known = { ...this.#known, ...changes };
    for (const listener of this.#listeners) listener();
  }
}

export function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(0, { message: String(error) });
}
