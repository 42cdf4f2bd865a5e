/** A clock that tests hold: time passes only by `pass`. */

import type { Clock } from "../stream/clock";

export class FakeClock implements Clock {
  now = 1_795_000_000_000;
  private timers: { atMs: number; run: () => void }[] = [];

  nowMs(): number {
    return this.now;
  }

  random(): number {
    return 0.5;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { atMs: this.now + ms, run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((one) => one !== timer);
    };
  }

  /** Let time pass, in order of what is due, and promises be kept meanwhile. */
  async pass(ms: number): Promise<void> {
    const until = this.now + ms;
    await settled();
    for (;;) {
      const due = this.timers.filter((one) => one.atMs <= until).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.timers = this.timers.filter((one) => one !== due);
      this.now = Math.max(this.now, due.atMs);
      due.run();
      await settled();
    }
    this.now = until;
  }

  /** The tab is frozen: time passes, nothing runs. */
  freeze(ms: number): void {
    this.now += ms;
  }
}

/** All promises that can be kept now are. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
