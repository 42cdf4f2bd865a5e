import { expect, test } from "vitest";
import { foldText } from "./fold";

test.each([
  ["one", { head: "one", rest: "", restLines: 0 }],
  ["a\nb\nc", { head: "a", rest: "b\nc", restLines: 2 }],
  ["a\n", { head: "a", rest: "", restLines: 1 }],
])("%j", (text, expected) => {
  expect(foldText(text)).toEqual(expected);
});
