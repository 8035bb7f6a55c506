// A filter as a sentence: a column, a relation, a value.
import { type FormEvent, type KeyboardEvent, useEffect, useId, useRef, useState } from "react";

import { relationsFor, RELATIONS, takesValue, typed } from "./filter.ts";
import type { Filter, Relation, Summary, TableColumn } from "./source.ts";
import type { Summaries } from "./use-table.ts";

interface FilterFormProps {
  columns: TableColumn[];
  summaries: Summaries;
  /** The column it begins with. */
  first: string | undefined;
  onAdd: (filter: Filter) => void;
  onClose: () => void;
}

export function FilterForm({ columns, summaries, first, onAdd, onClose }: FilterFormProps) {
  const id = useId();
  const [name, setName] = useState(first ?? columns[0]?.name ?? "");
  const column = columns.find((one) => one.name === name) ?? columns[0];
  const relations = column === undefined ? [] : relationsFor(column);
  const [chosen, setChosen] = useState<Relation>();
  const is = chosen !== undefined && relations.includes(chosen) ? chosen : (relations[0] ?? "=");
  const [text, setText] = useState("");
  const begin = useRef<HTMLSelectElement>(null);
  useEffect(() => begin.current?.focus(), []);
  if (column === undefined) return null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onAdd(takesValue(is) ? { column: column.name, is, value: typed(column, text) } : { column: column.name, is });
    onClose();
  };
  const leave = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    onClose();
  };
  return (
    <form className="filter-form" aria-label="Filter rows" onSubmit={submit} onKeyDown={leave}>
      <select ref={begin} className="input" aria-label="Column" value={column.name} onChange={(event) => setName(event.target.value)}>
        {columns.map((one) => <option key={one.name}>{one.name}</option>)}
      </select>
      <select className="input" aria-label="Relation" value={is} onChange={(event) => setChosen(event.target.value as Relation)}>
        {relations.map((one) => <option key={one} value={one}>{RELATIONS[one]}</option>)}
      </select>
      {takesValue(is) ? (
        <>
          <input className="input" aria-label="Value" list={`${id}-values`} placeholder={exampleOf(column)} value={text} onChange={(event) => setText(event.target.value)} />
          <datalist id={`${id}-values`}>{offered(summaries.get(column.name)).map((value) => <option key={value} value={value}>{value}</option>)}</datalist>
        </>
      ) : null}
      <button type="submit" className="button primary" disabled={takesValue(is) && text === "" && column.kind !== "text"}>Add</button>
      <button type="button" className="button quiet" onClick={onClose}>Close</button>
    </form>
  );
}

function offered(summary: Summary | undefined): string[] {
  return (summary?.top ?? []).map(({ value }) => value).filter((value) => value !== "");
}

function exampleOf({ kind, type }: TableColumn): string {
  return kind === "time" ? (type.startsWith("Date") ? "2026-11-21" : "2026-11-21 13:00") : kind === "number" ? "a number" : "a text";
}
