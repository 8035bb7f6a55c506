// A button for what cannot be taken back: the first press asks, the second one does it.
import { useState } from "react";

export function Sure({ label, question, of, busy, onSure }: { label: string; question: string; of: string; busy: boolean; onSure: () => void }) {
  const [asked, setAsked] = useState(false);
  const press = () => {
    setAsked(!asked);
    if (asked) onSure();
  };
  return (
    <button type="button" className={asked ? "button is-sure" : "button quiet"} disabled={busy} onClick={press} onBlur={() => setAsked(false)} aria-label={`${asked ? question : label} ${of}`}>
      {asked ? question : label}
    </button>
  );
}
