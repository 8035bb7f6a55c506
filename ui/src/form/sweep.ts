// Several values for one parameter, as one writes them: `1, 2, 5`, `10..50 by 10`, `EMEA, LATAM`, `2026-11-01..2026-11-07`.
import { value as shown } from "../parts/say.ts";
import { type Field, read } from "./field.ts";
import type { Values } from "./values.ts";

/** More runs than this are no sweep but a mistake. */
export const MOST = 1000;
const DAY = 86_400_000;
const RANGE = /^(-?[\d.]+?)\s*\.\.\s*(-?[\d.]+?)(?:\s+by\s+([\d.]+))?$/;
const DAYS = /^(\d{4}-\d{2}-\d{2})\s*\.\.\s*(\d{4}-\d{2}-\d{2})$/;

export type Several = { values: unknown[] } | { wrong: string };

/** Whether one can write several values of it in one line. */
export function canSweep(field: Field): boolean {
  return field.kind !== "json" && !(field.kind === "text" && field.lines);
}

/** What stands there at first: all choices, or the one value. */
export function firstText(field: Field, text: string): string {
  if (field.kind === "switch") return "true, false";
  return field.kind === "choice" ? field.choices.map(shown).join(", ") : text;
}

export function readSeveral(text: string, field: Field): Several {
  const values: unknown[] = [];
  for (const part of text.split(",").map((one) => one.trim()).filter((one) => one !== "")) {
    const found = readPart(part, field);
    if ("wrong" in found) return found;
    values.push(...found.values);
    if (values.length > MOST) return { wrong: `These are more than ${MOST} values.` };
  }
  const different = [...new Map(values.map((one) => [JSON.stringify(one), one])).values()];
  return different.length === 0 ? { wrong: "Write some values, with commas between them." } : { values: different };
}

function readPart(part: string, field: Field): Several {
  switch (field.kind) {
    case "choice": {
      const choice = field.choices.find((one) => shown(one) === part);
      return choice === undefined ? { wrong: `${part} is none of ${field.choices.map(shown).join(", ")}.` } : { values: [choice] };
    }
    case "number":
      return readNumbers(part, field);
    case "date":
      return readDays(part) ?? (/^\d{4}-\d{2}-\d{2}$/.test(part) ? { values: [part] } : { wrong: `${part} is no date: 2026-11-21.` });
    default: {
      const found = read(part, field);
      return found === "empty" ? { values: [] } : "wrong" in found ? found : { values: [found.value] };
    }
  }
}

function readNumbers(part: string, field: Extract<Field, { kind: "number" }>): Several {
  const [, from, to, by] = RANGE.exec(part) ?? [];
  const step = Number(by ?? 1);
  const count = from === undefined ? 1 : Math.floor((Number(to) - Number(from)) / step + 1e-9) + 1;
  if (from !== undefined && (!Number.isFinite(count) || count < 1)) return { wrong: `${part} has no values: the smaller one comes first, as in 1..5 by 2.` };
  if (count > MOST) return { wrong: `These are more than ${MOST} values.` };
  // Without the traces of binary fractions: 0.1, 0.2, 0.3.
  const texts = from === undefined ? [part] : Array.from({ length: count }, (_, index) => String(Number((Number(from) + index * step).toPrecision(12))));
  const values: unknown[] = [];
  for (const one of texts) {
    const found = read(one, field);
    if (found === "empty") continue;
    if ("wrong" in found) return found;
    values.push(found.value);
  }
  return { values };
}

function readDays(part: string): Several | undefined {
  const [, from, to] = DAYS.exec(part) ?? [];
  if (from === undefined || to === undefined) return undefined;
  const count = (Date.parse(to) - Date.parse(from)) / DAY + 1;
  if (!(count >= 1) || count > MOST) return { wrong: `${part} has no days: the earlier one comes first.` };
  return { values: Array.from({ length: count }, (_, index) => new Date(Date.parse(from) + index * DAY).toISOString().slice(0, 10)) };
}

/** Every combination, the last parameter quickest; `fixed` is in each. */
export function pointsOf(fixed: Values, swept: { [name: string]: unknown[] }): Values[] {
  return Object.entries(swept).reduce<Values[]>((points, [name, values]) => points.flatMap((point) => values.map((value) => ({ ...point, [name]: value }))), [fixed]);
}
