// A schedule in words.
import type { Trigger } from "../api/schema.ts";
import { duration } from "../parts/say.ts";

export function wordsOf(trigger: Trigger): string {
  switch (trigger.kind) {
    case "cron":
      return cronWords(trigger.expression) ?? `at ${trigger.expression}`;
    case "interval":
      return `every ${intervalWords(trigger.every_seconds)}`;
    case "after":
      return `after ${trigger.job}`;
    case "webhook":
      return "when its webhook is called";
  }
}

function intervalWords(seconds: number): string {
  for (const [unit, length] of [["day", 86_400], ["hour", 3600], ["minute", 60]] as const) {
    if (seconds % length !== 0) continue;
    const count = seconds / length;
    return count === 1 ? unit : `${count} ${unit}s`;
  }
  return duration(seconds);
}

const NAMED: { [expression: string]: string } = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/** The words of the usual cron expressions; undefined of others, which are shown as they are. */
export function cronWords(expression: string): string | undefined {
  const [minute = "", hour = "", day = "", month = "", weekday = "", more] = (NAMED[expression] ?? expression).trim().split(/\s+/);
  if (weekday === "" || more !== undefined) return undefined;
  const when = daysOf(day, month, weekday);
  const time = timesOf(minute, hour);
  if (when === undefined || time === undefined) return undefined;
  return when === "every day" && time.startsWith("every") ? time : `${when}${time.startsWith("every") ? ", " : " at "}${time}`;
}

function timesOf(minute: string, hour: string): string | undefined {
  const step = /^(?:\*|0)\/(\d+)$/.exec(minute)?.[1];
  if (hour === "*" && minute === "*") return "every minute";
  if (hour === "*" && step !== undefined) return `every ${step} minutes`;
  if (!/^\d+$/.test(minute)) return undefined;
  const past = minute === "0" ? "" : ` at minute ${minute}`;
  if (hour === "*") return `every hour${past}`;
  const hours = /^(?:\*|0)\/(\d+)$/.exec(hour)?.[1];
  if (hours !== undefined) return `every ${hours} hours${past}`;
  if (!/^\d+(,\d+)*$/.test(hour)) return undefined;
  return listed(hour.split(",").map((at) => `${at.padStart(2, "0")}:${minute.padStart(2, "0")}`));
}

function daysOf(day: string, month: string, weekday: string): string | undefined {
  const of = month === "*" ? "" : nameOf(month, MONTHS, 1);
  if (of === undefined) return undefined;
  if (day === "*" && weekday === "*") return of === "" ? "every day" : `every day of ${of}`;
  if (day !== "*" && weekday !== "*") return undefined;
  if (weekday === "*") return /^\d+$/.test(day) ? `on the ${ordinal(Number(day))} of ${of === "" ? "every month" : of}` : undefined;
  const days = weekdaysOf(weekday);
  return days === undefined ? undefined : `${days}${of === "" ? "" : ` of ${of}`}`;
}

function weekdaysOf(text: string): string | undefined {
  if (/^(1-5|MON-FRI)$/i.test(text)) return "every weekday";
  if (/^(0,6|6,0|SAT,SUN|SUN,SAT|6-7)$/i.test(text)) return "every weekend";
  const range = text.split("-");
  if (range.length === 2) {
    const [from, to] = range.map((part) => nameOf(part, DAYS, 0));
    return from === undefined || to === undefined ? undefined : `${from} to ${to}`;
  }
  const names = text.split(",").map((part) => nameOf(part, DAYS, 0));
  return names.includes(undefined) ? undefined : `every ${listed(names as string[])}`;
}

/** `3`, `WED` or `wed` as their full name. */
function nameOf(text: string, names: string[], first: number): string | undefined {
  if (/^\d+$/.test(text)) return names[(Number(text) - first) % (first === 0 ? 7 : 12)];
  return names.find((name) => name.slice(0, 3).toLowerCase() === text.toLowerCase());
}

function listed(words: string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

function ordinal(day: number): string {
  const ending = day % 100 >= 11 && day % 100 <= 13 ? "th" : (["th", "st", "nd", "rd"][day % 10] ?? "th");
  return `${day}${ending}`;
}
