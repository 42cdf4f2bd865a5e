/** The session's news into the live pane: lines, events, which sources and servers there are. */

import type { Gap, Source } from "../protocol/messages";
import type { Clock } from "../stream/clock";
import type { SessionHandlers } from "../stream/session";
import { gapEvent, lineOfBase, linesOf } from "./columns";
import type { Pane } from "./pane";
import type { SourceTable } from "./sourceTable";
import type { Lamp } from "./types";

export interface FeedTargets {
  pane: Pane;
  table: SourceTable;
  clock: Clock;
  lamp(lamp: Lamp): void;
  sourcesChanged(): void;
  /** A stream began; its backlog can be asked for. */
  began(): void;
}

/** The lamp before anything happened. */
export const NOT_YET: Lamp = {
  state: "connecting",
  attempt: 0,
  retryAtS: null,
  reason: "",
  signInNeeded: false,
  extended: true,
};

/** What is announced this soon after a (re)connect was there before. */
const ANNOUNCING_MS = 3_000;

export class Feed implements SessionHandlers {
  private announcedUntilMs = Infinity;
  private readonly servers = new Map<string, boolean>();
  private missing = new Set<string>();
  private cancel: () => void = () => undefined;

  constructor(private readonly to: FeedTargets) {}

  close(): void {
    this.cancel();
  }

  state(state: Lamp): void {
    if (state.state === "live" && this.announcedUntilMs === Infinity) {
      this.announcedUntilMs = this.to.clock.nowMs() + ANNOUNCING_MS;
    }
    this.to.lamp(state);
  }

  source({ server, type }: Source, display: string, present: boolean): void {
    const source = this.to.table.get(this.to.table.number(server, type, display));
    source.present = present;
    source.display = display;
    this.to.sourcesChanged();
  }

  server(server: string, present: boolean): void {
    this.missing.delete(server);
    const before = this.servers.get(server);
    this.servers.set(server, present);
    for (const source of this.to.table.list) if (source.server === server) source.present = present;
    const news = before === undefined ? this.to.clock.nowMs() > this.announcedUntilMs : before !== present;
    if (news) this.to.pane.addEvent({ what: present ? "joined" : "left", server });
    this.to.sourcesChanged();
  }

  begins({ server, type }: Source, after: string | null): void {
    if (after === null) return;
    this.to.pane.begin(this.to.table.number(server, type), after);
    this.to.began();
  }

  lines(frame: Parameters<SessionHandlers["lines"]>[0]): void {
    const source = this.to.table.number(frame.server, frame.type);
    this.to.pane.append(linesOf(frame, source), source, frame.after, frame.next);
  }

  baseLine(line: Parameters<SessionHandlers["baseLine"]>[0]): void {
    const source = this.to.table.number(line.server, line.type);
    this.to.pane.append([lineOfBase(line, source)], source, null, null);
  }

  gap(gap: Gap): void {
    this.to.pane.addEvent(gapEvent(gap));
  }

  lost(reason: string): void {
    this.announcedUntilMs = Infinity;
    this.to.pane.addEvent({ what: "disconnected", reason });
  }

  returned(afterS: number, resumed: boolean): void {
    this.to.pane.addEvent({ what: "reconnected", afterS, resumed });
    this.missing = new Set([...this.servers].filter(([, here]) => here).map(([name]) => name));
    this.cancel();
    this.cancel = this.to.clock.after(ANNOUNCING_MS, () => {
      for (const server of [...this.missing]) this.server(server, false);
    });
  }

  refused({ server, type }: Source, reason: string): void {
    this.to.pane.addEvent({ what: "refused", server, type, reason });
  }
}
