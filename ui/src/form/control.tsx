// The control of a field: its label, what the notebook says about it, what is wrong with it.
import type { ParameterSchema } from "../api/schema.ts";
import { value as shown } from "../parts/say.ts";
import type { Field } from "./field.ts";

/** Up to so many choices stand side by side. */
const SEGMENTS = 5;

/** In which several values are written. */
const LINE: Field = { kind: "text", lines: false };
const EXAMPLES: { [kind in Field["kind"]]?: string } = {
  number: "as in 1, 2, 5 or 10..50 by 10",
  date: "as in 2026-11-01..2026-11-07",
  choice: "commas between them",
  switch: "commas between them",
  text: "commas between them",
};

export interface ControlProps {
  schema: ParameterSchema;
  field: Field;
  text: string;
  /** The text of the value the job gives it. */
  usual: string;
  wrong: string | undefined;
  onChange: (text: string) => void;
  /** Whether its text is several values, one for each run; absent where there can be only one. */
  sweep?: { on: boolean; onToggle: () => void };
}

export function Control({ schema, field, text, usual, wrong, onChange, sweep }: ControlProps) {
  const id = `field-${schema.name}`;
  const several = sweep?.on === true;
  const changed = several || text !== usual;
  const hint = [schema.help, field.kind === "number" ? boundsText(field) : undefined, several ? EXAMPLES[field.kind] : undefined].filter(Boolean).join(" · ");
  const isGroup = !several && field.kind === "choice" && field.choices.length <= SEGMENTS;
  const name = <><span className="mono">{schema.name}</span>{field.kind === "choice" ? null : <span className="muted mono">{schema.type}</span>}</>;
  return (
    <div className={`field parameter${changed ? " is-changed" : ""}`}>
      <div className="field-head">
        {isGroup ? <span className="label" id={`${id}-label`}>{name}</span> : <label htmlFor={id}>{name}</label>}
        {changed && !several ? <button type="button" className="link-button" onClick={() => onChange(usual)}>Undo<span className="unseen">: {schema.name}</span></button> : null}
        {sweep === undefined ? null : <button type="button" className="link-button" onClick={sweep.onToggle}>{several ? "One value" : "Several…"}<span className="unseen"> of {schema.name}</span></button>}
      </div>
      <Input id={id} field={several ? LINE : field} text={text} wrong={wrong !== undefined} onChange={onChange} />
      {wrong === undefined ? null : <p className="wrong" id={`${id}-wrong`} role="alert">{wrong}</p>}
      {hint === "" ? null : <p>{hint}</p>}
    </div>
  );
}

interface InputProps {
  id: string;
  field: Field;
  text: string;
  wrong: boolean;
  onChange: (text: string) => void;
}

function Input({ id, field, text, wrong, onChange }: InputProps) {
  const common = { id, value: text, "aria-invalid": wrong, "aria-describedby": wrong ? `${id}-wrong` : undefined };
  switch (field.kind) {
    case "choice":
      return field.choices.length <= SEGMENTS ? <Segments id={id} choices={field.choices} text={text} onChange={onChange} /> : (
        <select {...common} className="input" onChange={(event) => onChange(event.target.value)}>
          {field.choices.map((choice) => <option key={JSON.stringify(choice)} value={JSON.stringify(choice)}>{shown(choice)}</option>)}
        </select>
      );
    case "switch":
      return <span className="switch"><input id={id} type="checkbox" role="switch" checked={text === "true"} onChange={(event) => onChange(String(event.target.checked))} /><span aria-hidden="true">{text === "true" ? "True" : "False"}</span></span>;
    case "number":
      return <input {...common} className="input num" inputMode={field.whole ? "numeric" : "decimal"} onChange={(event) => onChange(event.target.value)} />;
    case "date":
      return <input {...common} className="input num" type="date" onChange={(event) => onChange(event.target.value)} />;
    case "text":
      return field.lines ? <textarea {...common} className="input" rows={4} onChange={(event) => onChange(event.target.value)} /> : <input {...common} className="input" onChange={(event) => onChange(event.target.value)} />;
    case "json":
      return <textarea {...common} className="input" rows={2} spellCheck={false} onChange={(event) => onChange(event.target.value)} />;
  }
}

function Segments({ id, choices, text, onChange }: { id: string; choices: unknown[]; text: string; onChange: (text: string) => void }) {
  return (
    <div className="segments" role="radiogroup" aria-labelledby={`${id}-label`}>
      {choices.map((choice) => {
        const value = JSON.stringify(choice);
        return <label key={value}><input type="radio" name={id} checked={value === text} onChange={() => onChange(value)} /><span>{shown(choice)}</span></label>;
      })}
    </div>
  );
}

function boundsText({ min, max }: { min: number | undefined; max: number | undefined }): string | undefined {
  if (min === undefined && max === undefined) return undefined;
  return min === undefined ? `up to ${max}` : max === undefined ? `from ${min}` : `${min} to ${max}`;
}
