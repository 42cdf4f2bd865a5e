/**
 * Which rows are listed: the choice of filters as one test of a row, compiled once.
 *
 * Plain text is looked for in any case; regular expressions are JavaScript's, and where they go to
 * the files RE2's (S10). A wrong expression is told and left out, it never hides the others.
 */

import type { Expressions, SourceFilter } from "../protocol/messages";
import type { Chunk } from "./chunk";
import { type Pattern, type PatternFault, type StatusClass, type ViewChoice } from "./types";

/** What a row passes; a facet counts what passes all but itself. */
export const PASS = { server: 1, type: 2, status: 4, rest: 8, all: 15 } as const;

export interface NamedSource {
  server: string;
  type: string;
}

export interface Matcher {
  /** Bits of `PASS`. */
  test(chunk: Chunk, i: number): number;
  highlights: RegExp[];
  faults: PatternFault[];
}

export function statusClass(status: number | null): StatusClass {
  if (status === null || status < 100 || status > 599) return "none";
  return `${Math.floor(status / 100) as 1 | 2 | 3 | 4 | 5}xx`;
}

/** Hidden, it hides the records that do not have the column: `show` alone lets them pass (S10). */
const LACKING = "^$";

const SPECIAL = /[.*+?^${}()|[\]\\]/g;

/** Compile one pattern; throws a `SyntaxError`. */
export function compile(pattern: Pattern, flags = ""): RegExp {
  if (!pattern.regex) return new RegExp(pattern.text.replace(SPECIAL, "\\$&"), `iu${flags}`);
  const { source, insensitive } = inlineFlag(pattern.text);
  return new RegExp(source, `mu${insensitive ? "i" : ""}${flags}`);
}

/** `(?i)` at the beginning, as RE2 writes it. */
function inlineFlag(text: string): { source: string; insensitive: boolean } {
  const insensitive = text.startsWith("(?i)");
  return { source: insensitive ? text.slice(4) : text, insensitive };
}

export function makeMatcher(choice: ViewChoice, sources: NamedSource[]): Matcher {
  const faults: PatternFault[] = [];
  const compiled = (list: PatternFault["list"], flags = ""): RegExp[] =>
    choice[list].flatMap((pattern, index) => {
      if (pattern.text === "") return [];
      try {
        return [compile(pattern, flags)];
      } catch (error) {
        const message = error instanceof Error ? error.message : "a wrong expression";
        faults.push({ list, index, message: message.replace(/^Invalid regular expression: /, "") });
        return [];
      }
    });
  const show = compiled("filter");
  const hide = compiled("exclude");
  const highlights = compiled("highlight", "g");
  const statuses = new Set<string>(choice.statuses);
  const { requestId, mine, sinceS, untilS } = choice;
  const plain = show.length + hide.length === 0 && requestId === null && mine === null;
  const anyTime = sinceS === null && untilS === null;
  const among = (list: string[], name: string) => list.length === 0 || list.includes(name);
  const bits: number[] = []; // of each source, as it is met: there may be new ones
  const bitsOf = (number: number): number => {
    const { server, type } = sources[number] as NamedSource;
    return (
      (among(choice.servers, server) ? PASS.server : 0) | (among(choice.types, type) ? PASS.type : 0)
    );
  };

  const rest = (chunk: Chunk, i: number): boolean => {
    if (requestId !== null && chunk.requestIds[i] !== requestId) return false;
    if (mine !== null && chunk.requestIds[i]?.startsWith(mine) !== true) return false;
    if (!anyTime) {
      const time = chunk.times[i] as number; // a line without a time is in no stretch of time
      if (!(time >= (sinceS ?? -Infinity) && time < (untilS ?? Infinity))) return false;
    }
    const text = chunk.texts[i] as string;
    // Several filters narrow: a line passes that matches all of them and no exclusion.
    return show.every((one) => one.test(text)) && !hide.some((one) => one.test(text));
  };

  return {
    faults,
    highlights,
    test(chunk, i) {
      const source = chunk.source(i);
      let passed = (bits[source] ??= bitsOf(source));
      if (statuses.size === 0 || statuses.has(statusClass(chunk.status(i)))) passed |= PASS.status;
      if ((plain && anyTime) || rest(chunk, i)) passed |= PASS.rest;
      return passed;
    },
  };
}

/**
 * The choice as a filter for the files, so far as it can be said there: several `filter` patterns
 * would be alternatives in one column (S10), so only the first goes; the page applies the rest.
 */
export function sourceFilter(choice: ViewChoice): SourceFilter {
  const show: Expressions = {};
  const hide: Expressions = {};
  const expression = ({ text, regex }: Pattern) =>
    regex ? text : `(?i)${text.replace(SPECIAL, "\\$&")}`;
  const valid = (pattern: Pattern) => pattern.text !== "" && isValid(pattern);
  const first = choice.filter.find(valid);
  if (first !== undefined) show.text = [expression(first)];
  const excluded = choice.exclude.filter(valid).map(expression);
  if (excluded.length > 0) hide.text = excluded;
  const id = choice.requestId ?? choice.mine;
  if (id !== null) {
    const wanted = requestFilter(id, choice.requestId !== null);
    show.request_id = wanted.show.request_id;
    show.text ??= wanted.show.text;
    hide.request_id = wanted.hide.request_id;
  }
  const classes = choice.statuses.filter((one) => one !== "none");
  if (classes.length > 0 && classes.length === choice.statuses.length) {
    show.http_status = classes.map((one) => `^${one.charAt(0)}`);
    hide.http_status = [LACKING];
  }
  return {
    ...(Object.keys(show).length > 0 ? { show } : {}),
    ...(Object.keys(hide).length > 0 ? { hide } : {}),
  };
}

/** One request's lines; the id is looked for in the text, too: there whole blocks are searched. */
export function requestFilter(id: string, whole: boolean) {
  const escaped = id.replace(SPECIAL, "\\$&");
  return {
    show: { request_id: [`^${escaped}${whole ? "$" : ""}`], text: [escaped] },
    hide: { request_id: [LACKING] },
  };
}

function isValid(pattern: Pattern): boolean {
  try {
    compile(pattern);
    return true;
  } catch {
    return false;
  }
}
