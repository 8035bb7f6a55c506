// The time, for those who show how long something takes.
import { useEffect, useState } from "react";

/** The time in milliseconds, anew every so many; undefined is never. */
export function useNow(every: number | undefined): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (every === undefined) return undefined;
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}
