// Tabs: arrow keys go between them (https://www.w3.org/WAI/ARIA/apg/patterns/tabs/).
import type { KeyboardEvent } from "react";
import "./tabs.css";

export interface TabsProps {
  label: string;
  tabs: [name: string, label: string][];
  current: string;
  onChoose: (name: string) => void;
}

export function Tabs({ label, tabs, current, onChoose }: TabsProps) {
  const walk = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    const at = tabs.findIndex(([name]) => name === current);
    const next = tabs[(at + step + tabs.length) % tabs.length]?.[0];
    if (next === undefined) return;
    onChoose(next);
    event.currentTarget.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  };
  return (
    <div className="tabs" role="tablist" aria-label={label} onKeyDown={walk}>
      {tabs.map(([name, text]) => (
        <button key={name} type="button" role="tab" id={`tab-${name}`} aria-selected={name === current} aria-controls={name === current ? `panel-${name}` : undefined} tabIndex={name === current ? 0 : -1} onClick={() => onChoose(name)}>
          {text}
        </button>
      ))}
    </div>
  );
}
