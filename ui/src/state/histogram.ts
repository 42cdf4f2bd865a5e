/**
 * Lines by time and status class, counted as they come; bins widen when there are too many.
 *
 * Counts outlive the lines: what the store lets go stays in the histogram until filters change.
 */

import { type Histogram, STATUS_CLASSES, type StatusClass } from "./types";

/** Bin widths, seconds: what a person reads at a glance. */
const WIDTHS_S = [1, 2, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400, 604_800];
/** More bins than this and they are made wider: bounds memory over any span. */
const BINS_MAX = 4_000;
/** What is drawn: about one bar for each six pixels of a wide screen. */
const BUCKETS_MAX = 240;
const CLASSES = STATUS_CLASSES.length;
const CLASS_INDEX = new Map(STATUS_CLASSES.map((name, i) => [name, i]));

export class HistogramCounts {
  private widthS = 1;
  private bins = new Map<number, Uint32Array>();
  untimed = 0;

  add(timeS: number | null, status: StatusClass): void {
    if (timeS === null) {
      this.untimed += 1;
      return;
    }
    const bin = Math.floor(timeS / this.widthS);
    let counts = this.bins.get(bin);
    if (counts === undefined) {
      if (this.bins.size >= BINS_MAX) {
        this.widen();
        this.add(timeS, status);
        return;
      }
      counts = new Uint32Array(CLASSES);
      this.bins.set(bin, counts);
    }
    const at = CLASS_INDEX.get(status) as number;
    counts[at] = (counts[at] as number) + 1;
  }

  clear(): void {
    this.widthS = 1;
    this.bins.clear();
    this.untimed = 0;
  }

  /** The counts between two times (null: all), in at most `BUCKETS_MAX` buckets. */
  read(sinceS: number | null, untilS: number | null): Histogram {
    const counts = Object.fromEntries(STATUS_CLASSES.map((name) => [name, []])) as unknown as Record<
      StatusClass,
      number[]
    >;
    const starts = [...this.bins.keys()]
      .map((bin) => bin * this.widthS)
      .filter((s) => s + this.widthS > (sinceS ?? -Infinity) && s < (untilS ?? Infinity));
    const empty = { bucketS: this.widthS, startsS: [], counts, untimed: this.untimed };
    if (starts.length === 0) return empty;
    const [first, last] = starts.reduce(
      ([low, high], s) => [Math.min(low, s), Math.max(high, s)],
      [Infinity, -Infinity],
    );
    const bucketS =
      WIDTHS_S.find(
        (width) => width % this.widthS === 0 && (last - first) / width < BUCKETS_MAX - 1,
      ) ?? Math.ceil((last - first) / (BUCKETS_MAX - 2) / this.widthS) * this.widthS;
    const origin = Math.floor(first / bucketS);
    const size = Math.floor(last / bucketS) - origin + 1;
    const startsS = Array.from({ length: size }, (_, i) => (origin + i) * bucketS);
    for (const name of STATUS_CLASSES) counts[name] = new Array<number>(size).fill(0);
    for (const start of starts) {
      const of = this.bins.get(Math.round(start / this.widthS)) as Uint32Array;
      const i = Math.floor(start / bucketS) - origin;
      STATUS_CLASSES.forEach((name, k) => {
        counts[name][i] = (counts[name][i] as number) + (of[k] as number);
      });
    }
    return { bucketS, startsS, counts, untimed: this.untimed };
  }

  private widen(): void {
    const wider = WIDTHS_S.find((width) => width > this.widthS && width % this.widthS === 0);
    const widthS = wider ?? this.widthS * 2;
    const bins = new Map<number, Uint32Array>();
    for (const [bin, counts] of this.bins) {
      const to = Math.floor((bin * this.widthS) / widthS);
      const sum = bins.get(to);
      if (sum === undefined) bins.set(to, counts);
      else counts.forEach((n, k) => (sum[k] = (sum[k] as number) + n));
    }
    this.bins = bins;
    this.widthS = widthS;
  }
}
