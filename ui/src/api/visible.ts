// What goes on only while the page is looked at: browsers give all pages of one server few connections together.

/** Opens now or once the page is looked at, closes while it is not; for good when the returned function is called. */
export function whileVisible(open: () => () => void): () => void {
  let close: (() => void) | undefined;
  const look = () => {
    if (document.visibilityState === "visible") close ??= open();
    else {
      close?.();
      close = undefined;
    }
  };
  document.addEventListener("visibilitychange", look);
  look();
  return () => {
    document.removeEventListener("visibilitychange", look);
    close?.();
    close = undefined;
  };
}
