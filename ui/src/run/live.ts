// A run's document, live: the events of one attempt, folded as they come and shown a few times a second.
import { useEffect, useState } from "react";

import { follow } from "../api/stream.ts";
import type { RunEvent } from "./event.ts";
import { apply, EMPTY, type RunDocument } from "./fold.ts";

/** The shortest time between two drawings; drawing takes at most a part of the time, however much a run says. */
const SHORTEST = 40;
const LONGEST = 1000;
const PART = 4;
/** So often a journal that brings nothing is asked for before it is taken to be gone. */
const TRIES = 4;

export interface Live {
  document: RunDocument;
  /** Whether the journal is here up to its end. */
  complete: boolean;
  /** Whether there is no journal to be had. */
  missing: boolean;
}

const NOTHING: Live = { document: EMPTY, complete: false, missing: false };

/** Follows an attempt of a run; 0 is none. */
export function useLive(run: string, attempt: number, isOver: boolean): Live {
  const [live, setLive] = useState(NOTHING);
  useEffect(() => {
    setLive(NOTHING);
    if (attempt === 0) return undefined;
    let document = EMPTY;
    let breaks = 0;
    let timer: number | undefined;
    let pause = SHORTEST;
    const show = (state: Partial<Live> = {}) => {
      clearTimeout(timer);
      timer = undefined;
      const begun = performance.now();
      setLive({ document, complete: false, missing: false, ...state });
      requestAnimationFrame(() => setTimeout(() => {
        pause = Math.min(Math.max((performance.now() - begun) * PART, SHORTEST), LONGEST);
      }));
    };
    const address = (after: number) => `v1/runs/${encodeURIComponent(run)}/events?attempt=${attempt}&after=${after}`;
    const stop = follow(address, 0, {
      onEvent: (data) => {
        breaks = 0;
        document = apply(document, JSON.parse(data) as RunEvent);
        timer ??= window.setTimeout(show, pause);
      },
      onEnd: () => show({ complete: true }),
      onState: (retryAt) => {
        if (retryAt === undefined || document !== EMPTY || !isOver) return;
        breaks += 1;
        if (breaks < TRIES) return;
        stop();
        show({ missing: true });
      },
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
    // Whether it is over only says when to give up.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [run, attempt]);
  return live;
}
