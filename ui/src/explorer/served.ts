// Tables at the server, which sorts, filters and counts them.
import { ApiError, type Ask, request } from "../api/client.ts";
import type { Filter, PageQuery, SortKey, TablePage, TableSource } from "./source.ts";
import { Version } from "./version.ts";

/** A table that a cell of a run has shown; the cell by its id, or by its place from 0. */
export interface RunTable {
  run: string;
  cell: string;
  output: number;
}

/** A file of the served folder; of a notebook one of its outputs. */
export interface FileTable {
  path: string;
  cell?: string | undefined;
  output?: number | undefined;
}

export function ofRun(table: RunTable): TableSource {
  return served(`run ${table.run} ${table.cell} ${table.output}`, (query, signal) => request("GET /v1/runs/{run}/tables/{cell}/{output}", { path: { ...table }, query }, signal));
}

export function ofFile({ path, cell, output }: FileTable): TableSource {
  const named = cell === undefined ? { path } : { path, cell, output: output ?? 0 };
  return served(`file ${path} ${cell ?? ""} ${output ?? ""}`, (query, signal) => request("GET /v1/tables", { query: { ...named, ...query } }, signal));
}

/** The first, or where it is not there, the second. */
export function orElse(first: TableSource, second: TableSource): TableSource {
  let chosen = first;
  const columns = async (signal?: AbortSignal) => {
    try {
      return await first.columns(signal);
    } catch (error) {
      if (!(error instanceof ApiError) || error.offline) throw error;
      chosen = second;
      return second.columns(signal);
    }
  };
  return { key: first.key, changes: first.changes, columns, page: (query, signal) => chosen.page(query, signal), summary: (names, filter, signal) => chosen.summary(names, filter, signal) };
}

type Question = NonNullable<Ask<"GET /v1/runs/{run}/tables/{cell}/{output}">["query"]>;

function served(key: string, askServer: (query: Question, signal: AbortSignal | undefined) => Promise<TablePage>): TableSource {
  const version = new Version(async () => (await askServer({ limit: 0 }, undefined)).version);
  const ask = async (query: Question, signal: AbortSignal | undefined) => {
    const page = await askServer(query, signal);
    if (signal?.aborted !== true) version.check(page.version);
    return page;
  };
  return {
    key,
    changes: version,
    columns: async (signal) => (await ask({ limit: 0 }, signal)).columns,
    page: (query, signal) => ask(question(query), signal),
    summary: async (columns, filter, signal) => (await ask({ limit: 0, summary: true, columns: JSON.stringify(columns), ...filtered(filter) }, signal)).summary ?? [],
  };
}

function question({ offset, limit, sort, filter, columns, sample }: PageQuery): Question {
  return { offset, limit, ...(sample === true ? { sample } : {}), ...sorted(sort), ...filtered(filter), ...(columns === undefined ? {} : { columns: JSON.stringify(columns) }) };
}

function sorted(sort: SortKey[]): Question {
  return sort.length === 0 ? {} : { sort: JSON.stringify(sort) };
}

function filtered(filter: Filter | undefined): Question {
  return filter === undefined ? {} : { filter: JSON.stringify(filter) };
}
