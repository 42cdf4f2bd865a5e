/** Time, timers and chance as the stream code uses them, so that tests can hold them. */

export interface Clock {
  /** Unix milliseconds. */
  nowMs(): number;
  /** Returns how to cancel. */
  after(ms: number, run: () => void): () => void;
  /** In [0, 1). */
  random(): number;
}

export const realClock: Clock = {
  nowMs: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};
