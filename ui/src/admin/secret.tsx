// Something that is shown once: it can be copied, and then it is gone.
import { useState } from "react";

export function Secret({ title, text, onDone }: { title: string; text: string; onDone: () => void }) {
  const [copied, setCopied] = useState(false);
  const copy = () => {
    navigator.clipboard.writeText(text).then(() => setCopied(true), () => setCopied(false));
  };
  return (
    <div className="secret panel" role="status">
      <b>{title}</b>
      <input className="input mono" readOnly value={text} aria-label={title} onFocus={(event) => event.currentTarget.select()} />
      <div>
        <button type="button" className="button" onClick={copy}>{copied ? "Copied" : "Copy"}</button>
        <button type="button" className="button quiet" onClick={onDone}>I have it</button>
      </div>
    </div>
  );
}
