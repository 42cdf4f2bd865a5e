import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeClock, settled } from "../doubles/fakeClock";
import { DETAILS, FakeNet } from "../doubles/fakeSocket";
import type { Watch } from "./api";
import { NO_CHOICE } from "./choice";
import type { GapEvent, ViewChoice } from "./types";
import { openWatch } from "./watch";

let clock: FakeClock;
let net: FakeNet;
let watch: Watch;

/** The next drawn frame. */
const drawn = () => clock.pass(500);

async function open(choice: Partial<ViewChoice> = {}): Promise<void> {
  watch = openWatch({
    site: "devcloud:sample",
    environment: "prod",
    choice: { ...NO_CHOICE, ...choice },
    details: () => Promise.resolve(DETAILS),
    open: net.open,
    clock,
    pace: pace(),
  });
  await settled();
  net.socket.accept();
  net.socket.offer("srv-1", "php-error");
  net.socket.enabled("php-error", "A:1000");
  await drawn();
}

function pace() {
  let due = false;
  return (run: () => void) => {
    if (due) return;
    due = true;
    clock.after(16, () => {
      due = false;
      run();
    });
  };
}

/** Answer the last `history` with lines from `from` (each 10 long). */
async function page(from: number, texts: string[], more: boolean, last?: number): Promise<void> {
  const { id } = net.socket.last("history");
  if (texts.length > 0) net.socket.lines("php-error", from, texts, { id, stream: undefined });
  const end = `A:${last ?? from + texts.length * 10}`;
  net.socket.say({ cmd: "success", server: "srv-1", msg: {}, id, first: `A:${from}`, last: end, more });
  await drawn();
}

const texts = () =>
  Array.from({ length: watch.list.get().count }, (_, i) => {
    const row = watch.row(i);
    return row?.kind === "line" ? row.text : `(${row?.event.what})`;
  });

beforeEach(() => {
  clock = new FakeClock();
  net = new FakeNet();
});
afterEach(() => watch.close());

test("the backlog comes before the first live line, without a seam", async () => {
  await open();
  expect(net.socket.last("history")).toMatchObject({ before: "A:1000", back: true });
  net.socket.lines("php-error", 1000, ["live"]);
  await page(980, ["old 1", "old 2"], true);
  expect(texts()).toEqual(["old 1", "old 2", "live"]);
  watch.loadOlder();
  expect(net.socket.last("history")).toMatchObject({ before: "A:980" });
  await page(970, ["oldest"], false);
  expect(texts()[0]).toBe("oldest");
  expect(watch.top.get().state).toBe("end");
});

test("paused, nothing moves away and what is unseen is counted", async () => {
  await open();
  net.socket.lines("php-error", 1000, ["a"]);
  await drawn();
  watch.pause();
  net.socket.lines("php-error", 1010, ["b", "c"]);
  await drawn();
  expect(watch.follow.get()).toEqual({ following: false, detached: false, unseen: 2 });
  watch.resume();
  await drawn();
  expect(watch.follow.get()).toEqual({ following: true, detached: false, unseen: 0 });
});

test("a slow gap is a row, and is loaded into its place", async () => {
  await open();
  net.socket.lines("php-error", 1000, ["before"]);
  const gap = { cmd: "gap", server: "srv-1", type: "php-error", stream: "", after: "A:1010", next: "A:1030" };
  net.socket.say({ ...gap, reason: "slow" });
  net.socket.lines("php-error", 1030, ["after"]);
  await drawn();
  expect(texts()).toEqual(["before", "(gap)", "after"]);
  watch.loadGap(watch.row(1)?.key ?? -1);
  expect(net.socket.last("history")).toMatchObject({ after: "A:1010", before: "A:1030" });
  await page(1010, ["x", "y"], false);
  expect(texts()).toEqual(["before", "x", "y", "(gap)", "after"]);
  const row = watch.row(3);
  expect(row?.kind === "event" && (row.event as GapEvent)).toMatchObject({ state: "loaded", loadedLines: 2 });
});

test("a gap that fails to load says so and can be tried again", async () => {
  await open();
  const gap = { cmd: "gap", server: "srv-1", type: "php-error", stream: "", after: "A:1000", next: "A:1030" };
  net.socket.say({ ...gap, reason: "slow" });
  await drawn();
  watch.loadGap(watch.row(0)?.key ?? -1);
  const { id } = net.socket.last("history");
  net.socket.say({ cmd: "error", code: 500, description: "no", during: "", id });
  await drawn();
  const row = watch.row(0);
  expect(row?.kind === "event" && (row.event as GapEvent).state).toBe("failed");
});

test("a loss and a return are rows; the lines between them are all there", async () => {
  await open();
  net.socket.lines("php-error", 1000, ["a"]);
  net.socket.onclose?.({ code: 1006, reason: "" });
  await drawn();
  expect(watch.lamp.get()).toMatchObject({ state: "reconnecting", attempt: 1 });
  await clock.pass(3_000);
  net.socket.accept();
  net.socket.offer("srv-1", "php-error");
  expect(net.socket.last("enable").after).toBe("A:1010");
  net.socket.enabled("php-error", "A:1010");
  net.socket.lines("php-error", 1010, ["b"]);
  await drawn();
  expect(texts()).toEqual(["a", "(disconnected)", "(reconnected)", "b"]);
  expect(watch.lamp.get().state).toBe("live");
});

test("servers that come and go later are rows, those that were there at first are not", async () => {
  await open();
  expect(texts()).toEqual([]);
  await clock.pass(4_000);
  net.socket.say({ cmd: "disconnected", server: "srv-1" });
  net.socket.offer("srv-2", "php-error");
  await drawn();
  expect(texts()).toEqual(["(left)", "(joined)"]);
  expect(watch.sources.get().map((one) => [one.server, one.present])).toEqual([
    ["srv-1", false],
    ["srv-2", true],
  ]);
});

test("filters hide at once, count again, and a wrong one is told", async () => {
  await open();
  net.socket.lines("php-error", 1000, ["apple", "pear", "apple pie"]);
  await drawn();
  watch.set({ filter: [{ text: "apple", regex: false }], exclude: [{ text: "(", regex: true }] });
  await drawn();
  expect(texts()).toEqual(["apple", "apple pie"]);
  expect(watch.faults.get()).toMatchObject([{ list: "exclude", index: 0 }]);
  expect(watch.facets.get().servers).toEqual([
    { value: "srv-1", label: "srv-1", count: 2, chosen: true },
  ]);
  expect(watch.histogram.get().counts.none.reduce((a, b) => a + b, 0)).toBe(2);
});

test("a filter at the source begins the list anew: nothing that was not fetched is passed over", async () => {
  await open();
  net.socket.lines("php-error", 1000, ["apple", "pear"]);
  await drawn();
  watch.set({ atSource: true, filter: [{ text: "apple", regex: false }] });
  await drawn();
  expect(net.socket.last("enable")).toMatchObject({ replace: "", show: { text: ["(?i)apple"] } });
  net.socket.enabled("php-error", "A:1020", "f1");
  await drawn();
  expect(net.socket.last("history")).toMatchObject({ before: "A:1020", show: { text: ["(?i)apple"] } });
});

test("a search goes back page by page, tells how far, and stops when told", async () => {
  await open();
  await page(990, ["x"], true);
  watch.set({ filter: [{ text: "needle", regex: false }] });
  watch.searchBack();
  expect(net.socket.last("history")).toMatchObject({ before: "A:1000", show: { text: ["(?i)needle"] } });
  await page(500, ["needle"], true, 1000);
  expect(texts()).toEqual(["needle"]);
  expect(watch.mode.get()).toMatchObject({ kind: "search", search: { running: true, found: 1 } });
  expect(net.socket.last("history")).toMatchObject({ before: "A:500" });
  watch.stopSearch();
  const asked = net.socket.sent.length;
  await page(100, [], true, 500);
  expect(net.socket.sent.length).toBe(asked);
  expect(watch.mode.get()).toMatchObject({ kind: "search", search: { running: false } });
  watch.resume();
  expect(watch.mode.get()).toEqual({ kind: "live" });
});

test("a permalink shows its line among its neighbours", async () => {
  const line = { server: "srv-1", type: "php-error", cursor: "A:500" };
  await open({ line, filter: [{ text: "nothing", regex: false }] });
  const asked = net.socket.sent.filter((one) => one.cmd === "history");
  const answer = (of: object, from: number, said: string[]) => {
    const { id } = asked.find((one) => Object.entries(of).every(([k, v]) => Reflect.get(one, k) === v)) as { id: number };
    net.socket.lines("php-error", from, said, { id, stream: undefined });
    const [first, last] = [`A:${from}`, `A:${from + said.length * 10}`];
    net.socket.say({ cmd: "success", server: "srv-1", msg: {}, id, first, last, more: false });
  };
  answer({ before: "A:500" }, 480, ["b", "c"]);
  answer({ after: "A:500" }, 500, ["the line", "e"]);
  await drawn();
  expect(texts()).toEqual(["b", "c", "the line", "e"]);
  const mode = watch.mode.get();
  expect(mode.kind === "context" && watch.indexOf(mode.key ?? -1)).toBe(2);
});

test("a request's story is its lines across sources, with the time of each", async () => {
  await open();
  const at = { at: [1000, 10, 10], unix_time: [50, 51, 52.5], request_id: ["v-1", null, "v-1"], text: ["a", "b", "c"] };
  const header = { cmd: "lines", server: "srv-1", type: "php-error", stream: "", after: "A:1000", next: "A:1030" };
  net.socket.say({ ...header, n: 3, gen: 0 }, at);
  const story = watch.story("v-1");
  expect(story.rows.map((row) => row.text)).toEqual(["a", "c"]);
  expect(story.offsetsS).toEqual([0, 2.5]);
});

test("the full story brings what history has of it, each line once", async () => {
  await open();
  const at = { at: [1000], unix_time: [50], request_id: ["v-1"], text: ["loaded"] };
  const header = { cmd: "lines", server: "srv-1", type: "php-error", after: "A:1000", next: "A:1010" };
  net.socket.say({ ...header, stream: "", n: 1, gen: 0 }, at);
  await page(1000, [], false, 1000);
  const asked = watch.fullStory("v-1");
  const { id, since, until, show } = net.socket.last("history");
  expect([since, until, show?.request_id]).toEqual([-70, 170, ["^v-1$"]]);
  const body = { at: [990, 10], unix_time: [49, 50], request_id: ["v-1", "v-1"], text: ["earlier", "loaded"] };
  net.socket.say({ ...header, id, n: 2, gen: 0 }, body);
  net.socket.say({ cmd: "success", server: "srv-1", msg: {}, id, more: false });
  const story = await asked;
  expect(story.rows.map((row) => row.text)).toEqual(["earlier", "loaded"]);
  expect(story.offsetsS).toEqual([0, 1]);
  expect(story.incomplete).toEqual([]);
});

test("highlights are found in both directions", async () => {
  await open({ highlight: [{ text: "hit", regex: false }] });
  net.socket.lines("php-error", 1000, ["hit", "x", "HIT"]);
  await drawn();
  expect([watch.nextHighlight(0, 1), watch.nextHighlight(2, -1), watch.nextHighlight(2, 1)]).toEqual([2, 0, -1]);
});

test("what is listed is what is taken away", async () => {
  await open({ filter: [{ text: "a", regex: false }] });
  net.socket.lines("php-error", 1000, ["a", "b"]);
  await drawn();
  expect(watch.exportRows("text").parts).toEqual(["a\n"]);
});

test("paused with a full store it detaches, counts on, and comes back", async () => {
  await open();
  await page(1000, [], false, 1000);
  net.socket.lines("php-error", 1000, ["first"]);
  await drawn();
  watch.pause();
  const many = Array.from({ length: 10_000 }, (_, i) => `line ${i}`);
  for (let i = 0; i < 26; i += 1) net.socket.lines("php-error", 1010 + i * 100_000, many);
  for (let i = 0; i < 40; i += 1) {
    net.socket.say({ cmd: "keepalive" });
    await drawn();
  }
  expect(watch.follow.get()).toEqual({ following: false, detached: true, unseen: 260_000 });
  const { lines, droppedNewest, droppedOldest } = watch.list.get();
  expect([lines + droppedNewest, droppedOldest]).toEqual([260_001, 0]);
  expect(texts()[0]).toBe("first");
  watch.resume();
  await drawn();
  expect(net.socket.last("history")).toMatchObject({ before: "A:2601010" });
  expect(watch.follow.get().detached).toBe(false);
});
