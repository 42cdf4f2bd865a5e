/**
 * Ten minutes at 10,000 lines a second through the page's state, in compressed time.
 *
 *     npm run bench            prints JSON: busy share of a second, longest frame, heap
 *
 * Frames of text as from a hub (so JSON.parse is in it), one drawn frame for each 1/60 s, a filter
 * and an exclusion on, 40 rows read a frame; scrolled and filtered anew now and then.
 */

import { FakeClock, settled } from "../src/doubles/fakeClock";
import { DETAILS, FakeNet } from "../src/doubles/fakeSocket";
import type { History } from "../src/protocol/messages";
import { NO_CHOICE, openWatch } from "../src/state";

const RATE = 10_000;
const SECONDS = Number(process.env["SECONDS"] ?? 600);
const FRAMES_S = 60;
const TYPES = ["apache-request", "php-error", "drupal-watchdog", "varnish-request"];
const SERVERS = ["srv-1"];

const clock = new FakeClock();
const net = new FakeNet();
let run: (() => void) | null = null;
const watch = openWatch({
  site: "devcloud:sample",
  environment: "prod",
  choice: {
    ...NO_CHOICE,
    filter: [{ text: "get|php|drupal", regex: true }, { text: "e", regex: false }],
    exclude: [{ text: "robots.txt", regex: false }],
  },
  details: () => Promise.resolve(DETAILS),
  open: net.open,
  // Filtering measures its slices by the real clock; all else by the held one.
  clock: { nowMs: () => performance.now() + clock.now, after: (ms, f) => clock.after(ms, f), random: () => 0.5 },
  pace: (f) => {
    run = f;
  },
});
await settled();
net.socket.accept();
net.socket.offer(SERVERS[0] as string, ...TYPES);
for (const type of TYPES) net.socket.enabled(type, "A:0");

const perFrame = Math.round(RATE / FRAMES_S / TYPES.length);
let sent = 0;
let made = 0;
const at = new Map(TYPES.map((type) => [type, 0]));
function frameOf(type: string): string {
  const from = at.get(type) ?? 0;
  const next = from + perFrame * 180;
  at.set(type, next);
  const rows = Array.from({ length: perFrame }, () => (made += 1));
  const header = { cmd: "lines", server: SERVERS[0], type, stream: "", n: perFrame, gen: 0, after: `A:${from}`, next: `A:${next}` };
  const body = {
    at: rows.map((_, i) => (i === 0 ? from : 180)),
    unix_time: rows.map(() => Math.floor(1_795_000_000 + sent / RATE)),
    http_status: rows.map((n) => [200, 200, 304, 404, 500][n % 5]),
    request_id: rows.map((n) => (n % 3 === 0 ? `v-${(n * 7919) % 100_000}` : null)),
    text: rows.map((n) => `203.0.113.${n % 250} - - [23/Nov/2026:10:14:02 +0100] "get /node/${n} HTTP/1.1" 200 ${n % 9999} "-" "Mozilla/5.0 (X11; Linux x86_64)" vhost=example.com host=www request_time=${n % 1000} php`),
  };
  sent += perFrame;
  return `${JSON.stringify(header)}\n${JSON.stringify(body)}`;
}

const frameMs: number[] = [];
let busyMs = 0;
let clickMs = 0;
let heap = 0;
for (let frame = 0; frame < SECONDS * FRAMES_S; frame += 1) {
  const texts = TYPES.map(frameOf);
  const began = performance.now();
  for (const text of texts) net.socket.onmessage?.({ data: text });
  const due = run as (() => void) | null;
  run = null;
  due?.();
  const { count } = watch.list.get();
  for (let i = Math.max(0, count - 40); i < count; i += 1) watch.row(i);
  const ms = performance.now() - began;
  frameMs.push(ms);
  busyMs += ms;
  if (frame % 600 === 599) {
    const clicked = performance.now();
    watch.set({ collapse: (frame / 600) % 2 > 1, statuses: (frame / 600) % 3 > 1 ? ["2xx", "5xx"] : [] });
    (run as (() => void) | null)?.();
    clickMs = Math.max(clickMs, performance.now() - clicked);
  }
  if (frame % 6_000 === 5_999) {
    globalThis.gc?.();
    heap = Math.max(heap, process.memoryUsage().heapUsed);
  }
  if (frame % 60 === 59) await clock.pass(1_000);
}
globalThis.gc?.();
heap = Math.max(heap, process.memoryUsage().heapUsed);
const { lines, textBytes, droppedOldest } = watch.list.get();
frameMs.sort((a, b) => a - b);
const part = (p: number) => Number(frameMs[Math.floor(frameMs.length * p)]?.toFixed(2));
console.log(
  JSON.stringify({
    lines: sent,
    stored: lines,
    let_go: droppedOldest,
    unaccounted: sent - lines - droppedOldest,
    busy_share: Number((busyMs / (SECONDS * 1000)).toFixed(3)),
    frame_ms: { p50: part(0.5), p99: part(0.99), max: Number(frameMs[frameMs.length - 1]?.toFixed(2)) },
    click_ms_max: Number(clickMs.toFixed(1)),
    text_bytes_max: textBytes,
    heap_mb_max: Math.round(heap / 1e6),
  }),
);

/** A million lines of history, scrolled through: each page asked for, answered, filtered, read. */
async function scroll(pages: number): Promise<void> {
  watch.set(NO_CHOICE);
  watch.pause();
  const stepMs: number[] = [];
  let loaded = 0;
  const asked = new Set<number>();
  for (let page = 0; page < pages; page += 1) {
    const began = performance.now();
    let parsingMs = 0;
    watch.loadOlder();
    for (const one of net.socket.sent) {
      if (one.cmd !== "history" || asked.has(one.id)) continue;
      asked.add(one.id);
      const making = performance.now();
      const [answer, done, n] = pageOf(one);
      parsingMs += performance.now() - making;
      loaded += n;
      net.socket.onmessage?.({ data: answer });
      net.socket.onmessage?.({ data: done });
    }
    net.socket.sent.length = 0;
    const waiting = performance.now();
    await settled();
    parsingMs += performance.now() - waiting;
    for (let turn = 0; turn < 20 && run !== null; turn += 1) {
      const due = run as () => void;
      run = null;
      due();
      for (let i = 0; i < 40; i += 1) watch.row(i);
    }
    stepMs.push(performance.now() - began - parsingMs);
    if (page % 100 === 99) {
      net.socket.say({ cmd: "keepalive" });
      await clock.pass(100);
    }
  }
  stepMs.sort((a, b) => a - b);
  const { lines: held, droppedNewest } = watch.list.get();
  console.log(
    JSON.stringify({
      history_lines: loaded,
      held,
      let_go_newest: droppedNewest,
      step_ms: {
        p50: Number(stepMs[Math.floor(stepMs.length / 2)]?.toFixed(2)),
        p99: Number(stepMs[Math.floor(stepMs.length * 0.99)]?.toFixed(2)),
        max: Number(stepMs[stepMs.length - 1]?.toFixed(2)),
      },
      heap_mb: Math.round(process.memoryUsage().heapUsed / 1e6),
    }),
  );
}

function pageOf(asked: History): [string, string, number] {
  const limit = asked.limit ?? 500;
  const to = Number((asked.before ?? "A:0").split(":")[1]);
  const n = Math.min(limit, Math.floor((to + 1e12) / 180));
  const from = to - n * 180;
  const { server, type, id } = asked;
  const rows = Array.from({ length: n }, (_, i) => i);
  const header = { cmd: "lines", server, type, id, n, gen: 0, after: `A:${from}`, next: `A:${to}` };
  const body = {
    at: rows.map((i) => (i === 0 ? from : 180)),
    unix_time: rows.map((i) => 1_795_000_000 + (from / 180 + i) / 2_500),
    text: rows.map((i) => `[23-Nov-2026 20:28:53 UTC] PHP Notice:  Undefined index: page ${from + i} in /srv/www/html/index.php on line ${i % 999}`),
  };
  const success = { cmd: "success", server, msg: {}, id, first: `A:${from}`, last: `A:${to}`, more: true };
  return [`${JSON.stringify(header)}\n${JSON.stringify(body)}`, JSON.stringify(success), n];
}

await scroll(520);
watch.close();
