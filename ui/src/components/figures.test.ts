import { describe, expect, it } from "vitest";
import { duration, hue, offset, size } from "./figures";

describe("figures", () => {
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
