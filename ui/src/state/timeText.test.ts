import { expect, test } from "vitest";
import { agoText, isZone, timeText } from "./timeText";

const AT_S = Date.UTC(2026, 6, 7, 20, 28, 53, 250) / 1000;

test.each([
  ["UTC", "time", "20:28:53.250"],
  ["UTC", "datetime", "2026-07-07 20:28:53"],
  ["UTC", "iso", "2026-07-07T20:28:53.250Z"],
  ["Europe/Berlin", "iso", "2026-07-07T22:28:53.250+02:00"],
  ["America/St_Johns", "time", "17:58:53.250"],
  ["UTC", "relative", "2 min ago"],
  ["No/Where", "iso", "2026-07-07T20:28:53.250Z"],
] as const)("%s %s", (zone, timeFormat, expected) => {
  expect(timeText(AT_S, { zone, timeFormat }, AT_S + 150)).toBe(expected);
});

test("whole seconds show no fraction", () => {
  expect(timeText(AT_S - 0.25, { zone: "UTC", timeFormat: "time" }, 0)).toBe("20:28:53");
});

test.each([[null], [NaN], [1e15]])("no time is shown as nothing: %s", (timeS) => {
  expect(timeText(timeS, { zone: "UTC", timeFormat: "iso" }, 0)).toBe("");
});

test("how long ago", () => {
  expect([0, 59, 61, 7_300, 200_000, -90].map(agoText)).toEqual([
    "0 s ago", "59 s ago", "1 min ago", "2 h ago", "2 d ago", "in 1 min",
  ]);
});

test("zones that the browser knows", () => {
  expect([isZone("local"), isZone("Asia/Tokyo"), isZone("Mars/Base")]).toEqual([true, true, false]);
});
