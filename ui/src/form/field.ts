// A parameter as a field: which control fits its type, and what its text means.
import type { ParameterSchema } from "../api/schema.ts";

export type Field =
  | { kind: "choice"; choices: unknown[] }
  | { kind: "switch" }
  | { kind: "number"; whole: boolean; min: number | undefined; max: number | undefined }
  | { kind: "date" }
  | { kind: "text"; lines: boolean }
  | { kind: "json" };

export function fieldOf(schema: ParameterSchema): Field {
  const type = schema.type.replace(/\s*\|\s*None$|^Optional\[(.*)\]$/, "$1").trim();
  const choices = schema.choices?.length ? schema.choices : literals(type);
  if (choices !== undefined) return { kind: "choice", choices };
  switch (type) {
    case "bool":
      return { kind: "switch" };
    case "int":
    case "float":
      return { kind: "number", whole: type === "int", ...boundsOf(schema.bounds) };
    case "date":
      return { kind: "date" };
    case "str":
    case "Path":
      return isDate(schema.default) ? { kind: "date" } : { kind: "text", lines: typeof schema.default === "string" && schema.default.includes("\n") };
    default:
      return typeof schema.default === "string" ? { kind: "text", lines: false } : { kind: "json" };
  }
}

const WORDS: { [python: string]: unknown } = { True: true, False: false, None: null };

/** The values of `Literal['fast', 3, None]`, as the server writes that type. */
function literals(type: string): unknown[] | undefined {
  const inside = /^Literal\[(.*)\]$/.exec(type)?.[1];
  const parts = inside?.match(/'(?:[^'\\]|\\.)*'|[^,\s]+/g);
  return parts?.map((part) => {
    if (part.startsWith("'")) return part.slice(1, -1).replace(/\\(.)/g, "$1");
    return part in WORDS ? WORDS[part] : Number(part);
  });
}

/** `1..100`, as the notebook writes it. */
function boundsOf(text: string | null | undefined): { min: number | undefined; max: number | undefined } {
  const [low, high] = (text ?? "").split("..").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  return { min: known(low), max: known(high) };
}

function known(value: number | undefined): number | undefined {
  return value === undefined || Number.isNaN(value) ? undefined : value;
}

function isDate(value: unknown): boolean {
  return typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value);
}

/** A value as the text of its control. */
export function textOf(value: unknown, field: Field): string {
  if (value === undefined || value === null) return "";
  if (field.kind === "text" || field.kind === "date") return typeof value === "string" ? value : JSON.stringify(value);
  return JSON.stringify(value);
}

export type Read = { value: unknown } | { wrong: string } | "empty";

/** What a text means: a value, nothing, or why it is neither. */
export function read(text: string, field: Field): Read {
  if (field.kind === "text") return { value: text };
  if (text.trim() === "") return "empty";
  switch (field.kind) {
    case "date":
      return { value: text };
    case "number":
      return readNumber(text, field);
    default:
      try {
        return { value: JSON.parse(text) as unknown };
      } catch {
        return { wrong: "This is not JSON: text has double quotes, as in \"EMEA\" or [\"a\", \"b\"]." };
      }
  }
}

function readNumber(text: string, { whole, min, max }: Extract<Field, { kind: "number" }>): Read {
  const value = Number(text);
  if (Number.isNaN(value)) return { wrong: "This is not a number." };
  if (whole && !Number.isSafeInteger(value)) return { wrong: "This is not a whole number." };
  if (min !== undefined && value < min) return { wrong: `The smallest value is ${min}.` };
  if (max !== undefined && value > max) return { wrong: `The largest value is ${max}.` };
  return { value };
}
