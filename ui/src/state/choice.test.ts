import { expect, test } from "vitest";
import { fromHash, NO_CHOICE, permalinkHash, toHash } from "./choice";
import type { ViewChoice } from "./types";

const FULL: ViewChoice = {
  application: "8b83a104-2f09",
  environment: "12-8b83",
  servers: ["srv-1", "bal 4"],
  types: ["php-error"],
  statuses: ["4xx", "5xx"],
  filter: [{ text: "a&b=c#d", regex: false }, { text: "re:x", regex: false }, { text: "^\\d+$", regex: true }],
  exclude: [{ text: "is:", regex: false }],
  highlight: [{ text: "漢字 \u202e", regex: false }],
  requestId: "v-1",
  mine: "ac-ls-1",
  sinceS: 1.5,
  untilS: 1_795_000_000,
  atSource: true,
  collapse: true,
  fold: false,
  line: { server: "srv-1", type: "php-error", cursor: "A.b-c:12~x,B:$" },
  columns: ["time", "text"],
  wrap: true,
  zone: "Europe/Berlin",
  timeFormat: "iso",
};

test("everything chosen survives the URL", () => {
  expect(fromHash(`#${toHash(FULL)}`)).toEqual(FULL);
});

test("nothing chosen leaves the URL empty", () => {
  expect(toHash(NO_CHOICE)).toBe("");
  expect(fromHash("")).toEqual(NO_CHOICE);
});

test("the cursor before everything can be linked to", () => {
  const line = { server: "s", type: "t", cursor: "" };
  expect(fromHash(permalinkHash(FULL, line))).toMatchObject({ line, environment: "12-8b83", filter: [] });
});

test("what makes no sense is left out", () => {
  const choice = fromHash("#status=9xx&since=soon&format=x&line=a&columns=&nonsense=1&%");
  expect(choice).toEqual(NO_CHOICE);
});
