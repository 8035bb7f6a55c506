// Which chart, and of what: four suggestions, the views, and the controls of the one that is shown.
import type { ChartChoices } from "../source.ts";
import type { Column } from "./columns.ts";
import type { Control } from "./view.ts";
import { type Chosen, suggestions, VIEWS } from "./views.ts";

interface ChooserProps {
  columns: Column[];
  chosen: Chosen;
  onChoose: (choices: ChartChoices) => void;
}

export function Chooser({ columns, chosen, onChoose }: ChooserProps) {
  const { view, controls, choices } = chosen;
  return (
    <div className="chooser">
      <Suggestions columns={columns} onChoose={onChoose} />
      <div className="chooser-views" role="group" aria-label="Kind of chart">
        {VIEWS.map((one) => (
          <button key={one.name} type="button" className="button quiet" aria-pressed={one.name === view.name} disabled={one.controls(columns) === undefined} onClick={() => onChoose({ ...choices, view: one.name })}>{one.label}</button>
        ))}
      </div>
      <div className="chooser-controls">
        {controls.map((control) => <One key={control.name} control={control} value={choices[control.name]} onChange={(value) => onChoose({ ...choices, [control.name]: value })} />)}
      </div>
    </div>
  );
}

function Suggestions({ columns, onChoose }: Pick<ChooserProps, "columns" | "onChoose">) {
  return (
    <div className="chooser-suggestions" role="group" aria-label="Suggestions">
      <span className="muted">Suggested</span>
      {suggestions(columns).map((choices) => {
        const view = VIEWS.find(({ name }) => name === choices.view);
        return <button key={view?.name} type="button" className="link-button" onClick={() => onChoose(choices)}>{view?.label}: {aboutOf(choices)}</button>;
      })}
    </div>
  );
}

/** The columns of a suggestion, the first two. */
function aboutOf(choices: ChartChoices): string {
  const values = Object.entries(choices).filter(([name]) => name !== "view" && name !== "kind").flatMap(([, value]) => value);
  const names = values.filter((value) => typeof value === "string");
  return names.slice(0, 2).join(" and ") || "everything";
}

interface OneProps {
  control: Control;
  value: unknown;
  onChange: (value: unknown) => void;
}

function One({ control, value, onChange }: OneProps) {
  if (control.kind === "columns") return <Several control={control} value={value as string[]} onChange={onChange} />;
  return (
    <label className="chooser-control">
      <span>{control.label}</span>
      {control.kind === "option" ? (
        <select className="input" value={String(value)} onChange={(event) => onChange(event.target.value)}>
          {control.options.map(([option, label]) => <option key={option} value={option}>{label}</option>)}
        </select>
      ) : (
        <select className="input" value={placeOf(control.from, value)} onChange={(event) => onChange(control.from[Number(event.target.value)]?.name ?? null)}>
          {control.optional === true ? <option value="-1">–</option> : null}
          {control.from.map((column, at) => <option key={column.field} value={at}>{column.name}</option>)}
        </select>
      )}
    </label>
  );
}

/** Names of columns can be anything, also what an option without a column is called. */
function placeOf(from: Column[], value: unknown): number {
  return from.findIndex(({ name }) => name === value);
}

function Several({ control, value, onChange }: { control: Extract<Control, { kind: "columns" }>; value: string[]; onChange: (value: string[]) => void }) {
  const toggle = (name: string) => onChange(value.includes(name) ? value.filter((one) => one !== name) : [...value, name].slice(-control.most));
  return (
    <div className="chooser-control">
      <span aria-hidden="true">{control.label}</span>
      <details className="chooser-several">
        <summary className="input"><span className="unseen">{control.label}: </span><span className="cut">{value.join(", ")}</span></summary>
        <fieldset>
          <legend className="unseen">{control.label}</legend>
          {control.from.map(({ field, name }) => (
            <label key={field}><input type="checkbox" checked={value.includes(name)} disabled={value.length === 1 && value.includes(name)} onChange={() => toggle(name)} /> <span className="cut">{name}</span></label>
          ))}
        </fieldset>
      </details>
    </div>
  );
}
