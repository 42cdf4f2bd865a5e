/**
 * One connection to a hub, kept up: fresh details for each connect, heartbeat, jittered returns.
 *
 *     connecting ─▶ live ⇄ stale ─▶ reconnecting ─▶ (connecting silently) ─▶ live
 *                └──────────────────▲        └─▶ ended (refused: sign in again, or no access)
 *
 * Knows nothing of sources. Rules: S1 choice, S3 opening and renewal, S12 life.
 */

import { parseFrame } from "../protocol/frame";
import { encode } from "../protocol/frame";
import { BATCH_SUBPROTOCOL, type Command, type Report } from "../protocol/messages";
import { type Details, RequestFailed } from "./api";
import { backoffS } from "./backoff";
import type { Clock } from "./clock";

/** As much of a WebSocket as is used. */
export interface Socket {
  readonly protocol: string;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  send(text: string): void;
  close(code?: number): void;
}

export type OpenSocket = (url: string, protocols: string[]) => Socket;

export interface ConnectionState {
  state: "connecting" | "live" | "stale" | "reconnecting" | "ended";
  attempt: number;
  retryAtS: number | null;
  reason: string;
  signInNeeded: boolean;
  extended: boolean;
}

export interface ConnectionHandlers {
  state(state: ConnectionState): void;
  /** A connection is open and accepted; nothing of an earlier one holds any more. */
  ready(extended: boolean): void;
  report(report: Report): void;
  /** The connection is gone. `silentS`: how long the hub had said nothing. */
  lost(reason: string): void;
}

const TICK_MS = 1_000;
/** The hub says something at least every 10 s (S12). */
const KEEPALIVE_MS = 10_000;
const STALE_MS = 15_000;
const CLOSED_MS = 25_000;
/** A tick this late means that the tab was frozen: what the socket holds is read before judging. */
const FROZEN_MS = 5_000;
const GRACE_MS = 3_000;
/** From asking to being accepted. */
const OPENING_MS = 15_000;
/** Renew the ticket when this part of the session's life is over. */
const RENEW_AT = 0.8;

export class Connection {
  private socket: Socket | null = null;
  private current: ConnectionState = {
    state: "connecting",
    attempt: 0,
    retryAtS: null,
    reason: "",
    signInNeeded: false,
    extended: false,
  };
  private cancelTimer: () => void = () => undefined;
  private cancelTick: () => void = () => undefined;
  private accepted = false;
  private openedMs = 0;
  private heardMs = 0;
  private saidMs = 0;
  private tickedMs = 0;
  private graceUntilMs = 0;
  private renewMs = Infinity;

  constructor(
    private readonly details: () => Promise<Details>,
    private readonly open: OpenSocket,
    private readonly clock: Clock,
    private readonly on: ConnectionHandlers,
  ) {}

  start(): void {
    this.tell({ state: "connecting" });
    void this.connect();
  }

  /** Send, if the connection is accepted; otherwise the command is void, as all of its session. */
  send(command: Command): void {
    if (this.socket === null) return;
    this.saidMs = this.clock.nowMs();
    this.socket.send(encode(command));
  }

  /** Drop the connection and come back, as when a frame makes no sense. */
  restart(reason: string): void {
    if (this.socket !== null) this.lose(reason);
  }

  close(): void {
    this.tell({ state: "ended", reason: "" });
    this.drop();
    this.cancelTimer();
  }

  private get ended(): boolean {
    return this.current.state === "ended";
  }

  private async connect(): Promise<void> {
    let details: Details;
    try {
      details = await this.details();
    } catch (error) {
      if (this.ended) return;
      const reason = error instanceof Error ? error.message : "No connection details.";
      const status = error instanceof RequestFailed ? error.status : 0;
      if ([401, 403, 404].includes(status)) {
        this.tell({ state: "ended", reason, signInNeeded: status === 401 });
      } else this.retry(reason);
      return;
    }
    if (this.ended) return;
    const offered = details.protocols.includes(BATCH_SUBPROTOCOL) ? [BATCH_SUBPROTOCOL] : [];
    let socket: Socket;
    try {
      socket = this.open(details.url, offered);
    } catch {
      this.retry("The hub's address makes no sense.");
      return;
    }
    this.begin(socket, details);
  }

  private begin(socket: Socket, details: Details): void {
    const nowMs = this.clock.nowMs();
    this.socket = socket;
    this.accepted = false;
    this.openedMs = this.heardMs = this.saidMs = this.tickedMs = nowMs;
    this.renewMs = Infinity;
    socket.onopen = () => {
      if (socket !== this.socket) return;
      this.heardMs = this.clock.nowMs();
      this.current.extended = socket.protocol === BATCH_SUBPROTOCOL;
      this.showTicket(details);
      if (!this.current.extended) this.accept();
    };
    socket.onmessage = (event) => {
      if (socket === this.socket) this.receive(event.data);
    };
    socket.onclose = (event) => {
      if (socket === this.socket) this.lose(event.reason || closeReason(event.code));
    };
    this.tick();
  }

  private showTicket(details: Details): void {
    const { site, environment, t, hmac } = details;
    this.send({ cmd: "stream-environment", site, env: environment, t, d: hmac });
  }

  private accept(lifeS?: number): void {
    const nowMs = this.clock.nowMs();
    if (lifeS !== undefined) this.renewMs = nowMs + lifeS * 1000 * RENEW_AT;
    if (this.accepted) return;
    this.accepted = true;
    this.tell({ state: "live", attempt: 0, retryAtS: null, reason: "" });
    this.on.ready(this.current.extended);
  }

  private receive(data: unknown): void {
    this.heardMs = this.clock.nowMs();
    if (this.current.state === "stale") this.tell({ state: "live", reason: "" });
    let report: Report;
    try {
      if (typeof data !== "string") throw new Error("The hub sent what was not asked for.");
      report = parseFrame(data);
    } catch (error) {
      this.lose(error instanceof Error ? error.message : "A broken frame.");
      return;
    }
    if (report.cmd === "success" && report.msg.cmd === "stream-environment") {
      this.accept(report.life_s);
    } else if (report.cmd === "error" && !this.accepted) this.lose(report.description);
    else this.on.report(report);
  }

  private tick(): void {
    this.cancelTick();
    if (this.socket === null) return;
    const nowMs = this.clock.nowMs();
    if (nowMs - this.tickedMs > TICK_MS + FROZEN_MS) this.graceUntilMs = nowMs + GRACE_MS;
    this.tickedMs = nowMs;
    this.cancelTick = this.clock.after(TICK_MS, () => this.tick());
    if (!this.accepted) {
      if (nowMs - this.openedMs > OPENING_MS) this.lose("The hub does not answer.");
      return;
    }
    if (nowMs - this.saidMs >= KEEPALIVE_MS) this.send({ cmd: "keepalive" });
    if (nowMs >= this.renewMs) void this.renew(nowMs);
    if (nowMs < this.graceUntilMs) return;
    const silentMs = nowMs - this.heardMs;
    if (silentMs >= CLOSED_MS) this.lose("The hub fell silent.");
    else if (silentMs >= STALE_MS && this.current.state === "live") {
      this.tell({ state: "stale", reason: "Nothing was heard of the hub for 15 s." });
    }
  }

  private async renew(nowMs: number): Promise<void> {
    this.renewMs = nowMs + 30_000; // again soon, if this one fails
    const socket = this.socket;
    try {
      const details = await this.details();
      if (socket === this.socket) this.showTicket(details);
    } catch {
      // The hub closes when the life is over; then the reason is told.
    }
  }

  private lose(reason: string): void {
    this.drop();
    if (this.ended) return;
    if (this.accepted) this.on.lost(reason);
    this.accepted = false;
    this.retry(reason);
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    this.cancelTick();
    socket?.close();
  }

  private retry(reason: string): void {
    const attempt = this.current.attempt + 1;
    const waitMs = backoffS(attempt, this.clock.random()) * 1000;
    const retryAtS = (this.clock.nowMs() + waitMs) / 1000;
    this.tell({ state: "reconnecting", attempt, retryAtS, reason });
    this.cancelTimer = this.clock.after(waitMs, () => void this.connect());
  }

  private tell(change: Partial<ConnectionState>): void {
    this.current = { ...this.current, ...change };
    this.on.state(this.current);
  }
}

function closeReason(code: number): string {
  if (code === 4000) return "The session's life was over.";
  if (code === 4008) return "The page read too slowly.";
  return code === 1006 ? "The connection broke." : `The hub closed the connection (${code}).`;
}
