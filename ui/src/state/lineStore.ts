/**
 * The bounded store of what is loaded: chunks in order, oldest first.
 *
 * Full, it lets whole chunks go at the end that is not being read, and remembers per source the
 * cursors where what is loaded begins and ends, so that what went can be loaded again. Bounds are
 * in lines and in bytes of text; nothing is let go without being counted.
 */

import { Chunk, CHUNK_ROWS, type Line } from "./chunk";
import type { StreamEvent } from "./types";

export interface Bounds {
  lines: number;
  bytes: number;
}

/** Hours at full rate must fit a tab: some 25 s of 10,000 lines/s, at most about 100 MB of heap. */
export const STORE_BOUNDS: Bounds = { lines: 250_000, bytes: 64 * 1024 * 1024 };

/** Events are chunks too: this bounds them over weeks. */
const CHUNKS_MAX = 5_000;

export class LineStore {
  chunks: Chunk[] = [];
  lines = 0;
  bytes = 0;
  droppedOldest = 0;
  droppedNewest = 0;
  /** Where what is loaded of each source begins and ends. */
  readonly begins = new Map<number, string>();
  readonly ends = new Map<number, string>();
  private readonly bySerial = new Map<number, Chunk>();

  constructor(readonly bounds: Bounds = STORE_BOUNDS) {}

  chunkOf(key: number): Chunk | null {
    return this.bySerial.get(Chunk.serialOf(key)) ?? null;
  }

  /** A source begins here: nothing of it is loaded yet. */
  begin(source: number, cursor: string): void {
    this.begins.set(source, cursor);
    this.ends.set(source, cursor);
  }

  /** Add lines of one source after all others. `after`, `next`: the stretch that they are all of. */
  append(lines: Line[], source: number, after: string | null, next: string | null): void {
    let at = 0;
    let open = this.openChunk();
    if (after !== null && next !== null) open.reach(source, after, after);
    while (at < lines.length) {
      if (open.full) {
        const cut = (lines[at] as Line).part;
        open = this.add(this.chunks.length);
        if (cut.next !== null && after !== null) this.startAt(open, source, lines[at] as Line);
      }
      const line = lines[at] as Line;
      this.pushed(open, line);
      at += 1;
    }
    if (next !== null && after !== null) {
      open.reach(source, after, next);
      this.ends.set(source, next);
      if (!this.begins.has(source)) this.begins.set(source, after);
    }
  }

  /** Put a page of merged lines at an end, or (`at` given) before the chunk at that position. */
  insert(at: number, lines: Line[], starts: Map<number, string>, ends: Map<number, string>): void {
    const before = this.chunks.length;
    for (let from = 0; from < lines.length; from += CHUNK_ROWS) {
      const slice = lines.slice(from, from + CHUNK_ROWS);
      const chunk = this.add(at + this.chunks.length - before, slice.length);
      for (const line of slice) {
        const { source } = line.part;
        if (!chunk.starts.has(source)) this.startAt(chunk, source, line);
        this.pushed(chunk, line);
      }
    }
    const added = this.chunks.slice(at, at + this.chunks.length - before);
    sewEnds(added, starts, ends);
  }

  addEvent(event: StreamEvent, atS: number): Chunk {
    return this.place(Chunk.ofEvent(event, atS), this.chunks.length);
  }

  /** Let go what is over the bounds; gives the chunks that went. */
  trim(end: "oldest" | "newest"): Chunk[] {
    const gone: Chunk[] = [];
    while (this.over && this.chunks.length > 1) {
      const chunk = (end === "oldest" ? this.chunks.shift() : this.chunks.pop()) as Chunk;
      this.forget(chunk);
      gone.push(chunk);
      if (end === "oldest") {
        this.droppedOldest += chunk.lines;
        for (const [source, cursor] of chunk.ends) this.begins.set(source, cursor);
      } else {
        this.droppedNewest += chunk.lines;
        for (const [source, cursor] of chunk.starts) this.ends.set(source, cursor);
      }
    }
    return gone;
  }

  clear(): void {
    this.chunks = [];
    this.bySerial.clear();
    this.begins.clear();
    this.ends.clear();
    this.lines = this.bytes = this.droppedOldest = this.droppedNewest = 0;
  }

  private get over(): boolean {
    const { lines, bytes } = this.bounds;
    return this.lines > lines || this.bytes > bytes || this.chunks.length > CHUNKS_MAX;
  }

  private openChunk(): Chunk {
    const last = this.chunks[this.chunks.length - 1];
    return last === undefined || last.full ? this.add(this.chunks.length) : last;
  }

  private add(at: number, capacity: number = CHUNK_ROWS): Chunk {
    return this.place(new Chunk(capacity), at);
  }

  private place(chunk: Chunk, at: number): Chunk {
    this.chunks.splice(at, 0, chunk);
    this.bySerial.set(chunk.serial, chunk);
    return chunk;
  }

  /** A chunk begins within a stretch: the one before it ends there. */
  private startAt(chunk: Chunk, source: number, line: Line): void {
    const { part, offset } = line;
    if (part.next === null) return;
    const parts = part.next.split(",");
    const generation = (parts[part.gen] as string).split(":")[0] as string;
    parts[part.gen] = `${generation}:${offset}`;
    const cursor = parts.join(",");
    chunk.starts.set(source, cursor);
    chunk.ends.set(source, cursor);
    const before = this.chunks[this.chunks.indexOf(chunk) - 1];
    if (before?.starts.has(source) === true) before.ends.set(source, cursor);
  }

  private pushed(chunk: Chunk, line: Line): void {
    const before = chunk.sizeBytes;
    chunk.push(line);
    this.lines += 1;
    this.bytes += chunk.sizeBytes - before;
  }

  private forget(chunk: Chunk): void {
    this.bySerial.delete(chunk.serial);
    this.lines -= chunk.lines;
    this.bytes -= chunk.sizeBytes;
  }
}

/** The first and last chunk of a page say where the page begins and ends, of every source in it. */
function sewEnds(added: Chunk[], starts: Map<number, string>, ends: Map<number, string>): void {
  const [first, last] = [added[0], added[added.length - 1]];
  if (first === undefined || last === undefined) return;
  for (const [source, cursor] of starts) first.starts.set(source, cursor);
  for (const [source, cursor] of ends) last.ends.set(source, cursor);
  const reached = new Map(starts);
  for (const chunk of added) {
    for (const [source, cursor] of reached) {
      if (!chunk.starts.has(source)) chunk.starts.set(source, cursor);
      if (!chunk.ends.has(source)) chunk.ends.set(source, cursor);
    }
  }
}
