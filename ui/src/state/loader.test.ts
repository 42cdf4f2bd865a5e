import { expect, test } from "vitest";
import type { HistoryRange, Lines } from "../protocol/messages";
import type { Page } from "../stream/histories";
import { Loader, type Merged } from "./loader";

/** Files of lines; line i of a source is at offset i and has the given time. */
function files(...times: (number | null)[][]) {
  return (source: number, range: HistoryRange): Promise<Page> => {
    const of = times[source] as (number | null)[];
    const place = (cursor: string) => Number(cursor.split(":")[1]);
    const limit = 3;
    const to = range.back ? place(range.before as string) : Math.min(of.length, place(range.after as string) + limit);
    const from = range.back ? Math.max(0, to - limit) : place(range.after as string);
    const offsets = Array.from({ length: to - from }, (_, i) => from + i);
    const frame: Lines = {
      cmd: "lines", server: "s", type: "t", id: 1, n: offsets.length, gen: 0,
      after: `A:${from}`, next: `A:${to}`, offsets,
      unixTime: offsets.map((i) => of[i] ?? null), httpStatus: null, requestId: null, cut: null,
      text: offsets.map((i) => `${source}/${i}`),
    };
    return Promise.resolve({
      frames: offsets.length === 0 ? [] : [frame], first: `A:${from}`, last: `A:${to}`,
      more: range.back ? from > 0 : to < of.length, scannedBytes: 1, reachedS: of[from] ?? null,
    });
  };
}

async function all(loader: Loader, edges: Map<number, string>, older: boolean): Promise<string[]> {
  let texts: string[] = [];
  for (let merged: Merged | null = null; merged === null || merged.more; ) {
    merged = await loader.step(edges, {});
    const found = merged.lines.map((line) => line.text);
    texts = older ? [...found, ...texts] : [...texts, ...found];
    for (const [source, cursor] of older ? merged.starts : merged.ends) edges.set(source, cursor);
  }
  return texts;
}

const A = [1, 2, 5, 6, 9, 10, 11];
const B = [3, 4, 7, 8, 12];
const MERGED = ["0/0", "0/1", "1/0", "1/1", "0/2", "0/3", "1/2", "1/3", "0/4", "0/5", "0/6", "1/4"];

test("going back, sources come merged by time, each line once, to their beginning", async () => {
  const loader = new Loader(files(A, B), "older");
  const edges = new Map([[0, "A:7"], [1, "A:5"]]);
  expect(await all(loader, edges, true)).toEqual(MERGED);
  expect([...edges.values()]).toEqual(["A:0", "A:0"]);
});

test("going on, too", async () => {
  const loader = new Loader(files(A, B), "newer");
  expect(await all(loader, new Map([[0, "A:0"], [1, "A:0"]]), false)).toEqual(MERGED);
});

test("a source keeps its own order, whatever its times say, and lines without a time stay in place", async () => {
  const loader = new Loader(files([5, 3, null, 4, 8], [6]), "older");
  const texts = await all(loader, new Map([[0, "A:5"], [1, "A:1"]]), true);
  expect(texts.filter((text) => text.startsWith("0"))).toEqual(["0/0", "0/1", "0/2", "0/3", "0/4"]);
  expect(texts).toHaveLength(6);
});

test("where the store has let go what was loaded, it is asked for again", async () => {
  const loader = new Loader(files(A), "older");
  await loader.step(new Map([[0, "A:7"]]), {});
  const again = await loader.step(new Map([[0, "A:7"]]), {});
  expect(again.lines.map((line) => line.text)).toEqual(["0/4", "0/5", "0/6"]);
});
