/**
 * Watching one environment: the session's news into panes, the panes to what components read.
 *
 * All that comes between two drawn frames is one change; filtering takes at most a few
 * milliseconds of each.
 */

import { samePlace } from "../protocol/cursor";
import type { Details } from "../stream/api";
import type { Clock } from "../stream/clock";
import type { OpenSocket } from "../stream/connection";
import type { Pace } from "../stream/pace";
import { LogSession } from "../stream/session";
import type { Watch } from "./api";
import { exportLines } from "./exportText";
import { Feed } from "./feed";
import { makeMatcher, sourceFilter, type Matcher } from "./matcher";
import { Observable } from "./observable";
import { Pane, type PaneContext } from "./pane";
import { lineRow, rowOf } from "./rows";
import { BackSearch } from "./search";
import { SourceTable } from "./sourceTable";
import { facetsOf, storyOf } from "./summary";
import type {
  EdgeState,
  Facets,
  FollowState,
  Histogram,
  Lamp,
  LinePlace,
  LineRow,
  ListState,
  Mode,
  PatternFault,
  SourceInfo,
  ViewChoice,
} from "./types";

export interface WatchSettings {
  site: string;
  environment: string;
  choice: ViewChoice;
  details(): Promise<Details>;
  open: OpenSocket;
  clock: Clock;
  pace: Pace;
}

/** Filtering's part of a drawn frame. */
const SLICE_MS = 8;
/** Facets and histogram are for the eye. */
const SUMMARY_MS = 400;
/** After the last stream began: all that are there have answered, the backlog is asked for. */
const SETTLE_MS = 150;
/** A change of one of these changes which rows are listed. */
const FILTERS = [
  ...(["servers", "types", "statuses", "filter", "exclude", "highlight"] as const),
  ...(["requestId", "mine", "sinceS", "untilS", "collapse", "atSource"] as const),
] as const;

export function openWatch(settings: WatchSettings): Watch {
  return new LiveWatch(settings);
}

const NOT_YET: Lamp = {
  state: "connecting",
  attempt: 0,
  retryAtS: null,
  reason: "",
  signInNeeded: false,
  extended: true,
};
/** The neighbours of a line are shown whatever the filters say. */
const NO_FILTERS = {
  servers: [],
  types: [],
  statuses: [],
  filter: [],
  exclude: [],
  requestId: null,
  mine: null,
  sinceS: null,
  untilS: null,
};

class LiveWatch implements Watch {
  readonly lamp = new Observable<Lamp>(NOT_YET);
  readonly sources = new Observable<SourceInfo[]>([]);
  readonly choice: Observable<ViewChoice>;
  readonly faults: Observable<PatternFault[]>;
  readonly list: Observable<ListState>;
  readonly follow: Observable<FollowState>;
  readonly mode = new Observable<Mode>({ kind: "live" });
  readonly top: Observable<EdgeState>;
  readonly bottom: Observable<EdgeState>;
  readonly facets: Observable<Facets>;
  readonly histogram: Observable<Histogram>;
  private readonly table = new SourceTable();
  private readonly session: LogSession;
  private readonly feed: Feed;
  private matcher: Matcher;
  private readonly live: Pane;
  private side: Pane | null = null;
  private search: BackSearch | null = null;
  private summarisedMs = 0;
  private cancelSettle: () => void = () => undefined;
  private cancelSummary: (() => void) | null = null;
  private sent = "{}";
  private extended = true;
  private closed = false;

  constructor(private readonly with_: WatchSettings) {
    const { choice, clock } = with_;
    this.matcher = makeMatcher(choice, this.table.list);
    this.choice = new Observable(choice);
    this.faults = new Observable(this.matcher.faults);
    this.live = new Pane(this.paneContext(() => this.sentFilter()), this.matcher, choice.collapse);
    this.list = new Observable(listState(this.live));
    this.follow = new Observable(this.live.follow);
    this.top = new Observable(this.live.top);
    this.bottom = new Observable(this.live.bottom);
    this.facets = new Observable(facetsOf(this.live, this.table, choice));
    this.histogram = new Observable(this.live.listing.histogram.read(null, null));
    this.feed = new Feed({
      pane: this.live,
      table: this.table,
      clock,
      lamp: (lamp) => this.onLamp(lamp),
      sourcesChanged: () => this.changed(),
      began: () => this.settle(),
    });
    this.session = new LogSession(with_.details, with_.open, clock, this.feed);
    this.applySource();
    if (choice.line !== null) this.showContext(choice.line);
    this.session.start();
  }

  row(index: number) {
    const found = this.pane.listing.at(index);
    return found === null ? null : rowOf(found.chunk, found.i, this.table);
  }

  indexOf(key: number): number {
    const { listing, store } = this.pane;
    const chunk = store.chunkOf(key);
    const i = key % 65_536;
    const index = listing.indexFrom(chunk, i);
    const found = listing.at(index);
    return found !== null && found.chunk === chunk && found.i === i ? index : -1;
  }

  set(change: Partial<ViewChoice>): void {
    const before = this.choice.get();
    const choice = { ...before, ...change };
    this.choice.set(choice);
    if (FILTERS.every((key) => JSON.stringify(choice[key]) === JSON.stringify(before[key]))) return;
    this.rematch();
    this.applySource();
    if (this.search !== null) this.searchBack();
  }

  pause(): void {
    this.pane.pause();
  }

  resume(): void {
    this.leaveSide();
    if (this.live.detached) {
      this.live.clear();
      this.beginAll(this.live);
      void this.live.loadOlder();
    }
    this.live.resume();
  }

  loadOlder(): void {
    if (this.search === null) void this.pane.loadOlder();
  }

  loadNewer(): void {
    const { pane } = this;
    if (this.search === null && (pane.detached || pane !== this.live)) void pane.loadNewer();
  }

  loadGap(key: number): void {
    void this.pane.loadGap(key);
  }

  searchBack(): void {
    this.leaveSide();
    const pane = new Pane(
      this.paneContext(() => sourceFilter(this.choice.get())),
      this.matcher,
      this.choice.get().collapse,
    );
    pane.following = false;
    this.beginAll(pane);
    this.side = pane;
    const search = new BackSearch(pane, (state) => {
      if (this.search === search) this.mode.set({ kind: "search", search: state });
    });
    this.search = search;
    this.mode.set({ kind: "search", search: search.state });
    void search.run();
    this.changed();
  }

  stopSearch(): void {
    this.search?.stop();
  }

  showContext(place: LinePlace): void {
    this.leaveSide();
    const { highlight } = this.choice.get();
    const bare = { ...this.choice.get(), ...NO_FILTERS, highlight };
    const pane = new Pane(this.paneContext(() => ({})), makeMatcher(bare, this.table.list), false);
    pane.following = false;
    pane.begin(this.table.number(place.server, place.type), place.cursor);
    this.side = pane;
    this.mode.set({ kind: "context", place, key: null, failed: "" });
    if (this.lamp.get().state === "live") void this.fillContext(pane, place);
    this.changed();
  }

  nextHighlight(from: number, direction: 1 | -1): number {
    const { listing } = this.pane;
    for (let at = from + direction; at >= 0 && at < listing.count; at += direction) {
      const found = listing.at(at);
      const text = found === null ? undefined : found.chunk.texts[found.i];
      if (text === undefined) continue;
      for (const one of this.matcher.highlights) {
        one.lastIndex = 0;
        if (one.test(text)) return at;
      }
    }
    return -1;
  }

  story(requestId: string) {
    return storyOf(this.side === null ? [this.live] : [this.live, this.side], this.table, requestId);
  }

  exportRows(format: "text" | "jsonl" | "csv") {
    const { site, environment, clock } = this.with_;
    return exportLines(this.listed(), format, { site, environment, nowS: clock.nowMs() / 1000 });
  }

  close(): void {
    this.closed = true;
    this.search?.stop();
    this.cancelSettle();
    this.cancelSummary?.();
    this.feed.close();
    this.session.close();
  }

  private get pane(): Pane {
    return this.side ?? this.live;
  }

  private *listed(): Generator<LineRow> {
    for (const chunk of this.pane.store.chunks) {
      if (chunk.event !== null) continue;
      for (let k = 0; k < chunk.visibleCount; k += 1) {
        yield lineRow(chunk, chunk.visible[k] as number, this.table);
      }
    }
  }

  private sentFilter() {
    const choice = this.choice.get();
    return choice.atSource ? sourceFilter(choice) : {};
  }

  private paneContext(filter: PaneContext["filter"]): PaneContext {
    return {
      sources: this.table,
      filter,
      history: (source, range) => this.session.history(this.place(source), range),
      nowS: () => this.with_.clock.nowMs() / 1000,
      changed: () => this.changed(),
      extended: () => this.extended,
    };
  }

  private place(source: number) {
    const { server, type } = this.table.get(source);
    return { server, type };
  }

  private leaveSide(): void {
    this.search?.stop();
    this.search = null;
    this.side?.clear();
    this.side = null;
    if (this.mode.get().kind !== "live") this.mode.set({ kind: "live" });
    this.changed();
  }

  private beginAll(pane: Pane): void {
    this.table.list.forEach(({ server, type }, number) => {
      const cursor = this.session.position({ server, type });
      if (cursor !== null) pane.begin(number, cursor);
    });
  }

  private onLamp(lamp: Lamp): void {
    if (lamp.state === "live") this.extended = lamp.extended;
    this.lamp.set(lamp);
    const mode = this.mode.get();
    const waits = mode.kind === "context" && mode.key === null && this.side?.store.lines === 0;
    if (lamp.state === "live" && waits && this.side !== null) {
      // The session is told first that it is accepted; then it takes questions.
      const { side } = this;
      this.with_.clock.after(0, () => void this.fillContext(side, mode.place));
    }
  }

  /** Ask for the backlog once the streams that begin together have begun. */
  private settle(): void {
    this.cancelSettle();
    this.cancelSettle = this.with_.clock.after(SETTLE_MS, () => {
      if (this.live.following) void this.live.loadOlder();
    });
  }

  private changed(): void {
    this.with_.pace(() => this.update());
  }

  private update(): void {
    if (this.closed) return;
    const now = () => this.with_.clock.nowMs();
    const { pane } = this;
    const done = pane.listing.work(now, now() + SLICE_MS);
    this.list.set(listState(pane));
    this.follow.set(pane.follow);
    if (this.top.get() !== pane.top) this.top.set(pane.top);
    if (this.bottom.get() !== pane.bottom) this.bottom.set(pane.bottom);
    if (now() - this.summarisedMs >= SUMMARY_MS) this.summarise();
    else {
      this.cancelSummary ??= this.with_.clock.after(SUMMARY_MS, () => this.summarise());
    }
    if (!done) this.changed();
  }

  private summarise(): void {
    this.cancelSummary?.();
    this.cancelSummary = null;
    this.summarisedMs = this.with_.clock.nowMs();
    const choice = this.choice.get();
    const { pane } = this;
    const among = (list: string[], name: string) => list.length === 0 || list.includes(name);
    const chosen = ({ server, type }: SourceInfo) =>
      among(choice.servers, server) && among(choice.types, type);
    this.sources.set(this.table.list.map((one) => ({ ...one, chosen: chosen(one) })));
    this.facets.set(facetsOf(pane, this.table, choice));
    this.histogram.set(pane.listing.histogram.read(choice.sinceS, choice.untilS));
  }

  private rematch(): void {
    const choice = this.choice.get();
    this.matcher = makeMatcher(choice, this.table.list);
    this.faults.set(this.matcher.faults);
    this.live.listing.setMatcher(this.matcher, choice.collapse);
    if (this.search !== null) this.side?.listing.setMatcher(this.matcher, choice.collapse);
    this.changed();
  }

  /** What the files are to filter and which sources are wanted; a change begins the list anew. */
  private applySource(): void {
    const { atSource, servers, types } = this.choice.get();
    const some = (list: string[], name: string) => list.length === 0 || list.includes(name);
    const wants = ({ server, type }: { server: string; type: string }) =>
      !atSource || (some(servers, server) && some(types, type));
    const filter = this.sentFilter();
    const text = JSON.stringify(atSource ? [filter, servers, types] : {});
    if (text === this.sent) return;
    this.sent = text;
    this.live.clear();
    this.session.choose(wants);
    this.session.setFilter(filter);
  }

  private async fillContext(pane: Pane, place: LinePlace): Promise<void> {
    const [, below] = await Promise.all([pane.loadOlder(), pane.loadNewer()]);
    if (this.side !== pane) return;
    let key: number | null = null;
    for (const chunk of pane.store.chunks) {
      for (let i = 0; i < chunk.lines && key === null; i += 1) {
        if (samePlace(chunk.cursor(i) ?? "-", place.cursor)) key = chunk.key(i);
      }
    }
    const lostText = below === null ? pane.bottom.reason : "The line is not in the files any more.";
    this.mode.set({ kind: "context", place, key, failed: key === null ? lostText : "" });
  }
}

function listState({ listing, store }: Pane): ListState {
  return {
    version: listing.version,
    count: listing.count,
    shift: listing.shift,
    pending: listing.pending,
    lines: store.lines,
    textBytes: store.bytes,
    droppedOldest: store.droppedOldest,
    droppedNewest: store.droppedNewest,
  };
}
