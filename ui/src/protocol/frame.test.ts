import { expect, test } from "vitest";
import { BrokenFrame, encode, parseFrame } from "./frame";
import type { Lines } from "./messages";

const HEADER = { cmd: "lines", server: "srv-1", type: "php-error", stream: "", after: "A:0", next: "A:30" };
const frame = (header: object, body?: object) =>
  JSON.stringify(header) + (body === undefined ? "" : `\n${JSON.stringify(body)}`);

test("lines are a header and columns; offsets become absolute (S2, S4)", () => {
  const body = { at: [10, 5, 5], unix_time: [1, null, 2.5], text: ["a", "b\nc", "<b>"], cut: { "2": 9 } };
  const lines = parseFrame(frame({ ...HEADER, n: 3, gen: 0 }, body)) as Lines;
  expect(lines.offsets).toEqual([10, 15, 20]);
  expect(lines.text).toEqual(["a", "b\nc", "<b>"]);
  expect(lines.unixTime).toEqual([1, null, 2.5]);
  expect(lines.httpStatus).toBeNull();
  expect(lines.cut).toEqual({ "2": 9 });
});

test("progress has no body (S8)", () => {
  expect(parseFrame(frame({ ...HEADER, n: 0 }))).toMatchObject({ n: 0, next: "A:30", text: [] });
});

test.each([
  ["no JSON", "{"],
  ["no object", "[1]"],
  ["lines without a count", frame(HEADER)],
  ["lines without a body", frame({ ...HEADER, n: 1, gen: 0 })],
  ["lines of no generation", frame({ ...HEADER, n: 1 }, { at: [0], unix_time: [1], text: ["a"] })],
  ["a short column", frame({ ...HEADER, n: 2, gen: 0 }, { at: [0, 1], unix_time: [1, 2], text: ["a"] })],
  ["a gap without cursors", frame({ cmd: "gap", server: "s", type: "t", reason: "slow" })],
])("%s is a broken frame", (_, text) => {
  expect(() => parseFrame(text)).toThrow(BrokenFrame);
});

test("a report that is not known is ignored", () => {
  expect(parseFrame('{"cmd":"news"}')).toEqual({ cmd: "unknown" });
});

test("a base line is read by the name that all hubs send", () => {
  const line = { cmd: "line", server: "s", log_type: "php-error", text: "x" };
  expect(parseFrame(frame(line))).toMatchObject({ type: "php-error", text: "x" });
});

test("a command is one line of JSON", () => {
  expect(encode({ cmd: "keepalive" })).toBe('{"cmd":"keepalive"}');
});
