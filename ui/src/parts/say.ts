// Values as people read them.

/** Seconds as `320 ms`, `4.2 s`, `4m 12s`, `2h 05m`, `3d 4h`. */
export function duration(seconds: number): string {
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`;
  return `${Math.floor(whole / 86_400)}d ${Math.floor((whole % 86_400) / 3600)}h`;
}

function two(digits: number): string {
  return String(digits).padStart(2, "0");
}

/** Bytes as `512 B`, `6.1 MB`. */
export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = count;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 || size >= 99.95 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** A count with its noun: `1 run`, `1,204 runs`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/** A past or coming time beside another: `just now`, `5 min ago`, `in 3 h`. */
export function relative(time: number, now: number): string {
  const seconds = Math.round((time - now) / 1000);
  const away = Math.abs(seconds);
  if (away < 10) return seconds > 0 ? "in a moment" : "just now";
  const [amount, unit] = away < 60 ? [away, "s"] : away < 3600 ? [away / 60, "min"] : away < 86_400 ? [away / 3600, "h"] : [away / 86_400, "d"];
  const text = `${Math.round(amount)} ${unit}`;
  return seconds > 0 ? `in ${text}` : `${text} ago`;
}

/** The time of day, with the day where it is not today. */
export function clock(time: number, now: number): string {
  const date = new Date(time);
  const day = date.toDateString() === new Date(now).toDateString() ? "" : `${date.toLocaleDateString("en-GB", { day: "numeric", month: "short" })}, `;
  return day + date.toLocaleTimeString("en-GB");
}

/** A value of a parameter as one would write it: text without quotes, everything else as JSON. */
export function value(of: unknown): string {
  return typeof of === "string" ? of : JSON.stringify(of);
}

/** The last part of a path. */
export function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
