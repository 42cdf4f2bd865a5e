/** Frames to lines on their way into a store. */

import type { BaseLine, Gap, Lines } from "../protocol/messages";
import type { Line } from "./chunk";
import type { GapEvent } from "./types";

export function linesOf(frame: Lines, source: number): Line[] {
  const part = { source, next: frame.next, gen: frame.gen ?? 0 };
  return frame.text.map((text, i) => ({
    part,
    offset: frame.offsets[i] as number,
    timeS: frame.unixTime[i] ?? null,
    status: frame.httpStatus?.[i] ?? null,
    requestId: frame.requestId?.[i] ?? null,
    text,
    cutBytes: frame.cut?.[i] ?? null,
  }));
}

export function lineOfBase(line: BaseLine, source: number): Line {
  return {
    part: { source, next: null, gen: 0 },
    offset: 0,
    timeS: line.unix_time ?? null,
    status: line.http_status ?? null,
    requestId: line.request_id ?? null,
    text: line.text,
    cutBytes: null,
  };
}

export function gapEvent(gap: Gap): GapEvent {
  return {
    what: "gap",
    reason: gap.reason,
    server: gap.server,
    type: gap.type,
    after: gap.after,
    next: gap.next,
    why: gap.why ?? null,
    bytes: gap.bytes ?? null,
    state: gap.reason === "lost" ? "gone" : "open",
    loadedLines: 0,
  };
}
