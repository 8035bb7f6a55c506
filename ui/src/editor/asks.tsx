// A running cell waits for a line of text; whoever has the notebook open may write it.
import { type FormEvent, useState } from "react";

import type { Question } from "../api/schema.ts";

/** Once, as it appears; who writes in a cell meanwhile is left there. */
function focused(input: HTMLInputElement | null): void {
  if (document.activeElement?.shadowRoot === null || document.activeElement === null) input?.focus();
}

export function Asks({ question, onAnswer }: { question: Question; onAnswer: (answer: string) => void }) {
  const [answer, setAnswer] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onAnswer(answer);
  };
  return (
    <form className="asks" onSubmit={submit}>
      <label>
        <span className="mono">{question.prompt === "" ? "The cell asks for a line" : question.prompt}</span>
        <input className="input" type={question.password ? "password" : "text"} autoComplete="off" spellCheck={false} value={answer} onChange={({ target }) => setAnswer(target.value)} ref={focused} />
      </label>
      <button type="submit" className="button">Answer</button>
    </form>
  );
}
