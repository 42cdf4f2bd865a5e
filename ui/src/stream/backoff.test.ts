import { expect, test } from "vitest";
import { backoffS } from "./backoff";

test("the first return is spread over 0-3 s, later ones wait longer, never over 30 s (S12)", () => {
  expect(backoffS(1, 0)).toBe(0);
  expect(backoffS(1, 0.999)).toBeLessThan(3);
  expect(backoffS(2, 0)).toBe(3);
  expect(backoffS(50, 0.999)).toBeLessThanOrEqual(30);
});
