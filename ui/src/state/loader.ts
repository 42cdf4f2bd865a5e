/**
 * Pages of history of several sources, merged by time, older or newer than what is loaded.
 *
 * Only lines are given out that no page still to come can precede (or, going on, follow); the rest
 * wait in a buffer for each source. Within a source file order is kept, whatever its times say.
 */

import { withOffset } from "../protocol/cursor";
import type { Gap, HistoryRange, SourceFilter } from "../protocol/messages";
import type { Page } from "../stream/histories";
import type { Line } from "./chunk";
import { linesOf } from "./columns";

export interface Merged {
  lines: Line[];
  gaps: Gap[];
  /** The stretch that is covered now, by source. */
  starts: Map<number, string>;
  ends: Map<number, string>;
  /** Whether there is more that way. */
  more: boolean;
  scannedBytes: number;
  reachedS: number | null;
}

export type AskHistory = (source: number, range: HistoryRange) => Promise<Page>;

/** Lines of a page, over all sources: a screen or two for each of many, plenty for few. */
const PAGE_LINES = 2_000;
const PAGE_MIN_LINES = 50;

interface Buffer {
  lines: Line[];
  /** Times that never fall within a source, for merging. */
  times: number[];
  /** Where the lines that are not given out yet begin and end. */
  start: string;
  end: string;
  more: boolean;
}

export class Loader {
  private readonly buffers = new Map<number, Buffer>();

  constructor(
    private readonly ask: AskHistory,
    private readonly direction: "older" | "newer",
  ) {}

  /**
   * Load one step.
   *
   * @param edges - Where what is loaded of each source begins (or, going on, ends).
   */
  async step(edges: Map<number, string>, filter: SourceFilter): Promise<Merged> {
    const merged: Merged = {
      lines: [],
      gaps: [],
      starts: new Map(),
      ends: new Map(),
      more: false,
      scannedBytes: 0,
      reachedS: null,
    };
    for (const source of [...this.buffers.keys()]) {
      if (!edges.has(source)) this.buffers.delete(source);
    }
    const asked = [...edges].map(([source, edge]) => this.fill(source, edge, filter, edges.size, merged));
    await Promise.all(asked);
    this.giveOut(merged);
    merged.more = [...this.buffers.values()].some((one) => one.more || one.lines.length > 0);
    return merged;
  }

  /** Forget what waits: another filter, or the ends where coming lines begin. */
  reset(): void {
    this.buffers.clear();
  }

  private async fill(
    source: number,
    edge: string,
    filter: SourceFilter,
    sources: number,
    merged: Merged,
  ): Promise<void> {
    const older = this.direction === "older";
    const held = this.buffers.get(source);
    if (held !== undefined) {
      const fits = (older ? held.end : held.start) === edge;
      if (fits && (held.lines.length > 0 || (!held.more && older))) return;
    }
    const limit = Math.max(PAGE_MIN_LINES, Math.ceil(PAGE_LINES / sources));
    const range: HistoryRange = older
      ? { before: edge, back: true, limit, ...filter }
      : { after: edge, back: false, limit, ...filter };
    const page = await this.ask(source, range);
    const lines = page.frames.flatMap((one) => (one.cmd === "lines" ? linesOf(one, source) : []));
    merged.gaps.push(...page.frames.filter((one): one is Gap => one.cmd === "gap"));
    merged.scannedBytes += page.scannedBytes;
    if (page.reachedS !== null) {
      const pick = older ? Math.max : Math.min;
      merged.reachedS = merged.reachedS === null ? page.reachedS : pick(merged.reachedS, page.reachedS);
    }
    const times: number[] = [];
    let highest = -Infinity;
    for (const line of lines) {
      highest = Math.max(highest, line.timeS ?? -Infinity);
      times.push(highest);
    }
    const [start, end] = older ? [page.first, edge] : [edge, page.last];
    this.buffers.set(source, { lines, times, start, end, more: page.more });
  }

  /** The time up to which all sources are known. */
  private bound(): number {
    const older = this.direction === "older";
    let bound = older ? -Infinity : Infinity;
    for (const { times, more } of this.buffers.values()) {
      if (!more) continue;
      const edge = older ? (times[0] ?? Infinity) : (times[times.length - 1] ?? -Infinity);
      bound = older ? Math.max(bound, edge) : Math.min(bound, edge);
    }
    return bound;
  }

  private giveOut(merged: Merged): void {
    const bound = this.bound();
    const out: { line: Line; time: number }[] = [];
    for (const [source, buffer] of this.buffers) {
      const { lines, times } = buffer;
      if (this.direction === "older") {
        let from = times.findIndex((time) => time >= bound);
        if (from < 0) from = lines.length;
        for (let i = from; i < lines.length; i += 1) {
          out.push({ line: lines[i] as Line, time: times[i] as number });
        }
        // Without lines left the whole page is covered, with those that the filter hid.
        const start = from === 0 ? buffer.start : from < lines.length ? cursorOf(lines[from] as Line) : buffer.end;
        merged.starts.set(source, start);
        merged.ends.set(source, buffer.end);
        Object.assign(buffer, { lines: lines.slice(0, from), times: times.slice(0, from), end: start });
      } else {
        let to = times.findIndex((time) => time > bound);
        if (to < 0) to = lines.length;
        for (let i = 0; i < to; i += 1) {
          out.push({ line: lines[i] as Line, time: times[i] as number });
        }
        const end = to === lines.length ? buffer.end : cursorOf(lines[to] as Line);
        merged.starts.set(source, buffer.start);
        merged.ends.set(source, end);
        Object.assign(buffer, { lines: lines.slice(to), times: times.slice(to), start: end });
      }
    }
    // Stable: lines of one time keep the order of sources, those of a source their own.
    merged.lines = out.sort((a, b) => compare(a.time, b.time)).map(({ line }) => line);
  }
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function cursorOf({ part, offset }: Line): string {
  return withOffset(part.next ?? "", part.gen, offset);
}
