import { expect, test } from "vitest";
import { exportLines } from "./exportText";
import type { LineRow } from "./types";

const ROW: LineRow = {
  kind: "line", key: 1, server: "srv-1", type: "php-error", display: "PHP error", timeS: 1_795_000_000.5,
  status: null, statusClass: "none", requestId: null, text: 'a "b",\nc', cutBytes: null, repeats: 1, cursor: "A:1",
};
const NAME = { site: "devcloud:sample", environment: "prod", nowS: 1_795_000_000 };
const made = (format: "text" | "jsonl" | "csv", row: Partial<LineRow> = {}) =>
  exportLines([{ ...ROW, ...row }], format, NAME);

test("the file is named site-env-time", () => {
  expect(made("jsonl").name).toBe("devcloud_sample-prod-20261118T110640Z.jsonl");
});

test("text is the lines as they are", () => {
  expect(made("text").parts.join("")).toBe('a "b",\nc\n');
});

test("JSON lines are one object a line", () => {
  const text = made("jsonl").parts.join("");
  expect(text.split("\n")).toHaveLength(2);
  expect(JSON.parse(text)).toMatchObject({ text: 'a "b",\nc', unix_time: 1_795_000_000.5, time: "2026-11-18T11:06:40.500Z" });
});

test("CSV quotes what needs it, and no spreadsheet runs a line", () => {
  expect(made("csv").parts.join("")).toContain('srv-1,php-error,,,"a ""b"",\nc"\r\n');
  expect(made("csv", { text: "=cmd()" }).parts.join("")).toContain(",\"'=cmd()\"\r\n");
});

test("many lines come in parts", () => {
  const { parts } = exportLines(Array.from({ length: 5_000 }, () => ROW), "text", NAME);
  expect(parts.length).toBe(3);
});
