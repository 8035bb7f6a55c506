// What an address such as `/runs?state=failed&period=week&param=region=EMEA` asks the API for.
import type { Ask } from "../api/client.ts";

const HOUR = 3600_000;

export const PERIODS: { [name: string]: { label: string; length: number } } = {
  day: { label: "Last 24 hours", length: 24 * HOUR },
  week: { label: "Last 7 days", length: 7 * 24 * HOUR },
  month: { label: "Last 30 days", length: 30 * 24 * HOUR },
};

export function askOf(query: URLSearchParams, now = new Date()): Ask<"GET /v1/runs"> {
  const ask: Ask<"GET /v1/runs">["query"] = { limit: 50 };
  for (const name of ["state", "job", "cursor"] as const) {
    const value = query.get(name);
    if (value !== null) ask[name] = value;
  }
  const period = PERIODS[query.get("period") ?? ""];
  // To the hour, so that the same question is asked again when something changes.
  if (period !== undefined) ask.since = new Date(Math.floor((now.getTime() - period.length) / HOUR) * HOUR).toISOString();
  const parameter = parameterOf(query.get("param") ?? "");
  if (parameter !== undefined) ask[`param.${parameter[0]}`] = parameter[1];
  return { query: ask };
}

/** Name and value of `region=EMEA`. */
export function parameterOf(text: string): [string, string] | undefined {
  const [, name, value] = /^\s*([\p{L}_][\p{L}\p{N}_]*)\s*=\s*(.+?)\s*$/u.exec(text) ?? [];
  return name === undefined || value === undefined ? undefined : [name, value];
}
