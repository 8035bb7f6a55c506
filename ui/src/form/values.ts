// The parameters of a form: their fields, their texts, and what these mean.
import type { ParameterSchema, Task } from "../api/schema.ts";
import { type Field, fieldOf, read, textOf } from "./field.ts";

export type Values = { [name: string]: unknown };

export interface Known {
  schema: ParameterSchema;
  field: Field;
  usual: string;
}

/** What declares parameters, and has values for some of them. */
type Declaring = Pick<Task, "schema" | "parameters">;

/** Every parameter once, however many tasks declare it, with the value it has if nobody says anything. */
export function knownOf(tasks: Declaring[]): Known[] {
  const known = new Map<string, Known>();
  for (const task of tasks) {
    for (const schema of task.schema ?? []) {
      const field = fieldOf(schema);
      known.set(schema.name, { schema, field, usual: textOf(task.parameters?.[schema.name] ?? schema.default, field) });
    }
  }
  return [...known.values()];
}

export function textsOf(known: Known[], values: Values): { [name: string]: string } {
  return Object.fromEntries(known.map(({ schema, field, usual }) => [schema.name, schema.name in values ? textOf(values[schema.name], field) : usual]));
}

/** What the fields mean: the values that differ from the usual ones, and what is wrong. */
export function evaluate(known: Known[], texts: { [name: string]: string }): { values: Values; wrong: { [name: string]: string } } {
  const values: Values = {};
  const wrong: { [name: string]: string } = {};
  for (const { schema, field, usual } of known) {
    const text = texts[schema.name] ?? "";
    const found = read(text, field);
    if (found === "empty") {
      if (schema.required === true) wrong[schema.name] = "It must be given.";
    } else if ("wrong" in found) wrong[schema.name] = found.wrong;
    else if (text !== usual) values[schema.name] = found.value;
  }
  return { values, wrong };
}
