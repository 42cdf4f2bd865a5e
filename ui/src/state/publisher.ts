/**
 * A pane's figures to what components read: once for all that came between two drawn frames.
 *
 * Filtering takes at most a few milliseconds of each frame, and goes on in the next.
 */

import type { Clock } from "../stream/clock";
import type { Pace } from "../stream/pace";
import { Observable } from "./observable";
import type { Pane } from "./pane";
import type { SourceTable } from "./sourceTable";
import { facetsOf } from "./summary";
import type {
  EdgeState,
  Facets,
  FollowState,
  Histogram,
  ListState,
  SourceInfo,
  ViewChoice,
} from "./types";

/** Filtering's part of a drawn frame. */
const SLICE_MS = 8;
/** Facets and histogram are for the eye. */
const SUMMARY_MS = 400;

export class Publisher {
  readonly sources = new Observable<SourceInfo[]>([]);
  readonly list: Observable<ListState>;
  readonly follow: Observable<FollowState>;
  readonly top: Observable<EdgeState>;
  readonly bottom: Observable<EdgeState>;
  readonly facets: Observable<Facets>;
  readonly histogram: Observable<Histogram>;
  private summarisedMs = 0;
  private cancelSummary: (() => void) | null = null;
  private closed = false;

  constructor(
    private readonly pane: () => Pane,
    private readonly choice: () => ViewChoice,
    private readonly table: SourceTable,
    private readonly clock: Clock,
    private readonly pace: Pace,
  ) {
    const now = pane();
    this.list = new Observable(listState(now));
    this.follow = new Observable(now.follow);
    this.top = new Observable(now.top);
    this.bottom = new Observable(now.bottom);
    this.facets = new Observable(facetsOf(now, table, choice()));
    this.histogram = new Observable(now.listing.histogram.read(null, null));
  }

  /** Something is to be shown anew, with the next frame. */
  changed(): void {
    this.pace(() => this.update());
  }

  close(): void {
    this.closed = true;
    this.cancelSummary?.();
  }

  private update(): void {
    if (this.closed) return;
    const now = () => this.clock.nowMs();
    const pane = this.pane();
    const done = pane.listing.work(now, now() + SLICE_MS);
    this.list.set(listState(pane));
    this.follow.set(pane.follow);
    if (this.top.get() !== pane.top) this.top.set(pane.top);
    if (this.bottom.get() !== pane.bottom) this.bottom.set(pane.bottom);
    if (now() - this.summarisedMs >= SUMMARY_MS) this.summarise();
    else this.cancelSummary ??= this.clock.after(SUMMARY_MS, () => this.summarise());
    if (!done) this.changed();
  }

  private summarise(): void {
    this.cancelSummary?.();
    this.cancelSummary = null;
    this.summarisedMs = this.clock.nowMs();
    const choice = this.choice();
    const pane = this.pane();
    const among = (list: string[], name: string) => list.length === 0 || list.includes(name);
    const chosen = ({ server, type }: SourceInfo) =>
      among(choice.servers, server) && among(choice.types, type);
    this.sources.set(this.table.list.map((one) => ({ ...one, chosen: chosen(one) })));
    this.facets.set(facetsOf(pane, this.table, choice));
    this.histogram.set(pane.listing.histogram.read(choice.sinceS, choice.untilS));
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
