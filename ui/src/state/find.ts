/** Rows of a pane: by key, by cursor, by what they say, and all of them in order. */

import { samePlace } from "../protocol/cursor";
import { Chunk } from "./chunk";
import type { Pane } from "./pane";
import { lineRow } from "./rows";
import type { SourceTable } from "./sourceTable";
import type { LineRow } from "./types";

/** Index of a row in the list; -1 if it is hidden or gone. */
export function indexOfKey({ listing, store }: Pane, key: number): number {
  const chunk = store.chunkOf(key);
  const i = Chunk.indexOf(key);
  const index = listing.indexFrom(chunk, i);
  const found = listing.at(index);
  return found !== null && found.chunk === chunk && found.i === i ? index : -1;
}

/** The line that a permalink names, once it is loaded. */
export function keyOfCursor({ store }: Pane, cursor: string): number | null {
  for (const chunk of store.chunks) {
    for (let i = 0; i < chunk.lines; i += 1) {
      if (samePlace(chunk.cursor(i) ?? "-", cursor)) return chunk.key(i);
    }
  }
  return null;
}

/** Index of the next listed line after (or before) `from` that one of the expressions matches. */
export function nextMatch(
  { listing }: Pane,
  expressions: RegExp[],
  from: number,
  direction: 1 | -1,
): number {
  for (let at = from + direction; at >= 0 && at < listing.count; at += direction) {
    const found = listing.at(at);
    const text = found === null ? undefined : found.chunk.texts[found.i];
    if (text === undefined) continue;
    for (const one of expressions) {
      one.lastIndex = 0; // they are global, for marking; a test would go on where the last ended
      if (one.test(text)) return at;
    }
  }
  return -1;
}

export function* listedLines({ store }: Pane, sources: SourceTable): Generator<LineRow> {
  for (const chunk of store.chunks) {
    if (chunk.event !== null) continue;
    for (let k = 0; k < chunk.visibleCount; k += 1) {
      yield lineRow(chunk, chunk.visible[k] as number, sources);
    }
  }
}
