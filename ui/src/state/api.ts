/**
 * The two faces of the page's state: `Account` (who is signed in, what there is to watch) and
 * `Watch` (one environment being watched). Components code against these.
 */

import type {
  EdgeState,
  Facets,
  FollowState,
  Histogram,
  Lamp,
  LinePlace,
  ListState,
  Mode,
  PatternFault,
  Readable,
  Row,
  SourceInfo,
  Story,
  ViewChoice,
} from "./types";

export interface Application {
  uuid: string;
  name: string;
  /** `realm:sitename`. */
  site: string;
}

export interface Environment {
  id: string;
  name: string;
  label: string;
}

/** Who is signed in. Made by `createAccount()`. */
export interface Account {
  readonly user: Readable<
    { state: "unknown" } | { state: "out"; reason: string } | { state: "in"; user: string }
  >;
  /** Ask the service who is signed in; call once at start. */
  check(): Promise<void>;
  /** Throws `RequestFailed` with a line for a person. */
  signIn(key: string, secret: string): Promise<void>;
  /** With the one-time token of the link that `logstream up` prints. */
  signInWithToken(token: string): Promise<void>;
  signOut(): Promise<void>;
  applications(): Promise<Application[]>;
  environments(applicationUuid: string): Promise<Environment[]>;
}

/** Watching one environment. Made by `openWatch(…)`; `close()` it when another is chosen. */
export interface Watch {
  readonly lamp: Readable<Lamp>;
  readonly sources: Readable<SourceInfo[]>;
  /** What is shown and how; starts as given to `openWatch`. Serialise it with `toHash`. */
  readonly choice: Readable<ViewChoice>;
  readonly faults: Readable<PatternFault[]>;
  readonly list: Readable<ListState>;
  readonly follow: Readable<FollowState>;
  readonly mode: Readable<Mode>;
  readonly top: Readable<EdgeState>;
  readonly bottom: Readable<EdgeState>;
  readonly facets: Readable<Facets>;
  readonly histogram: Readable<Histogram>;

  /** The row at `index` of the list, or null if there is none (any more). */
  row(index: number): Row | null;
  /** Where the row with this key is now; -1 if it is hidden or gone. */
  indexOf(key: number): number;

  /** Change what is shown; only the given keys change. */
  set(change: Partial<ViewChoice>): void;

  /** Stop following: a pause button, a key, or scrolling up. Nothing is lost. */
  pause(): void;
  /** Back to the end, live; leaves `context` and `search` too. */
  resume(): void;

  /** Load older lines above (scrolling up), or newer ones below (in a detached list). */
  loadOlder(): void;
  loadNewer(): void;
  /** Fetch what a `slow` gap left out, into its place. */
  loadGap(key: number): void;

  /** Look back through history for what `filter`, `exclude`, … say. Goes to mode `search`. */
  searchBack(): void;
  stopSearch(): void;
  /** Show a line among its neighbours. Goes to mode `context`. */
  showContext(place: LinePlace): void;

  /** Index of the next (or previous) row after `from` that a highlight matches; -1: none. */
  nextHighlight(from: number, direction: 1 | -1): number;
  /** All loaded lines of one request, oldest first. */
  story(requestId: string): Story;
  /** The same with what history has of it, on all servers, around the time of the loaded ones. */
  fullStory(requestId: string): Promise<Story>;

  /** Text, JSON lines or CSV of the rows that are listed, and a name for the file. */
  exportRows(format: "text" | "jsonl" | "csv"): { name: string; mime: string; parts: string[] };

  close(): void;
}
