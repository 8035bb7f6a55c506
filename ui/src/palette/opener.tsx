// What opens the palette: its key on every screen, and a button in the bar. Its code comes when it is first opened.
import { lazy, Suspense, useEffect, useState } from "react";

import { Icon } from "../app/icons.tsx";
import "./opener.css";

const Palette = lazy(() => import("./palette.tsx"));

const KEY = /mac/i.test(navigator.platform) ? "⌘K" : "Ctrl K";

export function PaletteOpener() {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      event.preventDefault();
      setOpen(true);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
  return (
    <>
      <button type="button" className="palette-opener" onClick={() => setOpen(true)} aria-keyshortcuts="Control+K Meta+K"><Icon name="search" /><span className="unseen">Go to anything</span><kbd>{KEY}</kbd></button>
      {open ? <Suspense fallback={null}><Palette onClose={() => setOpen(false)} /></Suspense> : null}
    </>
  );
}
