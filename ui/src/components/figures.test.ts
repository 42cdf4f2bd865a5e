import { describe, expect, it } from "vitest";
import { duration, hue, offset, size, time } from "./figures";

describe("figures", () => {
  it("shows a time in the zone that was chosen", () => {
    const at = Date.UTC(2026, 10, 23, 9, 14, 2) / 1000;
    expect(time(at, { timeFormat: "time", zone: "UTC" }, 0)).toBe("09:14:02");
    expect(time(at, { timeFormat: "datetime", zone: "Asia/Tokyo" }, 0)).toBe("2026-11-23 18:14:02");
    expect(time(at, { timeFormat: "iso", zone: "" }, 0)).toBe("2026-11-23T09:14:02.000Z");
    expect(time(at, { timeFormat: "relative", zone: "" }, at + 90)).toBe("1 min ago");
    expect(time(null, { timeFormat: "time", zone: "" }, 0)).toBe("–");
    expect(time(at, { timeFormat: "time", zone: "No/Where" }, 0)).toBe("09:14:02");
  });

  it("shows sizes, durations and distances", () => {
    expect([size(12), size(1234), size(123_456_789)]).toEqual(["12 B", "1.2 kB", "123 MB"]);
    expect([duration(5), duration(125), duration(7200), duration(300_000)]).toEqual(["5 s", "2 min", "2 h", "3 d"]);
    expect([offset(0.25), offset(2), offset(null)]).toEqual(["+250 ms", "+2.00 s", "?"]);
  });

  it("gives a server the same colour each time", () => {
    expect(hue("srv-6")).toBe(hue("srv-6"));
    expect(hue("srv-6")).not.toBe(hue("srv-7"));
  });
});
