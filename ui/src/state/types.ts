/**
 * What the page's components read and say: plain values, no Svelte, no DOM.
 *
 * Times are Unix seconds (`…S`). A row is built only when it is asked for; lines are kept as
 * columns, so hold on to `key`s, not to rows.
 */

/** A value that tells its changes; fits Svelte's store contract (`$value`). */
export interface Readable<T> {
  /** Calls `run` now and after each change. Returns how to stop. */
  subscribe(run: (value: T) => void): () => void;
  get(): T;
}

/** Status classes; `none`: the line records no request. */
export const STATUS_CLASSES = ["2xx", "3xx", "4xx", "5xx", "1xx", "none"] as const;
export type StatusClass = (typeof STATUS_CLASSES)[number];

/** The connection, as the lamp shows it. */
export interface Lamp {
  state: "connecting" | "live" | "stale" | "reconnecting" | "ended";
  /** Of `reconnecting`: which attempt comes, from 1. */
  attempt: number;
  /** Of `reconnecting`: when it comes (Unix seconds), for a count-down. */
  retryAtS: number | null;
  /** One line for a person: why it is not live. */
  reason: string;
  /** Of `ended`: signing in again is what helps. */
  signInNeeded: boolean;
  /** False on a base session: no history, cursors, gaps or permalinks. */
  extended: boolean;
}

export interface SourceInfo {
  server: string;
  type: string;
  display: string;
  /** Whether its server is there now. */
  present: boolean;
  chosen: boolean;
}

export interface LineRow {
  kind: "line";
  key: number;
  server: string;
  type: string;
  display: string;
  /** When it was written; null where it does not say. */
  timeS: number | null;
  status: number | null;
  statusClass: StatusClass;
  requestId: string | null;
  /** The record; may hold line feeds, and anything hostile. Show as text only. */
  text: string;
  /** Bytes of the whole, if it was cut. */
  cutBytes: number | null;
  /** How many lines stand for this row, 1 unless repeated ones are collapsed. */
  repeats: number;
  /** Identifies it for permalinks and context; null on base sessions. */
  cursor: string | null;
}

export type GapEvent = {
  what: "gap";
  reason: "slow" | "lost";
  server: string;
  type: string;
  after: string;
  next: string;
  why: string | null;
  bytes: number | null;
  /** Only `open` ones can be loaded: `watch.loadGap(key)`. `lost` ones are `gone`. */
  state: "open" | "loading" | "loaded" | "failed" | "gone";
  loadedLines: number;
};

export type StreamEvent =
  | { what: "joined"; server: string }
  | { what: "left"; server: string }
  | { what: "disconnected"; reason: string }
  /** `resumed`: went on at its cursors, nothing missing; otherwise lines may be missing. */
  | { what: "reconnected"; afterS: number; resumed: boolean }
  | { what: "refused"; server: string; type: string; reason: string }
  | GapEvent;

export interface EventRow {
  kind: "event";
  key: number;
  timeS: number;
  event: StreamEvent;
}

export type Row = LineRow | EventRow;

/** The list, in figures; rows by `watch.row(index)`, index 0 … count - 1, oldest first. */
export interface ListState {
  /** Moves with each change of what `row` would give. */
  version: number;
  count: number;
  /** How many rows ever went off the front, less those put there: index + shift names a row
   * for as long as it is there. Keep the scroll position by it. */
  shift: number;
  /** Rows still to be filtered, in chunks: a bar for slow expressions. */
  pending: number;
  /** Lines in the store, with those that the filters hide. */
  lines: number;
  textBytes: number;
  /** Lines let go because the store is full; they are still in history. */
  droppedOldest: number;
  droppedNewest: number;
}

/** Following the end, or reading. */
export interface FollowState {
  following: boolean;
  /** Visible rows that came since following stopped. */
  unseen: number;
  /** The store's end was let go (or this is a window of history): `follow()` goes back to live. */
  detached: boolean;
}

/** Either end of what is loaded. */
export interface EdgeState {
  state: "more" | "loading" | "end" | "failed" | "unavailable";
  reason: string;
  /** How far back the loading has come. */
  reachedS: number | null;
}

/** What the list shows. */
export type Mode =
  | { kind: "live" }
  /** Around one line: permalink, or "see in context". `key` of the line once it is loaded. */
  | { kind: "context"; place: LinePlace; key: number | null; failed: string }
  /** The matches of a search back in history. */
  | { kind: "search"; search: SearchState };

export interface SearchState {
  running: boolean;
  found: number;
  scannedBytes: number;
  /** How far back it is. */
  reachedS: number | null;
  /** Came to the beginning of all sources. */
  complete: boolean;
  failed: string;
}

/** What a permalink names. */
export interface LinePlace {
  server: string;
  type: string;
  cursor: string;
}

/** Something to look for: plain text or a regular expression. */
export interface Pattern {
  text: string;
  regex: boolean;
}

export interface Facet {
  value: string;
  label: string;
  count: number;
  chosen: boolean;
}

export interface Facets {
  servers: Facet[];
  types: Facet[];
  statuses: Facet[];
}

/** Columns for uPlot: `startsS` ascending, and for each status class the counts. */
export interface Histogram {
  bucketS: number;
  startsS: number[];
  counts: Record<StatusClass, number[]>;
  /** Lines without a time are not in it. */
  untimed: number;
}

/** Everything that makes a view; all of it is in the URL. */
export interface ViewChoice {
  application: string | null;
  environment: string | null;
  /** Empty: all. */
  servers: string[];
  types: string[];
  statuses: StatusClass[];
  filter: Pattern[];
  exclude: Pattern[];
  highlight: Pattern[];
  requestId: string | null;
  /** Only lines whose request id begins `ac-ls-<uuid>`. */
  mine: string | null;
  /** The zoom of the histogram. */
  sinceS: number | null;
  untilS: number | null;
  /** Filters go to where the files are; only passing lines travel. */
  atSource: boolean;
  collapse: boolean;
  fold: boolean;
  line: LinePlace | null;
  columns: string[];
  wrap: boolean;
  zone: string;
  timeFormat: "time" | "datetime" | "iso" | "relative";
}

/** A wrong expression, by the pattern's list and place in it. */
export interface PatternFault {
  list: "filter" | "exclude" | "highlight";
  index: number;
  message: string;
}

/** One request's lines across servers, oldest first. */
export interface Story {
  requestId: string;
  rows: LineRow[];
  /** Seconds since the first line, for each. */
  offsetsS: (number | null)[];
  /** Sources that could not be searched, or hold more than is shown. */
  incomplete: string[];
}
