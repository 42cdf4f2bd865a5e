/**
 * What is listed of a store: rows that pass the filters, found by index, counted for the facets.
 *
 * Rows are filtered once, in slices of a few milliseconds, the newest chunk first, so that neither
 * a full store nor a slow expression holds up the page.
 */

import { type Chunk } from "./chunk";
import { HistogramCounts } from "./histogram";
import type { LineStore } from "./lineStore";
import { type Matcher, PASS, statusClass } from "./matcher";
import type { StatusClass } from "./types";

/** Rows between two looks at the clock. */
const STRIDE = 128;
/** A time at a line's beginning, in or out of brackets: repeated lines differ in nothing else. */
const TIME = /\[?\d{1,4}[-/.][\dA-Za-z]{2,3}[-/.]\d{2,4}[T :]\d\d:\d\d:\d\d[^\] ]*( [+-]\d{4}| UTC)?\]?/;

export interface FacetCounts {
  sources: Map<number, { server: number; type: number }>;
  statuses: Map<StatusClass, number>;
}

export class Listing {
  count = 0;
  /** See `ListState.shift`. */
  shift = 0;
  version = 0;
  pending = 0;
  facets: FacetCounts = { sources: new Map(), statuses: new Map() };
  readonly histogram = new HistogramCounts();
  private before: number[] = [];
  /** The chunks that `before` is of: the store may have let some go since. */
  private summed: Chunk[] = [];

  constructor(
    private readonly store: LineStore,
    private matcher: Matcher,
    private collapse: boolean,
  ) {}

  /** Another filter: all that is loaded is looked at again, and counted anew. */
  setMatcher(matcher: Matcher, collapse: boolean): void {
    this.matcher = matcher;
    this.collapse = collapse;
    for (const chunk of this.store.chunks) {
      chunk.filtered = chunk.visibleCount = 0;
      chunk.repeats.clear();
      chunk.lastShape = null;
    }
    this.clearCounts();
    this.shift = 0;
    this.sum();
  }

  clear(): void {
    this.clearCounts();
    this.shift = 0;
    this.sum();
  }

  /** Chunks went from the store's end. */
  gone(chunks: Chunk[], end: "oldest" | "newest"): void {
    if (chunks.length === 0) return;
    if (end === "oldest") this.shift += chunks.reduce((sum, one) => sum + one.visibleCount, 0);
    this.sum();
  }

  /** Filter what has come, until the clock says stop. Returns whether all is done. */
  work(nowMs: () => number, untilMs: number): boolean {
    const { chunks } = this.store;
    let done = true;
    let listedAfter = 0; // rows that a reader may have seen, after the chunk at hand
    for (let at = chunks.length - 1; at >= 0 && done; at -= 1) {
      const chunk = chunks[at] as Chunk;
      const listed = chunk.visibleCount;
      while (chunk.filtered < chunk.rows) {
        this.filterSome(chunk);
        if (chunk.filtered < chunk.rows && nowMs() >= untilMs) {
          done = false;
          break;
        }
      }
      if (listedAfter > 0) this.shift -= chunk.visibleCount - listed;
      listedAfter += listed;
      if (done && nowMs() >= untilMs && at > 0) {
        done = !chunks.slice(0, at).some((one) => one.filtered < one.rows);
        if (!done) break;
      }
    }
    this.sum();
    return done;
  }

  /** Chunk and row at an index of the list. */
  at(index: number): { chunk: Chunk; i: number } | null {
    if (index < 0 || index >= this.count) return null;
    let low = 0;
    let high = this.before.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.before[middle] as number) <= index) low = middle;
      else high = middle - 1;
    }
    const chunk = this.summed[low];
    const place = index - (this.before[low] ?? 0);
    // A filter that is changed looks at the chunk anew.
    if (chunk === undefined || place >= chunk.visibleCount) return null;
    return { chunk, i: chunk.visible[place] as number };
  }

  /** Index of the first listed row at or after row `i` of a chunk; -1: the chunk is gone. */
  indexFrom(chunk: Chunk | null, i: number): number {
    const position = chunk === null ? -1 : this.summed.indexOf(chunk);
    if (chunk === null || position < 0) return -1;
    let low = 0;
    let high = chunk.visibleCount;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((chunk.visible[middle] as number) < i) low = middle + 1;
      else high = middle;
    }
    return (this.before[position] as number) + low;
  }

  private filterSome(chunk: Chunk): void {
    if (chunk.event !== null) {
      chunk.visible[0] = 0;
      chunk.visibleCount = chunk.filtered = 1;
      return;
    }
    const end = Math.min(chunk.rows, chunk.filtered + STRIDE);
    for (let i = chunk.filtered; i < end; i += 1) {
      const passed = this.matcher.test(chunk, i);
      this.countFacets(chunk, i, passed);
      if (passed !== PASS.all) continue;
      this.histogram.add(chunk.time(i), statusClass(chunk.status(i)));
      if (!(this.collapse && this.repeats(chunk, i))) {
        chunk.visible[chunk.visibleCount] = i;
        chunk.visibleCount += 1;
      }
    }
    chunk.filtered = end;
  }

  private repeats(chunk: Chunk, i: number): boolean {
    const shape = `${chunk.source(i)} ${(chunk.texts[i] as string).replace(TIME, "")}`;
    if (shape !== chunk.lastShape) {
      chunk.lastShape = shape;
      return false;
    }
    const first = chunk.visible[chunk.visibleCount - 1] as number;
    chunk.repeats.set(first, (chunk.repeats.get(first) ?? 1) + 1);
    return true;
  }

  private countFacets(chunk: Chunk, i: number, passed: number): void {
    if ((passed & PASS.rest) === 0) return;
    const source = chunk.source(i);
    let counts = this.facets.sources.get(source);
    if (counts === undefined) {
      counts = { server: 0, type: 0 };
      this.facets.sources.set(source, counts);
    }
    if ((passed | PASS.server) === PASS.all) counts.server += 1;
    if ((passed | PASS.type) === PASS.all) counts.type += 1;
    if ((passed | PASS.status) === PASS.all) {
      const name = statusClass(chunk.status(i));
      this.facets.statuses.set(name, (this.facets.statuses.get(name) ?? 0) + 1);
    }
  }

  private clearCounts(): void {
    this.facets = { sources: new Map(), statuses: new Map() };
    this.histogram.clear();
  }

  private sum(): void {
    let count = 0;
    let pending = 0;
    this.summed = [...this.store.chunks];
    this.before = this.summed.map((chunk) => {
      const before = count;
      count += chunk.visibleCount;
      pending += chunk.rows - chunk.filtered;
      return before;
    });
    this.count = count;
    this.pending = pending;
    this.version += 1;
  }
}
