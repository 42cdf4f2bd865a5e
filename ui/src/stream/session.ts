/**
 * What is watched of one environment: which sources there are, which are wanted, and how far each
 * has come, so that a new connection goes on exactly there.
 *
 * Rules: S5 enable, S6 change, S7 chain (a broken one is asked for again), S12 life.
 */

import { samePlace } from "../protocol/cursor";
import type {
  Available,
  BaseLine,
  Enable,
  ErrorReport,
  Gap,
  HistoryRange,
  Lines,
  Report,
  Source,
  SourceFilter,
  Success,
} from "../protocol/messages";
import type { Details } from "./api";
import type { Clock } from "./clock";
import { Connection, type ConnectionState, type OpenSocket } from "./connection";
import { Histories, HistoryFailed, type Page } from "./histories";

export interface SessionHandlers {
  state(state: ConnectionState): void;
  /** A source was offered, or its server came or went. */
  source(source: Source, display: string, present: boolean): void;
  server(server: string, present: boolean): void;
  /** A stream begins at this cursor with nothing known before it (null on base sessions). */
  begins(source: Source, after: string | null): void;
  lines(lines: Lines): void;
  baseLine(line: BaseLine): void;
  gap(gap: Gap): void;
  lost(reason: string): void;
  /** Accepted again after a loss. */
  returned(afterS: number, resumed: boolean): void;
  refused(source: Source, reason: string): void;
}

/** More than this between the cursor and now is not caught up but left as a gap to load. */
const WITHIN_BYTES = 8 * 1024 * 1024;

interface Watched {
  source: Source;
  display: string;
  wanted: boolean;
  /** Waits for the answer to the command with this id; frames before it are of the past. */
  asking: number | null;
  /** The stream's name while it runs on this connection. */
  stream: string | null;
  /** Where it has come to; null: never began. */
  cursor: string | null;
}

export class LogSession {
  private readonly watched = new Map<string, Watched>();
  private readonly connection: Connection;
  private readonly histories: Histories;
  private filter: SourceFilter = {};
  private wants: (source: Source) => boolean = () => true;
  private id = 0;
  private lostAtMs: number | null = null;
  private ready = false;
  extended = false;

  constructor(
    details: () => Promise<Details>,
    open: OpenSocket,
    private readonly clock: Clock,
    private readonly on: SessionHandlers,
  ) {
    this.connection = new Connection(details, open, clock, {
      state: (state) => on.state(state),
      ready: (extended) => this.onReady(extended),
      report: (report) => this.onReport(report),
      lost: (reason) => this.onLost(reason),
    });
    this.histories = new Histories(
      (command) => this.connection.send(command),
      () => this.nextId(),
    );
  }

  start(): void {
    this.connection.start();
  }

  close(): void {
    this.connection.close();
    this.histories.fail("closed");
  }

  /** Say which sources are wanted. What is newly wanted begins now, what is not is disabled. */
  choose(wants: (source: Source) => boolean): void {
    this.wants = wants;
    for (const one of this.watched.values()) {
      const wanted = wants(one.source);
      if (wanted === one.wanted) continue;
      one.wanted = wanted;
      if (wanted) this.enable(one, null);
      else this.disable(one);
    }
  }

  /** Change the filter where the files are. Each stream goes on where it is, under the new one. */
  setFilter(filter: SourceFilter): void {
    this.filter = filter;
    for (const one of this.watched.values()) {
      if (one.stream === null && one.asking === null) continue;
      const replace = one.stream ?? undefined;
      one.cursor = null;
      this.enable(one, null, replace);
    }
  }

  history(source: Source, range: HistoryRange): Promise<Page> {
    if (!this.ready || !this.extended) {
      return Promise.reject(new HistoryFailed("There is no connection to ask for history.", 0));
    }
    return this.histories.ask(source, range);
  }

  /** Where a source's stream has come to; null: nowhere, or on a base session. */
  position(source: Source): string | null {
    return this.watched.get(`${source.server} ${source.type}`)?.cursor ?? null;
  }

  private nextId(): number {
    this.id += 1;
    return this.id;
  }

  private enable(one: Watched, after: string | null, replace?: string): void {
    if (!this.ready) return;
    const id = this.nextId();
    one.asking = id;
    const command: Enable = { cmd: "enable", id, ...one.source };
    if (this.extended) {
      Object.assign(command, this.filter);
      if (after !== null) Object.assign(command, { after, within: WITHIN_BYTES });
      if (replace !== undefined) command.replace = replace;
    }
    this.connection.send(command);
  }

  private disable(one: Watched): void {
    one.asking = null;
    one.stream = null;
    one.cursor = null;
    if (this.ready) this.connection.send({ cmd: "disable", id: this.nextId(), ...one.source });
  }

  private onReady(extended: boolean): void {
    this.ready = true;
    this.extended = extended;
    for (const one of this.watched.values()) one.stream = one.asking = null;
    if (this.lostAtMs !== null) {
      this.on.returned((this.clock.nowMs() - this.lostAtMs) / 1000, extended);
    }
    this.lostAtMs = null;
  }

  private onLost(reason: string): void {
    this.ready = false;
    this.lostAtMs ??= this.clock.nowMs();
    this.histories.fail(reason);
    this.on.lost(reason);
  }

  private onReport(report: Report): void {
    switch (report.cmd) {
      case "connected":
        if (!report.server.startsWith("logstream-")) this.on.server(report.server, true);
        break;
      case "disconnected":
        this.on.server(report.server, false);
        break;
      case "available":
        this.onAvailable(report);
        break;
      case "success":
        if (!this.histories.receiveAnswer(report)) this.onSuccess(report);
        break;
      case "error":
        if (!this.histories.receiveAnswer(report)) this.onError(report);
        break;
      case "lines":
      case "gap":
        if (report.id !== undefined) this.histories.receiveFrame(report);
        else this.onFrame(report);
        break;
      case "line":
        this.on.baseLine(report);
        break;
      default:
        break;
    }
  }

  private onAvailable(report: Available): void {
    const { server, type } = report;
    const key = `${server} ${type}`;
    let one = this.watched.get(key);
    if (one === undefined) {
      const source = { server, type };
      const display = report.display_type || type;
      const wanted = this.wants(source);
      one = { source, display, wanted, asking: null, stream: null, cursor: null };
      this.watched.set(key, one);
    }
    this.on.source(one.source, one.display, true);
    if (one.wanted && one.stream === null && one.asking === null) this.enable(one, one.cursor);
  }

  private asked(answer: Success | ErrorReport): Watched | undefined {
    for (const one of this.watched.values()) {
      if (one.asking !== null && one.asking === answer.id) return one;
    }
    if (answer.id !== undefined || answer.cmd === "error") return undefined;
    // A base session's answer has no id, but the message itself.
    const { cmd, server, type } = answer.msg;
    return cmd === "enable" ? this.watched.get(`${server} ${type}`) : undefined;
  }

  private onSuccess(answer: Success): void {
    const one = this.asked(answer);
    if (one === undefined) return;
    one.asking = null;
    one.stream = answer.stream ?? "";
    if (!this.extended || answer.after === undefined) {
      this.on.begins(one.source, null);
    } else if (one.cursor === null) {
      this.on.begins(one.source, answer.after);
    } else if (!samePlace(one.cursor, answer.after)) {
      this.on.gap({ cmd: "gap", reason: "slow", ...one.source, after: one.cursor, next: answer.after });
    }
    one.cursor = answer.after ?? null;
  }

  private onError(error: ErrorReport): void {
    const one = this.asked(error);
    if (one === undefined) {
      this.on.refused({ server: error.server ?? "", type: "" }, error.description);
      return;
    }
    one.asking = null;
    this.on.refused(one.source, error.description);
    if (error.code !== 400 || one.cursor === null) return;
    // The file knows this cursor no more (S7: garbage, or another source's): begin anew.
    one.cursor = null;
    this.enable(one, null);
  }

  private onFrame(frame: Lines | Gap): void {
    const one = this.watched.get(`${frame.server} ${frame.type}`);
    if (one === undefined || one.asking !== null || frame.stream !== one.stream) return;
    if (one.cursor !== null && !samePlace(frame.after, one.cursor)) {
      this.enable(one, one.cursor, one.stream);
      return;
    }
    one.cursor = frame.next;
    if (frame.cmd === "gap") this.on.gap(frame);
    else this.on.lines(frame);
  }
}
