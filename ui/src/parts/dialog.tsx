// A question in front of the screen: Escape, a press beside it and *Never mind* leave it, and the keyboard is where it was.
import { type MouseEvent, type ReactNode, useEffect, useId, useRef } from "react";

import "./dialog.css";

export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const place = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    place.current?.showModal();
  }, []);
  return (
    <dialog className="dialog" ref={place} aria-labelledby={id} onClose={onClose} onClick={(event) => event.target === place.current && place.current.close()}>
      <div className="dialog-inner">
        <h2 id={id}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}

export function NeverMind() {
  return <button type="button" className="button quiet" onClick={closeAround}>Never mind</button>;
}

function closeAround({ currentTarget }: MouseEvent<HTMLElement>): void {
  currentTarget.closest("dialog")?.close();
}
