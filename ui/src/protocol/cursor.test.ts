import { expect, test } from "vitest";
import { samePlace, withOffset } from "./cursor";

test("the cursor before a line is the batch's next with the moved component's offset (S4)", () => {
  expect(withOffset("A:5000,B:200~x", 1, 120)).toBe("A:5000,B:120");
  expect(withOffset("A:5060~y,B:200~x", 0, 5000)).toBe("A:5000,B:200~x");
});

test("a component that is not there is an error, not another line", () => {
  expect(() => withOffset("A:1", 1, 0)).toThrow(RangeError);
  expect(() => withOffset("", 0, 0)).toThrow(RangeError);
});

test("checks say nothing about the place", () => {
  expect(samePlace("A:1~abc,B:2", "A:1,B:2~d")).toBe(true);
  expect(samePlace("A:1", "A:2")).toBe(false);
  expect(samePlace("", "A:0")).toBe(false);
});
