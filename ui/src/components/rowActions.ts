/** What the page does with rows beside showing them: errors to jump to, values to pick, text to copy. */

import type { Facets, LineRow, StatusClass, ViewChoice, Watch } from "../state";
import type { PickedValue } from "./picked";

/** Rows looked through for the next error, so that a key press is answered at once. */
const ERROR_ROWS_MAX = 50_000;
const ERROR_TEXT_CHARS = 300;
const ERROR = /\b(?:error|fatal|critical|emerg(?:ency)?|alert|uncaught)\b/i;

export function isError(row: LineRow): boolean {
  return row.statusClass === "5xx" || ERROR.test(row.text.slice(0, ERROR_TEXT_CHARS));
}

/** Index of the next error; -1: none. */
export function nextError(watch: Watch, from: number, direction: 1 | -1): number {
  const { count } = watch.list.get();
  for (let step = 1; step <= ERROR_ROWS_MAX; step += 1) {
    const index = from + step * direction;
    if (index < 0 || index >= count) return -1;
    const row = watch.row(index);
    if (row?.kind === "line" && isError(row)) return index;
  }
  return -1;
}

/** What changes when a value is to be shown alone, or not at all. */
export function chosen(picked: PickedValue, only: boolean, choice: ViewChoice, facets: Facets): Partial<ViewChoice> {
  const others = (all: { value: string }[], before: string[]): string[] =>
    (before.length > 0 ? before : all.map((facet) => facet.value)).filter((value) => value !== picked.value);
  const pattern = { text: picked.value, regex: false };
  switch (picked.column) {
    case "server":
      return { servers: only ? [picked.value] : others(facets.servers, choice.servers) };
    case "type":
      return { types: only ? [picked.value] : others(facets.types, choice.types) };
    case "status":
      return {
        statuses: (only ? [picked.value] : others(facets.statuses, choice.statuses)) as StatusClass[],
      };
    case "request_id":
      return only ? { requestId: picked.value } : { exclude: [...choice.exclude, pattern] };
    case "text":
      return only ? { filter: [...choice.filter, pattern] } : { exclude: [...choice.exclude, pattern] };
  }
}

/** Put text on the clipboard, also where the page is not served over TLS. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "unseen";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

/** Hand a file to the browser. */
export function download(file: { name: string; mime: string; parts: string[] }): void {
  const url = URL.createObjectURL(new Blob(file.parts, { type: file.mime }));
  const link = document.createElement("a");
  link.href = url;
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
