/**
 * Pages of history on their way: at most four at once (more is an error 429), the rest wait.
 *
 * A page is all `lines` and `gap` frames with its id, up to its `success` (S9).
 */

import type {
  ErrorReport,
  Gap,
  History,
  HistoryRange,
  Lines,
  Source,
  Success,
} from "../protocol/messages";

/** One page, in file order. */
export interface Page {
  frames: (Lines | Gap)[];
  first: string;
  last: string;
  more: boolean;
  scannedBytes: number;
  reachedS: number | null;
}

/** A page that did not come. */
export class HistoryFailed extends Error {
  override name = "HistoryFailed";
  constructor(
    message: string,
    /** As of `error`; 0: the connection was lost, ask again on the next. */
    readonly code: number,
  ) {
    super(message);
  }
}

/** The hub's bound for a session. */
const OUTSTANDING_MAX = 4;

interface Asked {
  command: History;
  frames: (Lines | Gap)[];
  resolve(page: Page): void;
  reject(error: HistoryFailed): void;
}

export class Histories {
  private readonly outstanding = new Map<number, Asked>();
  private waiting: Asked[] = [];

  constructor(
    private readonly send: (command: History) => void,
    private readonly nextId: () => number,
  ) {}

  ask(source: Source, range: HistoryRange): Promise<Page> {
    return new Promise((resolve, reject) => {
      const { server, type } = source;
      const command: History = { cmd: "history", id: this.nextId(), server, type, ...range };
      this.waiting.push({ command, frames: [], resolve, reject });
      this.sendWaiting();
    });
  }

  receiveFrame(frame: Lines | Gap): void {
    this.outstanding.get(frame.id ?? -1)?.frames.push(frame);
  }

  /** Returns whether the answer was to one of these. */
  receiveAnswer(answer: Success | ErrorReport): boolean {
    const id = answer.id ?? -1;
    const asked = this.outstanding.get(id);
    if (asked === undefined) return false;
    this.outstanding.delete(id);
    if (answer.cmd === "error") asked.reject(new HistoryFailed(answer.description, answer.code));
    else {
      asked.resolve({
        frames: asked.frames,
        first: answer.first ?? asked.command.after ?? "",
        last: answer.last ?? asked.command.before ?? "",
        more: answer.more ?? false,
        scannedBytes: answer.scanned_bytes ?? 0,
        reachedS: answer.reached ?? null,
      });
    }
    this.sendWaiting();
    return true;
  }

  /** Nothing that was asked for comes any more. */
  fail(reason: string): void {
    const all = [...this.outstanding.values(), ...this.waiting];
    this.outstanding.clear();
    this.waiting = [];
    for (const asked of all) asked.reject(new HistoryFailed(reason, 0));
  }

  private sendWaiting(): void {
    while (this.outstanding.size < OUTSTANDING_MAX) {
      const asked = this.waiting.shift();
      if (asked === undefined) return;
      this.outstanding.set(asked.command.id, asked);
      this.send(asked.command);
    }
  }
}
