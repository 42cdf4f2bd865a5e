/**
 * Log text as pieces that can only be looked at.
 *
 * Control characters, terminal escapes, bidirectional overrides and invisible characters are shown
 * as names or codes, so that a line can neither act nor pretend. Matches become pieces of their
 * own. Pieces are put on the page as text, never as HTML.
 */

import type { Pattern } from "../state";
import { compile } from "../state/matcher";

export interface Piece {
  text: string;
  kind: "plain" | "control" | "match";
}

/** Characters of a line that a row shows; the details show all of it. */
export const ROW_TEXT_MAX = 2_000;
const MATCHES_MAX = 200;

// C0 but tab and line feed, DEL, C1, soft hyphen, joiners, bidi controls, separators, BOM, tags.
const CONTROL =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

const NAMES =
  "NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US".split(" ");

/** The name or code of a character that is not to act; fonts have no pictures for most of them. */
export function picture(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const name = code === 0x7f ? "DEL" : NAMES[code];
  if (name !== undefined) return `<${name}>`;
  return `<U+${code.toString(16).toUpperCase().padStart(4, "0")}>`;
}

/** Give the text as it may be shown in attributes, titles and names of things. */
export function inert(text: string): string {
  return text.replace(CONTROL, picture);
}

export function pieces(text: string, patterns: readonly RegExp[]): Piece[] {
  const made: Piece[] = [];
  let at = 0;
  for (const [from, to] of matches(text, patterns)) {
    if (from > at) split(text.slice(at, from), "plain", made);
    split(text.slice(from, to), "match", made);
    at = to;
  }
  if (at < text.length) split(text.slice(at), "plain", made);
  return made;
}

function split(text: string, kind: "plain" | "match", made: Piece[]): void {
  let at = 0;
  for (const found of text.matchAll(CONTROL)) {
    if (found.index > at) made.push({ text: text.slice(at, found.index), kind });
    made.push({ text: picture(found[0]), kind: "control" });
    at = found.index + found[0].length;
  }
  if (at < text.length) made.push({ text: text.slice(at), kind });
}

function matches(text: string, patterns: readonly RegExp[]): [number, number][] {
  const found: [number, number][] = [];
  for (const pattern of patterns) {
    for (const match of text.matchAll(pattern)) {
      if (match[0] !== "") found.push([match.index, match.index + match[0].length]);
      if (found.length >= MATCHES_MAX) break;
    }
  }
  found.sort((one, other) => one[0] - other[0]);
  const apart: [number, number][] = [];
  for (const [from, to] of found) {
    const last = apart.at(-1);
    if (last !== undefined && from < last[1]) last[1] = Math.max(last[1], to);
    else apart.push([from, to]);
  }
  return apart;
}

/** Compile what can be compiled; wrong expressions are shown as such elsewhere. */
export function compiled(patterns: readonly Pattern[]): RegExp[] {
  return patterns.flatMap((pattern) => {
    if (pattern.text === "") return [];
    try {
      return [compile(pattern, "g")];
    } catch {
      return [];
    }
  });
}
