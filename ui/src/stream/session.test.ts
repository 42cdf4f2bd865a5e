import { beforeEach, expect, test } from "vitest";
import { FakeClock, settled } from "../doubles/fakeClock";
import { DETAILS, FakeNet } from "../doubles/fakeSocket";
import type { Gap, Lines } from "../protocol/messages";
import type { Details } from "./api";
import { LogSession } from "./session";

let clock: FakeClock;
let net: FakeNet;
let session: LogSession;
let lines: Lines[];
let gaps: Gap[];
let news: string[];
let details: Details;

beforeEach(async () => {
  clock = new FakeClock();
  net = new FakeNet();
  lines = [];
  gaps = [];
  news = [];
  details = DETAILS;
  session = new LogSession(() => Promise.resolve(details), net.open, clock, {
    state: () => undefined,
    source: () => undefined,
    server: (server, present) => news.push(`${server} ${present ? "here" : "away"}`),
    begins: (source, after) => news.push(`${source.type} begins ${after}`),
    lines: (frame) => lines.push(frame),
    baseLine: (line) => news.push(line.text),
    gap: (gap) => gaps.push(gap),
    lost: (reason) => news.push(`lost: ${reason}`),
    returned: (_, resumed) => news.push(resumed ? "resumed" : "back"),
    refused: (source, reason) => news.push(`${source.type} refused: ${reason}`),
  });
  session.start();
  await settled();
});

const open = () => {
  net.socket.accept();
  net.socket.offer("srv-1", "php-error");
};
const kick = async () => {
  net.socket.onclose?.({ code: 1006, reason: "" });
  await clock.pass(3_000);
};

test("what is offered is enabled, and its lines come", () => {
  open();
  net.socket.enabled("php-error", "A:0");
  net.socket.lines("php-error", 0, ["one"]);
  expect(news).toContain("php-error begins A:0");
  expect(lines.map((one) => one.text)).toEqual([["one"]]);
});

test("after a loss each source goes on at its cursor (S5, S11)", async () => {
  open();
  net.socket.enabled("php-error", "A:0");
  net.socket.lines("php-error", 0, ["one"]);
  await kick();
  open();
  expect(net.socket.last("enable")).toMatchObject({ after: "A:10", within: 8 * 1024 * 1024 });
  net.socket.enabled("php-error", "A:10");
  net.socket.lines("php-error", 10, ["two"]);
  expect(news).toContain("resumed");
  expect(lines.map((one) => one.text[0])).toEqual(["one", "two"]);
  expect(gaps).toEqual([]);
});

test("too much since then is left as a gap that can be loaded, not dropped in silence", async () => {
  open();
  net.socket.enabled("php-error", "A:0");
  await kick();
  open();
  net.socket.enabled("php-error", "A:900");
  expect(gaps).toMatchObject([{ reason: "slow", after: "A:0", next: "A:900" }]);
});

test("a broken chain is asked for again, and what comes before the answer is not taken (S7)", () => {
  open();
  net.socket.enabled("php-error", "A:0");
  net.socket.lines("php-error", 50, ["later"]);
  expect(net.socket.last("enable")).toMatchObject({ after: "A:0", replace: "" });
  net.socket.lines("php-error", 60, ["later still"]);
  expect(lines).toEqual([]);
  net.socket.enabled("php-error", "A:0");
  net.socket.lines("php-error", 0, ["one", "two"]);
  expect(lines.map((one) => one.text)).toEqual([["one", "two"]]);
});

test("a slow gap moves the cursor, so that nothing is asked for twice", async () => {
  open();
  net.socket.enabled("php-error", "A:0");
  const gap = { cmd: "gap", server: "srv-1", type: "php-error", stream: "", after: "A:0", next: "A:500" };
  net.socket.say({ ...gap, reason: "slow" });
  net.socket.lines("php-error", 500, ["on"]);
  expect(gaps).toHaveLength(1);
  expect(lines).toHaveLength(1);
});

test("another filter replaces the stream where it is (S6)", () => {
  open();
  net.socket.enabled("php-error", "A:0");
  session.setFilter({ show: { text: ["x"] } });
  expect(net.socket.last("enable")).toMatchObject({ replace: "", show: { text: ["x"] } });
  net.socket.lines("php-error", 0, ["of the old filter"]);
  net.socket.enabled("php-error", "A:10", "f1");
  net.socket.lines("php-error", 10, ["x"], { stream: "f1" });
  expect(lines.map((one) => one.text)).toEqual([["x"]]);
});

test("a cursor that the files know no more begins anew, and says so", async () => {
  open();
  net.socket.enabled("php-error", "A:0");
  await kick();
  open();
  const { id } = net.socket.last("enable");
  net.socket.say({ cmd: "error", code: 400, description: "not a cursor of it", during: "", id });
  expect(news).toContain("php-error refused: not a cursor of it");
  expect(net.socket.last("enable").after).toBeUndefined();
});

test("history frames belong to their page, by id (S9)", async () => {
  open();
  net.socket.enabled("php-error", "A:100");
  const asked = session.history({ server: "srv-1", type: "php-error" }, { before: "A:100", back: true });
  const { id } = net.socket.last("history");
  net.socket.lines("php-error", 80, ["a", "b"], { id, stream: undefined });
  net.socket.say({ cmd: "success", server: "srv-1", msg: {}, id, first: "A:80", last: "A:100", more: true });
  const page = await asked;
  expect(page).toMatchObject({ first: "A:80", more: true });
  expect(page.frames).toHaveLength(1);
  expect(lines).toEqual([]);
});

test("four pages are asked for at once, the rest wait their turn", async () => {
  open();
  const source = { server: "srv-1", type: "php-error" };
  const pages = [1, 2, 3, 4, 5].map(() => session.history(source, {}));
  const asked = () => net.socket.sent.filter((one) => one.cmd === "history").length;
  expect(asked()).toBe(4);
  const first = net.socket.sent.find((one) => one.cmd === "history") as { id: number };
  net.socket.say({ cmd: "success", server: "srv-1", msg: {}, id: first.id, more: false });
  await pages[0];
  expect(asked()).toBe(5);
  const failed = Promise.allSettled(pages.slice(1));
  net.socket.onclose?.({ code: 1006, reason: "" });
  expect((await failed).every((one) => one.status === "rejected")).toBe(true);
});

test("on a base session lines come one by one, without cursors", async () => {
  details = { ...DETAILS, protocols: [] };
  await kick();
  open();
  expect(net.socket.last("enable").after).toBeUndefined();
  net.socket.say({ cmd: "line", server: "srv-1", log_type: "php-error", text: "hello" });
  expect(news).toContain("hello");
});

test("what is not wanted is disabled, and enabled when it is", () => {
  open();
  net.socket.enabled("php-error", "A:0");
  session.choose(() => false);
  expect(net.socket.last("disable")).toMatchObject({ type: "php-error" });
  net.socket.lines("php-error", 0, ["late"]);
  expect(lines).toEqual([]);
  const before = net.socket.sent.length;
  session.choose(() => true);
  expect(net.socket.sent.length).toBe(before + 1);
});
