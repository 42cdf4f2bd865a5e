/** The story of a request: its lines across servers, with the time at each hop. */

import type { HistoryRange } from "../protocol/messages";
import type { AskHistory } from "./loader";
import { linesOf } from "./columns";
import { requestFilter } from "./matcher";
import type { Pane } from "./pane";
import { lineRow, looseRow } from "./rows";
import type { SourceTable } from "./sourceTable";
import type { LineRow, Story } from "./types";

/** How far around its loaded lines a request is looked for: the longest requests, skewed clocks. */
const AROUND_S = 120;
/** Of one source; a request that logs more is cut there, and that is told. */
const SOURCE_LINES_MAX = 500;

/** All loaded lines of one request. */
export function storyOf(panes: Pane[], sources: SourceTable, requestId: string): Story {
  const rows: LineRow[] = [];
  for (const { store } of panes) {
    for (const chunk of store.chunks) {
      for (let i = 0; i < chunk.requestIds.length; i += 1) {
        if (chunk.requestIds[i] === requestId) rows.push(lineRow(chunk, i, sources));
      }
    }
  }
  return told(requestId, rows, []);
}

/** What is loaded and what history has around it. */
export async function fullStory(
  loaded: Story,
  sources: SourceTable,
  ask: AskHistory,
): Promise<Story> {
  const { requestId } = loaded;
  const times = loaded.rows.flatMap(({ timeS }) => (timeS === null ? [] : [timeS]));
  if (times.length === 0) return loaded;
  const range: HistoryRange = {
    since: Math.min(...times) - AROUND_S,
    until: Math.max(...times) + AROUND_S,
    back: false,
    limit: SOURCE_LINES_MAX,
    ...requestFilter(requestId, true),
  };
  const rows = [...loaded.rows];
  const incomplete: string[] = [];
  let key = 0;
  const asked = sources.list.map(async ({ server, type }, source) => {
    try {
      const page = await ask(source, range);
      if (page.more) incomplete.push(`${type} on ${server}`);
      for (const frame of page.frames) {
        if (frame.cmd !== "lines") continue;
        for (const line of linesOf(frame, source)) {
          if (line.requestId === requestId) rows.push(looseRow(line, (key -= 1), sources));
        }
      }
    } catch {
      incomplete.push(`${type} on ${server}`);
    }
  });
  await Promise.all(asked);
  return told(requestId, rows, incomplete);
}

/** Hops share no clock: lines of one time keep the order in which they came. */
function told(requestId: string, all: LineRow[], incomplete: string[]): Story {
  const seen = new Set<string>();
  const rows = all.filter((row) => {
    const name = row.cursor === null ? `${row.key}` : `${row.server} ${row.type} ${row.cursor}`;
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  });
  rows.sort((a, b) => (a.timeS ?? 0) - (b.timeS ?? 0));
  const first = rows.find(({ timeS }) => timeS !== null)?.timeS ?? null;
  const offsetsS = rows.map(({ timeS }) =>
    timeS === null || first === null ? null : timeS - first,
  );
  return { requestId, rows, offsetsS, incomplete };
}
