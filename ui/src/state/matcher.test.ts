import { expect, test } from "vitest";
import { Chunk } from "./chunk";
import { NO_CHOICE } from "./choice";
import { makeMatcher, PASS, sourceFilter, statusClass } from "./matcher";
import type { ViewChoice } from "./types";

const SOURCES = [{ server: "srv-1", type: "php-error" }, { server: "srv-2", type: "apache-request" }];

function passes(choice: Partial<ViewChoice>, text = "Hello (world)", more: object = {}): boolean {
  const chunk = new Chunk();
  const part = { source: 0, next: null, gen: 0 };
  chunk.push({ part, offset: 0, timeS: 100, status: 200, requestId: "v-1", text, cutBytes: null, ...more });
  return makeMatcher({ ...NO_CHOICE, ...choice }, SOURCES).test(chunk, 0) === PASS.all;
}

const plain = (text: string) => [{ text, regex: false }];
const regex = (text: string) => [{ text, regex: true }];

test.each<[string, Partial<ViewChoice>, boolean]>([
  ["plain text in any case", { filter: plain("HELLO") }, true],
  ["plain text is no expression", { filter: plain("(world)") }, true],
  ["plain text that is not there", { filter: plain("bye") }, false],
  ["an expression", { filter: regex("^Hel+o") }, true],
  ["an expression minds the case", { filter: regex("hello") }, false],
  ["unless told not to, as RE2 writes it", { filter: regex("(?i)hello") }, true],
  ["two filters narrow", { filter: [...plain("hello"), ...plain("bye")] }, false],
  ["an empty pattern says nothing", { filter: plain("") }, true],
  ["excluded text", { exclude: plain("world") }, false],
  ["a highlight hides nothing", { highlight: plain("bye") }, true],
  ["its server", { servers: ["srv-1"] }, true],
  ["another server", { servers: ["srv-2"] }, false],
  ["another type", { types: ["apache-request"] }, false],
  ["its status class", { statuses: ["2xx"] }, true],
  ["another status class", { statuses: ["5xx"] }, false],
  ["its request", { requestId: "v-1" }, true],
  ["another request", { requestId: "v-" }, false],
  ["somebody else's", { mine: "ac-ls-1" }, false],
  ["within the zoom", { sinceS: 100, untilS: 101 }, true],
  ["at the zoom's end", { sinceS: 99, untilS: 100 }, false],
])("%s", (_, choice, expected) => {
  expect(passes(choice)).toBe(expected);
});

test("a line without a time is in no zoom", () => {
  expect(passes({ sinceS: 0 }, "x", { timeS: null })).toBe(false);
});

test("a wrong expression is told and hides nothing", () => {
  const choice = { ...NO_CHOICE, filter: [...plain("hello"), ...regex("(")] };
  const { faults } = makeMatcher(choice, SOURCES);
  expect(faults).toMatchObject([{ list: "filter", index: 1 }]);
  expect(passes({ filter: choice.filter })).toBe(true);
});

test.each([
  [200, "2xx"], [100, "1xx"], [599, "5xx"], [600, "none"], [99, "none"], [null, "none"],
] as const)("status %s is of class %s", (status, name) => {
  expect(statusClass(status)).toBe(name);
});

test("a request is looked for in the text, too, where no other text is", () => {
  expect(sourceFilter({ ...NO_CHOICE, mine: "ac-ls-1" })).toEqual({
    show: { text: ["ac-ls-1"], request_id: ["^ac-ls-1"] },
    hide: { request_id: ["^$"] },
  });
});

test("the choice as a filter for the files (S10)", () => {
  const choice: ViewChoice = {
    ...NO_CHOICE,
    filter: [...plain("a.b"), ...plain("c")],
    exclude: regex("^x"),
    requestId: "v.1",
    statuses: ["4xx", "5xx"],
  };
  expect(sourceFilter(choice)).toEqual({
    show: { text: ["(?i)a\\.b"], request_id: ["^v\\.1$"], http_status: ["^4", "^5"] },
    hide: { text: ["^x"], request_id: ["^$"], http_status: ["^$"] },
  });
  expect(sourceFilter({ ...NO_CHOICE, statuses: ["none"] })).toEqual({});
});
