/**
 * One list of rows with its two ends: what is loaded, what is listed of it, and loading more.
 *
 * The live list is one; a search's matches and a line's neighbours are others. A full store lets
 * go what is not being read; when that is its newest end, the list is *detached* from live.
 */

import type { HistoryRange, SourceFilter } from "../protocol/messages";
import type { Page } from "../stream/histories";
import type { Chunk, Line } from "./chunk";
import { gapEvent, linesOf } from "./columns";
import { LineStore } from "./lineStore";
import { Listing } from "./listing";
import { Loader, type Merged } from "./loader";
import type { Matcher } from "./matcher";
import type { SourceTable } from "./sourceTable";
import type { EdgeState, FollowState, GapEvent, StreamEvent } from "./types";

export interface PaneContext {
  sources: SourceTable;
  history(source: number, range: HistoryRange): Promise<Page>;
  /** What the files are to filter for this list. */
  filter(): SourceFilter;
  nowS(): number;
  /** Something is to be shown anew. */
  changed(): void;
  /** Whether what is let go can be loaded again. */
  extended(): boolean;
}

/** How much of a gap one click loads. */
const GAP_LINES_MAX = 20_000;
const GAP_PAGE_LINES = 2_000;
/** Pages without a passing line that one load goes through before it lets the reader decide. */
const EMPTY_STEPS_MAX = 25;

const IDLE: EdgeState = { state: "more", reason: "", reachedS: null };

export class Pane {
  readonly store = new LineStore();
  readonly listing: Listing;
  top: EdgeState = IDLE;
  bottom: EdgeState = IDLE;
  following = true;
  detached = false;
  private readonly older: Loader;
  private readonly newer: Loader;
  /** Rows after this are unseen. */
  private mark: { chunk: Chunk | null; i: number } | null = null;
  private unseenDropped = 0;
  /** Moves when all is cleared: what was asked for before is void. */
  private epoch = 0;

  constructor(
    readonly context: PaneContext,
    matcher: Matcher,
    collapse: boolean,
  ) {
    this.listing = new Listing(this.store, matcher, collapse);
    const ask = (source: number, range: HistoryRange) => context.history(source, range);
    this.older = new Loader(ask, "older");
    this.newer = new Loader(ask, "newer");
  }

  get follow(): FollowState {
    const { following, detached } = this;
    return { following, detached, unseen: following ? 0 : this.unseen() };
  }

  clear(): void {
    this.epoch += 1;
    this.store.clear();
    this.listing.clear();
    this.older.reset();
    this.newer.reset();
    this.top = this.bottom = IDLE;
    this.detached = false;
    this.mark = this.following ? null : { chunk: null, i: 0 };
    this.unseenDropped = 0;
    this.context.changed();
  }

  /** A source begins here, with history before it. */
  begin(source: number, cursor: string): void {
    if (this.store.begins.has(source)) return;
    this.store.begin(source, cursor);
    if (this.top.state === "end") this.top = IDLE;
  }

  append(lines: Line[], source: number, after: string | null, next: string | null): void {
    if (this.detached) {
      this.unseenDropped += lines.length;
      this.store.droppedNewest += lines.length;
    } else {
      this.store.append(lines, source, after, next);
      this.trim(this.unread);
    }
    this.context.changed();
  }

  addEvent(event: StreamEvent): void {
    if (this.detached) return;
    const chunk = this.store.addEvent(event, this.context.nowS());
    if (event.what === "gap") {
      const source = this.context.sources.number(event.server, event.type);
      chunk.reach(source, event.after, event.next);
      this.store.ends.set(source, event.next);
    }
    this.trim(this.unread);
    this.context.changed();
  }

  pause(): void {
    if (!this.following) return;
    this.following = false;
    const last = this.store.chunks[this.store.chunks.length - 1] ?? null;
    this.mark = { chunk: last, i: last?.rows ?? 0 };
    this.unseenDropped = 0;
    this.context.changed();
  }

  resume(): void {
    this.following = true;
    this.mark = null;
    this.unseenDropped = 0;
    this.trim("oldest");
    this.context.changed();
  }

  /** Load above until something shows, or nothing is left. */
  async loadOlder(): Promise<Merged | null> {
    if (this.top.state === "loading" || this.top.state === "end") return null;
    return this.load("older");
  }

  /** Load below; only where live lines do not come by themselves. */
  async loadNewer(): Promise<Merged | null> {
    if (this.bottom.state === "loading") return null;
    return this.load("newer");
  }

  /** One step of loading, for a search; throws what the asking throws. */
  async step(direction: "older" | "newer"): Promise<Merged | null> {
    const epoch = this.epoch;
    const { begins, ends } = this.store;
    const older = direction === "older";
    const loader = older ? this.older : this.newer;
    const merged = await loader.step(new Map(older ? begins : ends), this.context.filter());
    if (epoch !== this.epoch) return null;
    const at = older ? 0 : this.store.chunks.length;
    this.store.insert(at, merged.lines, merged.starts, merged.ends);
    for (const [source, cursor] of older ? merged.starts : merged.ends) {
      (older ? begins : ends).set(source, cursor);
    }
    for (const gap of merged.gaps) this.placeGap(gapEvent(gap), at);
    this.trim(older && !this.following ? "newest" : "oldest");
    this.context.changed();
    return merged;
  }

  /** How many rows are listed, all that came being filtered; for lists that grow by pages. */
  countListed(): number {
    this.listing.work(() => 0, 1);
    return this.listing.count;
  }

  /** Fetch what a gap left out, before its row. */
  async loadGap(key: number): Promise<void> {
    const chunk = this.store.chunkOf(key);
    const gap = chunk?.event;
    if (chunk === null || gap?.what !== "gap" || !["open", "failed"].includes(gap.state)) return;
    const epoch = this.epoch;
    this.changeGap(chunk, { state: "loading" });
    const source = this.context.sources.number(gap.server, gap.type);
    let { after, loadedLines } = gap;
    const most = loadedLines + GAP_LINES_MAX;
    try {
      for (let more = true; more && loadedLines < most; ) {
        const range = { after, before: gap.next, back: false, limit: GAP_PAGE_LINES };
        const page = await this.context.history(source, { ...range, ...this.context.filter() });
        if (epoch !== this.epoch) return;
        const at = this.store.chunks.indexOf(chunk);
        if (at < 0) return;
        const lines = page.frames.flatMap((one) =>
          one.cmd === "lines" ? linesOf(one, source) : [],
        );
        this.store.insert(at, lines, new Map([[source, after]]), new Map([[source, page.last]]));
        ({ last: after, more } = page);
        loadedLines += lines.length;
        this.changeGap(chunk, { after, loadedLines, state: more ? "loading" : "loaded" });
      }
      if ((chunk.event as GapEvent).state === "loading") this.changeGap(chunk, { state: "open" });
    } catch {
      this.changeGap(chunk, { state: "failed" });
    }
    this.trim(this.unread);
  }

  /** The end that is not being read; without history what comes is worth more than what was. */
  private get unread(): "oldest" | "newest" {
    return this.following || !this.context.extended() ? "oldest" : "newest";
  }

  private async load(direction: "older" | "newer"): Promise<Merged | null> {
    const edge = direction === "older" ? "top" : "bottom";
    if (!this.context.extended()) {
      this[edge] = { ...this[edge], state: "unavailable", reason: "This service keeps no history." };
      this.context.changed();
      return null;
    }
    const epoch = this.epoch;
    this[edge] = { ...this[edge], state: "loading", reason: "" };
    this.context.changed();
    try {
      for (let tries = 0; ; tries += 1) {
        const merged = await this.step(direction);
        if (merged === null) return null;
        const reachedS = merged.reachedS ?? this[edge].reachedS;
        const found = merged.lines.length > 0 || !merged.more || tries >= EMPTY_STEPS_MAX;
        const state = !found ? "loading" : merged.more ? "more" : "end";
        this[edge] = { state, reason: "", reachedS };
        if (found) return merged;
      }
    } catch (error) {
      if (epoch !== this.epoch) return null;
      const reason = error instanceof Error ? error.message : "History did not come.";
      this[edge] = { ...this[edge], state: "failed", reason };
      return null;
    } finally {
      this.context.changed();
    }
  }

  private changeGap(chunk: Chunk, change: Partial<GapEvent>): void {
    chunk.event = { ...(chunk.event as GapEvent), ...change };
    this.context.changed();
  }

  private placeGap(gap: GapEvent, at: number): void {
    const { chunks } = this.store;
    const chunk = this.store.addEvent(gap, this.context.nowS());
    chunks.splice(Math.min(at, chunks.length - 1), 0, ...chunks.splice(chunks.indexOf(chunk), 1));
  }

  private trim(end: "oldest" | "newest"): void {
    const gone = this.store.trim(end);
    if (end === "newest" && gone.length > 0) {
      const listed = (one: Chunk) => one.visibleCount + one.rows - one.filtered;
      this.unseenDropped += gone.reduce((sum, one) => sum + listed(one), 0);
      this.detached = true;
    }
    if (end === "oldest" && gone.length > 0 && this.top.state === "end") this.top = IDLE;
    this.listing.gone(gone, end);
  }

  private unseen(): number {
    if (this.mark === null) return 0;
    const { chunk, i } = this.mark;
    const seen = chunk === null ? 0 : this.listing.indexFrom(chunk, i);
    return Math.max(0, seen < 0 ? 0 : this.listing.count - seen) + this.unseenDropped;
  }
}
