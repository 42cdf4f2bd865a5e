import { expect, test } from "vitest";
import { type Line } from "./chunk";
import { NO_CHOICE } from "./choice";
import { LineStore } from "./lineStore";
import { Listing } from "./listing";
import { makeMatcher } from "./matcher";
import type { ViewChoice } from "./types";

const SOURCES = [{ server: "srv-1", type: "a" }, { server: "srv-2", type: "a" }];

function batch(from: number, n: number, source = 0, text = (i: number) => `line ${i}`): Line[] {
  const part = { source, next: `A:${(from + n) * 10}`, gen: 0 };
  return Array.from({ length: n }, (_, k) => ({
    part, offset: (from + k) * 10, timeS: from + k, status: null, requestId: null,
    text: text(from + k), cutBytes: null,
  }));
}

function made(choice: Partial<ViewChoice> = {}, bounds = { lines: 20_000, bytes: 1e9 }) {
  const store = new LineStore(bounds);
  const matcher = makeMatcher({ ...NO_CHOICE, ...choice }, SOURCES);
  const listing = new Listing(store, matcher, choice.collapse ?? false);
  const add = (from: number, n: number, source = 0, text?: (i: number) => string) => {
    store.append(batch(from, n, source, text), source, `A:${from * 10}`, `A:${(from + n) * 10}`);
    listing.gone(store.trim("oldest"), "oldest");
    listing.work(() => 0, 1);
  };
  const texts = () =>
    Array.from({ length: listing.count }, (_, i) => {
      const at = listing.at(i);
      return at?.chunk.texts[at.i];
    });
  return { store, listing, add, texts };
}

test("rows are found by index across chunks, and back by place", () => {
  const { listing, add, texts } = made();
  add(0, 5_000);
  add(5_000, 5_000);
  expect(listing.count).toBe(10_000);
  expect(texts()[9_000]).toBe("line 9000");
  const at = listing.at(9_000);
  expect(listing.indexFrom(at?.chunk ?? null, at?.i ?? 0)).toBe(9_000);
  expect(listing.at(10_000)).toBeNull();
  expect(listing.at(-1)).toBeNull();
});

test("only what passes is listed; another filter looks at all again", () => {
  const { listing, add, texts } = made({ filter: [{ text: "line 7$", regex: true }] });
  add(0, 100);
  expect(texts()).toEqual(["line 7"]);
  listing.setMatcher(makeMatcher({ ...NO_CHOICE, servers: ["srv-2"] }, SOURCES), false);
  listing.work(() => 0, 1);
  expect(listing.count).toBe(0);
  expect(listing.facets.sources.get(0)).toEqual({ server: 100, type: 0 });
});

test("a full store lets its oldest lines go, counts them, and keeps where it begins (S4)", () => {
  const { store, listing, add, texts } = made();
  for (let from = 0; from < 50_000; from += 1_000) add(from, 1_000);
  expect(store.lines).toBeLessThanOrEqual(20_000);
  expect(store.droppedOldest + store.lines).toBe(50_000);
  const first = listing.at(0);
  expect(store.begins.get(0)).toBe(first?.chunk.cursor(first.i));
  expect(texts()[0]).toBe(`line ${store.droppedOldest}`);
  expect(listing.shift).toBe(store.droppedOldest);
});

test("the newest can be let go instead, and the store knows where it ends", () => {
  const { store, add } = made();
  for (let from = 0; from < 20_000; from += 1_000) add(from, 1_000);
  store.append(batch(20_000, 1_000), 0, "A:200000", "A:210000");
  store.trim("newest");
  expect(store.droppedNewest + store.lines).toBe(21_000);
  expect(store.ends.get(0)).toBe(`A:${store.lines * 10}`);
});

test("bytes bound it too", () => {
  const { store, add } = made({}, { lines: 1e6, bytes: 4_000_000 });
  for (let from = 0; from < 40_000; from += 1_000) add(from, 1_000, 0, () => "x".repeat(100));
  expect(store.bytes).toBeLessThanOrEqual(4_000_000);
  expect(store.droppedOldest + store.lines).toBe(40_000);
});

test("repeated lines are one row that counts them; times do not tell them apart", () => {
  const { listing, add, texts } = made({ collapse: true });
  add(0, 15, 0, (i) => `[23-Nov-2026 20:28:${10 + i} UTC] PHP Notice: x`);
  add(15, 1, 1, () => "[23-Nov-2026 20:28:53 UTC] PHP Notice: x");
  add(16, 1, 1, () => "other 7");
  add(17, 1, 1, () => "other 8");
  expect(texts()).toHaveLength(4);
  const at = listing.at(0);
  expect(at?.chunk.repeats.get(at.i)).toBe(15);
  expect(listing.facets.sources.get(0)?.server).toBe(15);
});

test("filtering stops when its time is over and goes on where it was", () => {
  const { store, listing } = made();
  store.append(batch(0, 10_000), 0, "A:0", "A:100000");
  let now = 0;
  expect(listing.work(() => (now += 1), 3)).toBe(false);
  expect(listing.pending).toBeGreaterThan(0);
  expect(listing.count + listing.pending).toBe(10_000);
  while (!listing.work(() => (now += 1), now + 3));
  expect(listing.count).toBe(10_000);
});

test("rows that are put before others move the shift, so that a reader stays where they are", () => {
  const { store, listing, add, texts } = made();
  add(100, 10);
  const starts = new Map([[0, "A:0"]]);
  store.insert(0, batch(0, 100), starts, new Map([[0, "A:1000"]]));
  listing.work(() => 0, 1);
  expect(listing.shift).toBe(-100);
  expect(texts()[100]).toBe("line 100");
});

test("until what came was filtered the list stands as it was, wherever it was put", () => {
  const { store, listing, add, texts } = made();
  add(100, 10);
  store.insert(0, batch(0, 100), new Map([[0, "A:0"]]), new Map([[0, "A:1000"]]));
  expect([listing.count, texts()[0]]).toEqual([10, "line 100"]);
});

test("an event parts the lines around it and is always listed", () => {
  const { store, listing, add } = made({ filter: [{ text: "5", regex: false }] });
  add(0, 10);
  store.addEvent({ what: "joined", server: "srv-9" }, 1);
  add(10, 10);
  expect(listing.count).toBe(3);
  expect(listing.at(1)?.chunk.event).toEqual({ what: "joined", server: "srv-9" });
});
