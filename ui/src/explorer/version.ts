// The version of a table that is looked at: rows of two are not mixed.
import { ApiError } from "../api/client.ts";
import type { Changes } from "./source.ts";

/** What an answer of another version fails with. */
export const OTHER_VERSION = "other_version";

type Named = string | null | undefined;

export class Version implements Changes {
  #known: Named;
  #isOther = false;
  #listeners = new Set<() => void>();

  /** `now` answers with the version that there is. */
  constructor(private readonly now: () => Promise<Named>) {}

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  isOther = (): boolean => this.#isOther;

  look = (): void => {
    if (this.#known === undefined || this.#isOther) return;
    // Whether it can be asked at all is seen where rows are asked for.
    this.now().then((version) => this.#compare(version), () => undefined);
  };

  begin = (): void => {
    this.#known = undefined;
    this.#isOther = false;
    this.#tell();
  };

  /** The first version is the one that is looked at; answers of another one are refused. */
  check(version: Named): void {
    this.#known ??= version;
    if (!this.#compare(version)) throw new ApiError(412, { code: OTHER_VERSION, message: "the table has changed since it was read" });
  }

  #compare(version: Named): boolean {
    const isSame = (version ?? undefined) === (this.#known ?? undefined);
    if (!isSame && !this.#isOther) {
      this.#isOther = true;
      this.#tell();
    }
    return isSame;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
