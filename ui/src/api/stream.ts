// Server-sent events that survive the server: after every break they go on behind the last event that came. Nobody listens
// while the page is not looked at.
import { whileVisible } from "./visible.ts";

export interface Streamed {
  /** Everything so far was one thing after the other; `id` is the place of this one. */
  onEvent: (data: string, id: number) => void;
  /** The server says that nothing more will come. */
  onEnd?: () => void;
  /** Whether the connection stands; of a broken one, when it is tried again (milliseconds since 1970). */
  onState?: (retryAt: number | undefined) => void;
}

const FIRST = 500;
const LONGEST = 10_000;

/** Follows a stream from behind `after` until it ends or the returned function is called. */
export function follow(addressAfter: (after: number) => string, after: number, streamed: Streamed): () => void {
  let last = after;
  let delay = FIRST;
  let source: EventSource | undefined;
  let timer: number | undefined;

  const pause = () => {
    source?.close();
    clearTimeout(timer);
    timer = undefined;
  };
  const stop = () => {
    stopLooking();
    removeEventListener("online", now);
  };
  const open = () => {
    timer = undefined;
    source = new EventSource(addressAfter(last));
    source.onopen = () => {
      delay = FIRST;
      streamed.onState?.(undefined);
    };
    source.onmessage = (event: MessageEvent<string>) => {
      const id = Number(event.lastEventId);
      if (id <= last) return;
      last = id;
      streamed.onEvent(event.data, id);
    };
    source.addEventListener("end", () => {
      stop();
      streamed.onEnd?.();
    });
    // Browsers differ in what they try again by themselves; this one place decides.
    source.onerror = () => {
      source?.close();
      timer = window.setTimeout(open, delay);
      streamed.onState?.(Date.now() + delay);
      delay = Math.min(delay * 2, LONGEST);
    };
  };
  const now = () => {
    if (timer === undefined) return;
    clearTimeout(timer);
    open();
  };
  addEventListener("online", now);
  const stopLooking = whileVisible(() => {
    open();
    return pause;
  });
  return stop;
}
