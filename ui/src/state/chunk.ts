/**
 * A few thousand rows as columns; the unit that the store adds, filters and lets go.
 *
 * No object is made for a line: its text is the string that JSON.parse made, all else are numbers
 * in typed arrays. An event is a chunk of its own, with one row, so that lines can be put in after
 * it. Rows are named by `key`: serial × 65,536 + index, stable for as long as the row is there.
 */

import { withOffset } from "../protocol/cursor";
import type { StreamEvent } from "./types";

export const CHUNK_ROWS = 4096;
const KEY_SPAN = 65_536;
/** Chunks grow, so that those that events cut short stay small. */
const FIRST_ROOM = 256;
/** What a line costs besides its text: columns, string header, array slot. */
export const ROW_OVERHEAD_BYTES = 64;

/** Lines of one source that lie between two cursors. */
export interface Part {
  /** Index of the source in the store's list. */
  source: number;
  /** Null on base sessions. */
  next: string | null;
  gen: number;
}

/** One line on its way into a store. */
export interface Line {
  part: Part;
  /** Offset of its beginning; 0 on base sessions. */
  offset: number;
  timeS: number | null;
  status: number | null;
  requestId: string | null;
  text: string;
  cutBytes: number | null;
}

let serials = 0;

export class Chunk {
  readonly serial: number;
  readonly texts: string[] = [];
  /** NaN: none. */
  times: Float64Array;
  private statuses: Uint16Array;
  private offsets: Float64Array;
  private partOf: Uint16Array;
  readonly parts: Part[] = [];
  readonly requestIds: (string | null)[] = [];
  readonly cuts = new Map<number, number>();
  /** Cursors of the sources at this chunk's beginning and end, by source. */
  readonly starts = new Map<number, string>();
  readonly ends = new Map<number, string>();
  textBytes = 0;
  /** Rows that the filter has seen. */
  filtered = 0;
  /** Indexes of rows that are listed, and for how many lines each stands if not one. */
  visible: Uint16Array;
  visibleCount = 0;
  /** What the last listed row says without its time, while repeated lines are collapsed. */
  lastShape: string | null = null;
  readonly repeats = new Map<number, number>();
  event: StreamEvent | null = null;
  eventAtS = 0;

  constructor(readonly capacity: number = CHUNK_ROWS) {
    this.serial = serials += 1;
    const room = Math.min(capacity, FIRST_ROOM);
    this.times = new Float64Array(room);
    this.statuses = new Uint16Array(room);
    this.offsets = new Float64Array(room);
    this.partOf = new Uint16Array(room);
    this.visible = new Uint16Array(room);
  }

  static ofEvent(event: StreamEvent, atS: number): Chunk {
    const chunk = new Chunk(1);
    chunk.event = event;
    chunk.eventAtS = atS;
    return chunk;
  }

  get rows(): number {
    return this.event === null ? this.texts.length : 1;
  }

  get lines(): number {
    return this.texts.length;
  }

  get full(): boolean {
    return this.event !== null || this.texts.length >= this.capacity;
  }

  get sizeBytes(): number {
    return this.textBytes + this.texts.length * ROW_OVERHEAD_BYTES;
  }

  push(line: Line): void {
    const { text, part } = line;
    const i = this.texts.length;
    if (i >= this.times.length) this.grow();
    if (this.parts[this.parts.length - 1] !== part) this.parts.push(part);
    this.texts.push(text);
    this.requestIds.push(line.requestId);
    this.times[i] = line.timeS ?? NaN;
    this.statuses[i] = line.status ?? 0;
    this.offsets[i] = line.offset;
    this.partOf[i] = this.parts.length - 1;
    if (line.cutBytes !== null) this.cuts.set(i, line.cutBytes);
    this.textBytes += text.length * 2; // at most; one byte each where all is Latin-1
  }

  private grow(): void {
    const room = Math.min(this.capacity, this.times.length * 2);
    this.times = grown(this.times, new Float64Array(room));
    this.offsets = grown(this.offsets, new Float64Array(room));
    this.statuses = grown(this.statuses, new Uint16Array(room));
    this.partOf = grown(this.partOf, new Uint16Array(room));
    this.visible = grown(this.visible, new Uint16Array(room));
  }

  key(i: number): number {
    return this.serial * KEY_SPAN + i;
  }

  static serialOf(key: number): number {
    return Math.floor(key / KEY_SPAN);
  }

  static indexOf(key: number): number {
    return key % KEY_SPAN;
  }

  part(i: number): Part {
    return this.parts[this.partOf[i] as number] as Part;
  }

  source(i: number): number {
    return this.part(i).source;
  }

  time(i: number): number | null {
    const time = this.times[i] as number;
    return Number.isNaN(time) ? null : time;
  }

  status(i: number): number | null {
    return this.statuses[i] || null;
  }

  /** The cursor before row `i`, which names it. */
  cursor(i: number): string | null {
    const { next, gen } = this.part(i);
    return next === null ? null : withOffset(next, gen, this.offsets[i] as number);
  }

  /** Say how far a source has come with the rows pushed until now. */
  reach(source: number, after: string, next: string): void {
    if (!this.starts.has(source)) this.starts.set(source, after);
    this.ends.set(source, next);
  }
}

function grown<T extends Float64Array | Uint16Array>(old: T, bigger: T): T {
  bigger.set(old);
  return bigger;
}
