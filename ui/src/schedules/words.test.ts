import { expect, test } from "vitest";

import { cronWords, wordsOf } from "./words.ts";

test.each([
  ["0 6 * * *", "every day at 06:00"],
  ["30 7 * * MON-FRI", "every weekday at 07:30"],
  ["*/15 * * * *", "every 15 minutes"],
  ["* * * * *", "every minute"],
  ["@hourly", "every hour"],
  ["5 * * * *", "every hour at minute 5"],
  ["0 */6 * * *", "every 6 hours"],
  ["0 8,20 * * *", "every day at 08:00 and 20:00"],
  ["0 9 * * 1,3", "every Monday and Wednesday at 09:00"],
  ["0 9 * * tue-thu", "Tuesday to Thursday at 09:00"],
  ["0 0 1 * *", "on the 1st of every month at 00:00"],
  ["0 0 22 12 *", "on the 22nd of December at 00:00"],
  ["*/10 * * * 0,6", "every weekend, every 10 minutes"],
  ["0 9 * JUL *", "every day of July at 09:00"],
  ["0 9 13 * FRI", undefined],
  ["1-5 * * * *", undefined],
  ["0 9", undefined],
])("%s", (expression, expected) => {
  expect(cronWords(expression)).toBe(expected);
});

test("the other triggers", () => {
  expect(wordsOf({ kind: "interval", every_seconds: 900 })).toBe("every 15 minutes");
  expect(wordsOf({ kind: "interval", every_seconds: 86_400 })).toBe("every day");
  expect(wordsOf({ kind: "after", job: "load" })).toBe("after load");
  expect(wordsOf({ kind: "webhook" })).toBe("when its webhook is called");
  expect(wordsOf({ kind: "cron", expression: "1-5 * * * *", time_zone: "UTC" })).toBe("at 1-5 * * * *");
});
