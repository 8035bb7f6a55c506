// Requests to the product API, typed by its OpenAPI document.
import type { Problem, Routes } from "./schema.ts";

export type Route = keyof Routes;
export type Answer<R extends Route> = Routes[R]["answer"];

/** What a route takes; fields it has none of may be left out. */
export type Ask<R extends Route> = (Routes[R]["path"] extends { [name: string]: string | number } ? { path: Routes[R]["path"] } : { path?: undefined }) & {
  query?: Routes[R]["query"] & { [more: `param.${string}` | `tag.${string}`]: string };
} & (Routes[R]["body"] extends undefined ? { body?: undefined } : { body: Routes[R]["body"] });

/** An answer that is an error, or none at all (`status` 0). */
export class ApiError extends Error {
  override name = "ApiError";
  constructor(
    readonly status: number,
    readonly problem: Pick<Problem, "message"> & Partial<Problem>,
  ) {
    super(problem.message);
  }

  /** The server cannot be reached; it may come back by itself. */
  get offline(): boolean {
    return this.status === 0 || this.status >= 502;
  }
}

/** The address of a route with its path and query filled in, relative to the page's base. */
export function addressOf<R extends Route>(route: R, ask: Ask<R>): string {
  const template = route.slice(route.indexOf(" ") + 2);
  const values: { [name: string]: string | number } = ask.path ?? {};
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ""));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(ask.query ?? {})) if (value !== undefined) query.set(name, String(value));
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}

export async function request<R extends Route>(route: R, ask: Ask<R>, signal?: AbortSignal): Promise<Answer<R>> {
  const method = route.slice(0, route.indexOf(" "));
  const response = await send(addressOf(route, ask), {
    method,
    ...(signal === undefined ? {} : { signal }),
    ...(method === "GET" ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(ask.body ?? {}) }),
  });
  const text = await response.text();
  const body: unknown = text === "" ? undefined : parsed(text);
  if (response.ok) return body as Answer<R>;
  const problem = (body as { error?: Problem } | undefined)?.error;
  if (response.status === 401) signIn();
  throw new ApiError(response.status, problem ?? { message: `the server answered ${response.status}` });
}

async function send(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, { message: "the server cannot be reached" });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function signIn(): void {
  const next = encodeURIComponent(location.pathname + location.search);
  location.assign(new URL(`login?next=${next}`, document.baseURI));
}
