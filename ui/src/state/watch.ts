/** Watching one environment: the session's news into panes, the panes to what components read. */

import type { Details } from "../stream/api";
import type { Clock } from "../stream/clock";
import type { OpenSocket } from "../stream/connection";
import type { Pace } from "../stream/pace";
import { LogSession } from "../stream/session";
import type { Watch } from "./api";
import { FILTER_KEYS, NO_FILTERS } from "./choice";
import { exportLines } from "./exportText";
import { Feed, NOT_YET } from "./feed";
import { indexOfKey, keyOfCursor, listedLines, nextMatch } from "./find";
import { makeMatcher, sourceFilter, type Matcher } from "./matcher";
import { Observable } from "./observable";
import { Pane, type PaneContext } from "./pane";
import { Publisher } from "./publisher";
import { rowOf } from "./rows";
import { BackSearch } from "./search";
import { SourceTable } from "./sourceTable";
import { fullStory, storyOf } from "./story";
import type { Lamp, LinePlace, Mode, PatternFault, ViewChoice } from "./types";

export interface WatchSettings {
  site: string;
  environment: string;
  choice: ViewChoice;
  details(): Promise<Details>;
  open: OpenSocket;
  clock: Clock;
  pace: Pace;
}

/** After the last stream began: all that are there have answered, the backlog is asked for. */
const SETTLE_MS = 150;
export function openWatch(settings: WatchSettings): Watch {
  return new LiveWatch(settings);
}

class LiveWatch implements Watch {
  readonly lamp = new Observable<Lamp>(NOT_YET);
  readonly sources;
  readonly choice: Observable<ViewChoice>;
  readonly faults: Observable<PatternFault[]>;
  readonly list;
  readonly follow;
  readonly mode = new Observable<Mode>({ kind: "live" });
  readonly top;
  readonly bottom;
  readonly facets;
  readonly histogram;
  private readonly table = new SourceTable();
  private readonly session: LogSession;
  private readonly feed: Feed;
  private matcher: Matcher;
  private readonly live: Pane;
  private side: Pane | null = null;
  private search: BackSearch | null = null;
  private cancelSettle: () => void = () => undefined;
  private sent = "{}";
  private extended = true;
  private readonly publisher: Publisher | undefined;

  constructor(private readonly with_: WatchSettings) {
    const { choice, clock } = with_;
    this.matcher = makeMatcher(choice, this.table.list);
    this.choice = new Observable(choice);
    this.faults = new Observable(this.matcher.faults);
    this.live = new Pane(this.paneContext(() => this.sentFilter()), this.matcher, choice.collapse);
    this.publisher = new Publisher(
      () => this.pane,
      () => this.choice.get(),
      this.table,
      clock,
      with_.pace,
    );
    ({ sources: this.sources, list: this.list, follow: this.follow } = this.publisher);
    ({ top: this.top, bottom: this.bottom } = this.publisher);
    ({ facets: this.facets, histogram: this.histogram } = this.publisher);
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
    return indexOfKey(this.pane, key);
  }

  set(change: Partial<ViewChoice>): void {
    const before = this.choice.get();
    const choice = { ...before, ...change };
    this.choice.set(choice);
    if (FILTER_KEYS.every((key) => JSON.stringify(choice[key]) === JSON.stringify(before[key]))) return;
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
    return nextMatch(this.pane, this.matcher.highlights, from, direction);
  }

  story(requestId: string) {
    return storyOf(this.side === null ? [this.live] : [this.live, this.side], this.table, requestId);
  }

  fullStory(requestId: string) {
    const { history } = this.live.context;
    return fullStory(this.story(requestId), this.table, history);
  }

  exportRows(format: "text" | "jsonl" | "csv") {
    const { site, environment, clock } = this.with_;
    const lines = listedLines(this.pane, this.table);
    return exportLines(lines, format, { site, environment, nowS: clock.nowMs() / 1000 });
  }

  close(): void {
    this.search?.stop();
    this.cancelSettle();
    this.publisher?.close();
    this.feed.close();
    this.session.close();
  }

  private get pane(): Pane {
    return this.side ?? this.live;
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
    this.publisher?.changed();
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
    this.session.setFilter(filter);
    this.session.choose(wants);
  }

  private async fillContext(pane: Pane, place: LinePlace): Promise<void> {
    const [, below] = await Promise.all([pane.loadOlder(), pane.loadNewer()]);
    if (this.side !== pane) return;
    const key = keyOfCursor(pane, place.cursor);
    const lostText = below === null ? pane.bottom.reason : "The line is not in the files any more.";
    this.mode.set({ kind: "context", place, key, failed: key === null ? lostText : "" });
  }
}
