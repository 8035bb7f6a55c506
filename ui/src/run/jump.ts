// Going to a cell: by a bar, by the error, by an address that ends in `#cell-14`.
import { useEffect, useRef } from "react";

import { navigate, usePlace, withQuery } from "../app/router.tsx";

/** Shows a cell and puts the keyboard there. */
export function jumpTo(anchor: string | undefined): void {
  const cell = anchor === undefined ? null : document.getElementById(anchor);
  if (cell === null) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  cell.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
  cell.tabIndex = -1;
  cell.focus({ preventScroll: true });
  history.replaceState(null, "", `${location.pathname}${location.search}#${anchor}`);
}

/** Goes to the cell of the address once the cells are there. */
export function useJumpOnce(ready: boolean): void {
  const done = useRef(false);
  useEffect(() => {
    if (!ready || done.current) return;
    done.current = true;
    document.getElementById(location.hash.slice(1))?.scrollIntoView({ block: "start" });
  }, [ready]);
}

/** Goes to a cell from a tab that may not show it. */
export function useJump(): (anchor: string) => void {
  const place = usePlace();
  return (anchor) => {
    navigate(withQuery(place, { tab: undefined }), "replace");
    requestAnimationFrame(() => jumpTo(anchor));
  };
}
