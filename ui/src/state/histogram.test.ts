import { expect, test } from "vitest";
import { HistogramCounts } from "./histogram";

const total = (values: number[]) => values.reduce((sum, one) => sum + one, 0);

test("lines are counted by second and status class", () => {
  const counts = new HistogramCounts();
  counts.add(10.2, "2xx");
  counts.add(10.9, "2xx");
  counts.add(12, "5xx");
  counts.add(null, "none");
  const read = counts.read(null, null);
  expect(read).toMatchObject({ bucketS: 1, startsS: [10, 11, 12], untimed: 1 });
  expect(read.counts["2xx"]).toEqual([2, 0, 0]);
  expect(read.counts["5xx"]).toEqual([0, 0, 1]);
});

test("a long span has wide buckets, a zoom into it narrow ones", () => {
  const counts = new HistogramCounts();
  for (let s = 0; s < 3_000; s += 1) counts.add(s, "2xx");
  const all = counts.read(null, null);
  expect(all.startsS.length).toBeLessThanOrEqual(240);
  expect(total(all.counts["2xx"])).toBe(3_000);
  const zoom = counts.read(100, 160);
  expect(zoom.bucketS).toBe(1);
  expect(total(zoom.counts["2xx"])).toBe(60);
});

test.each([
  ["each hour for two years", 3_600, 17_520],
  ["each second for a day", 1, 86_400],
])("no line is lost when bins widen: %s", (_, stepS, n) => {
  const counts = new HistogramCounts();
  for (let i = 0; i < n; i += 1) counts.add(1_700_000_000 + i * stepS, "4xx");
  const read = counts.read(null, null);
  expect(total(read.counts["4xx"])).toBe(n);
  expect(read.startsS.length).toBeLessThanOrEqual(242);
});

test("a time out of all reason does not blow it up", () => {
  const counts = new HistogramCounts();
  counts.add(0, "2xx");
  counts.add(4e9, "2xx");
  const read = counts.read(null, null);
  expect(read.startsS.length).toBeLessThanOrEqual(242);
  expect(total(read.counts["2xx"])).toBe(2);
});
