/** What is listed, to take away: text, JSON lines or CSV, named site-env-time. */

import type { LineRow } from "./types";

export type ExportFormat = "text" | "jsonl" | "csv";

const MIME: Record<ExportFormat, string> = {
  text: "text/plain;charset=utf-8",
  jsonl: "application/x-ndjson",
  csv: "text/csv;charset=utf-8",
};
const ENDING: Record<ExportFormat, string> = { text: "log", jsonl: "jsonl", csv: "csv" };
const CSV_HEAD = "time,server,type,status,request_id,text\r\n";
/** Lines in one part, so that no single string gets too long for a browser. */
const PART_LINES = 2_000;

export function exportLines(
  rows: Iterable<LineRow>,
  format: ExportFormat,
  { site, environment, nowS }: { site: string; environment: string; nowS: number },
): { name: string; mime: string; parts: string[] } {
  const parts: string[] = format === "csv" ? [CSV_HEAD] : [];
  let held: string[] = [];
  for (const row of rows) {
    held.push(one(row, format));
    if (held.length >= PART_LINES) {
      parts.push(held.join(""));
      held = [];
    }
  }
  if (held.length > 0) parts.push(held.join(""));
  const stamp = new Date(nowS * 1000).toISOString().slice(0, 19).replace(/[-:]/g, "") + "Z";
  const name = [site, environment, stamp].map((part) => part.replace(/[^A-Za-z0-9._]+/g, "_")).join("-");
  return { name: `${name}.${ENDING[format]}`, mime: MIME[format], parts };
}

function one(row: LineRow, format: ExportFormat): string {
  if (format === "text") return `${row.text}\n`;
  const time = row.timeS === null ? null : new Date(row.timeS * 1000).toISOString();
  if (format === "jsonl") {
    const { server, type, timeS, status, requestId, text, cutBytes } = row;
    return `${JSON.stringify({ server, type, time, unix_time: timeS, http_status: status, request_id: requestId, text, ...(cutBytes === null ? {} : { cut_bytes: cutBytes }) })}\n`;
  }
  const fields = [time, row.server, row.type, row.status, row.requestId, row.text];
  return `${fields.map(csvField).join(",")}\r\n`;
}

/** Quoted where needed; what a spreadsheet would run as a formula is made text. */
function csvField(value: string | number | null): string {
  if (typeof value !== "string") return value === null ? "" : String(value);
  const inert = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n']/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
