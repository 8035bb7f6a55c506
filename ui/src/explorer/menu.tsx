// What opens below a button, and closes with Escape or wherever else one looks.
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";

export function Menu({ label, className, children }: { label: string; className?: string; children: ReactNode }) {
  const place = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const outside = ({ target }: PointerEvent) => {
      const menu = place.current;
      if (menu?.open === true && target instanceof Node && !menu.contains(target)) menu.open = false;
    };
    addEventListener("pointerdown", outside);
    return () => removeEventListener("pointerdown", outside);
  }, []);
  return (
    <details ref={place} className={`explorer-menu ${className ?? ""}`} onKeyDown={leave}>
      <summary className="button quiet">{label}</summary>
      <div className="explorer-panel">{children}</div>
    </details>
  );
}

function leave(event: KeyboardEvent<HTMLDetailsElement>): void {
  if (event.key !== "Escape" || !event.currentTarget.open) return;
  event.stopPropagation();
  event.currentTarget.open = false;
  event.currentTarget.querySelector("summary")?.focus();
}
