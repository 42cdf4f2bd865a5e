/**
 * The messages of the protocol as the page sends and receives them; `cmd` names the type.
 *
 * Times are Unix seconds. Rules S2, S3 of the extended protocol; `docs/reference/protocol.md`.
 */

/** Subprotocol of plain text frames; asked for only where the connection details list it (S1). */
export const BATCH_SUBPROTOCOL = "logstream.batch.v1";

/** Columns with RE2 expressions on them (S10). */
export type Expressions = Partial<
  Record<"text" | "http_status" | "request_id" | "unix_time" | "disp_time", string[]>
>;

/** A filter that is evaluated where the files are. */
export interface SourceFilter {
  show?: Expressions;
  hide?: Expressions;
}

/** One log type of one server. */
export interface Source {
  server: string;
  type: string;
}

export interface StreamEnvironment {
  cmd: "stream-environment";
  site: string;
  env: string;
  t: number | string;
  d: string;
}

export interface Enable extends Source, SourceFilter {
  cmd: "enable";
  id?: number;
  after?: string;
  within?: number;
  replace?: string;
}

export interface Disable extends Source {
  cmd: "disable";
  id?: number;
  stream?: string;
}

/** What a page of history is asked for with; S9. */
export interface HistoryRange extends SourceFilter {
  after?: string;
  before?: string;
  since?: number;
  until?: number;
  limit?: number;
  back?: boolean;
}

export interface History extends Source, HistoryRange {
  cmd: "history";
  id: number;
}

export interface Keepalive {
  cmd: "keepalive";
  id?: number;
}

export type Command = StreamEnvironment | Enable | Disable | History | Keepalive;

export interface Connected {
  cmd: "connected";
  server: string;
}

export interface Available extends Source {
  cmd: "available";
  display_type?: string;
}

export interface Disconnected {
  cmd: "disconnected";
  server: string;
}

export interface Success {
  cmd: "success";
  server: string;
  msg: { cmd?: string; server?: string; type?: string };
  id?: number;
  life_s?: number;
  stream?: string;
  after?: string;
  now?: number;
  first?: string;
  last?: string;
  more?: boolean;
  scanned_bytes?: number;
  reached?: number | null;
}

export interface ErrorReport {
  cmd: "error";
  code: number;
  description: string;
  during: string;
  server?: string;
  id?: number;
}

/** What every frame of lines and every gap says of its place on a stream or in a page (S7). */
export interface Stretch extends Source {
  stream?: string;
  id?: number;
  after: string;
  next: string;
}

/** A stretch that was not sent. */
export interface Gap extends Stretch {
  cmd: "gap";
  reason: "slow" | "lost";
  why?: "truncated" | "removed" | "unreadable";
  bytes?: number | null;
}

/** A frame of lines: the header, and the body's columns, each `n` long. */
export interface Lines extends Stretch {
  cmd: "lines";
  n: number;
  /** Which component of `next` the lines moved; absent where `n` is 0. */
  gen?: number;
  /** Absolute offsets of the lines' beginnings (on the wire: differences). */
  offsets: number[];
  unixTime: (number | null)[];
  httpStatus: (number | null)[] | null;
  requestId: (string | null)[] | null;
  /** Bytes of the whole, of lines that were cut, by index. */
  cut: Record<string, number> | null;
  text: string[];
}

/** One record of a base session. */
export interface BaseLine {
  cmd: "line";
  server: string;
  type: string;
  text: string;
  unix_time?: number;
  http_status?: number;
  request_id?: string;
}

export type Report =
  | Connected
  | Available
  | Disconnected
  | Success
  | ErrorReport
  | Gap
  | Lines
  | BaseLine
  | { cmd: "keepalive" }
  | { cmd: "unknown" };
