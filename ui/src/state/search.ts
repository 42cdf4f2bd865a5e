/** A search back through history: page after page into a pane, until told to stop. */

import type { Pane } from "./pane";
import type { SearchState } from "./types";

/** More matches than this help nobody to find; the search then stops and says so. */
const FOUND_MAX = 100_000;

export class BackSearch {
  state: SearchState = {
    running: true,
    found: 0,
    scannedBytes: 0,
    reachedS: null,
    complete: false,
    failed: "",
  };

  constructor(
    private readonly pane: Pane,
    private readonly tell: (state: SearchState) => void,
  ) {}

  async run(): Promise<void> {
    try {
      while (this.state.running) {
        const merged = await this.pane.step("older");
        if (merged === null) break;
        const found = this.pane.countListed();
        this.change({
          found,
          scannedBytes: this.state.scannedBytes + merged.scannedBytes,
          reachedS: merged.reachedS ?? this.state.reachedS,
        });
        if (!merged.more) this.change({ running: false, complete: true });
        else if (found >= FOUND_MAX) {
          this.change({ running: false, failed: `Stopped at ${FOUND_MAX} matches: narrow it down.` });
        }
      }
    } catch (error) {
      const failed = error instanceof Error ? error.message : "The search failed.";
      this.change({ running: false, failed });
    }
  }

  /** Asking no further cancels (S9). */
  stop(): void {
    if (this.state.running) this.change({ running: false });
  }

  private change(change: Partial<SearchState>): void {
    this.state = { ...this.state, ...change };
    this.tell(this.state);
  }
}
