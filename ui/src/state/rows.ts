/** Rows as components read them, built from the columns only when asked for. */

import { Chunk, type Line } from "./chunk";
import { statusClass } from "./matcher";
import type { SourceTable } from "./sourceTable";
import type { LineRow, Row } from "./types";

export function lineRow(chunk: Chunk, i: number, sources: SourceTable): LineRow {
  const { server, type, display } = sources.get(chunk.source(i));
  const status = chunk.status(i);
  return {
    kind: "line",
    key: chunk.key(i),
    server,
    type,
    display,
    timeS: chunk.time(i),
    status,
    statusClass: statusClass(status),
    requestId: chunk.requestIds[i] ?? null,
    text: chunk.texts[i] as string,
    cutBytes: chunk.cuts.get(i) ?? null,
    repeats: chunk.repeats.get(i) ?? 1,
    cursor: chunk.cursor(i),
  };
}

/** A line that is in no store. */
export function looseRow(line: Line, key: number, sources: SourceTable): LineRow {
  const chunk = new Chunk(1);
  chunk.push(line);
  return { ...lineRow(chunk, 0, sources), key };
}

export function rowOf(chunk: Chunk, i: number, sources: SourceTable): Row {
  const { event } = chunk;
  if (event === null) return lineRow(chunk, i, sources);
  return { kind: "event", key: chunk.key(0), timeS: chunk.eventAtS, event };
}
