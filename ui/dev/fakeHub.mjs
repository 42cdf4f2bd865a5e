// A service in one process for developing the page: the API's few calls and a hub of made-up lines.
//
//   node dev/fakeHub.mjs [--port 8787] [--rate 200] [--servers 3] [--history 200000]
//
// Signs in with any key whose secret is `secret`, or the token `once`. Lines are a function of
// (source, offset), so history, cursors and resume hold without files. Every line is 100 wide.

import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { LINE_BYTES, lineAt, TYPES } from "./fakeLines.mjs";

const option = (name, value) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? value : Number(process.argv[at + 1]);
};
const rate = option("rate", 200);
const history = option("history", 200_000);
const servers = Array.from({ length: option("servers", 3) }, (_, i) => `srv-${i + 1}`);
const types = Object.keys(TYPES);
const per = rate / (servers.length * types.length);
const startedS = Date.now() / 1000;
const PAGE_MS = 30;

/** Lines that a source has by now; its files began `history` lines before the start. */
const headOf = () => Math.floor(history / (servers.length * types.length) + (Date.now() / 1000 - startedS) * per);
const timeAt = (i) => startedS + (i - history / (servers.length * types.length)) / Math.max(per, 0.01);
const cursor = (i) => `g1:${i * LINE_BYTES}`;
const indexOf = (text) => (text === "" ? 0 : Math.round(Number(/:(\d+)/.exec(text)[1]) / LINE_BYTES));

const signedIn = new Set();

const http = createServer(async (request, response) => {
  const path = new URL(request.url, "http://x").pathname;
  const cookie = /session=(\w+)/.exec(request.headers.cookie ?? "")?.[1];
  const user = signedIn.has(cookie);
  const answer = (status, body, headers = {}) => {
    response.writeHead(status, { "Content-Type": "application/json", ...headers });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  };
  if (path === "/session" && request.method === "POST") {
    let text = "";
    for await (const part of request) text += part;
    const given = JSON.parse(text || "{}");
    if (given.secret !== "secret" && given.token !== "once") {
      return answer(401, { error: "invalid_client", message: "The key or its secret is wrong." });
    }
    const id = Math.random().toString(36).slice(2);
    signedIn.add(id);
    return answer(204, undefined, { "Set-Cookie": `session=${id}; HttpOnly; SameSite=Strict; Path=/` });
  }
  if (!user) return answer(401, { error: "unauthorized", message: "Sign in first." });
  if (path === "/session" && request.method === "DELETE") {
    signedIn.delete(cookie);
    return answer(204);
  }
  if (path === "/session") return answer(200, { user: "jane" });
  const items = (list) => answer(200, { total: list.length, _embedded: { items: list } });
  const uuid = "8b83a104-2f09-4a5e-9210-d663bd873d93";
  if (path === "/api/applications") {
    return items([{ uuid, name: "Sample", hosting: { id: "devcloud:sample" } }]);
  }
  if (path === `/api/applications/${uuid}/environments`) {
    return items(["prod", "test", "empty"].map((name, i) => ({ id: `${i + 1}-${uuid}`, name, label: name })));
  }
  const asked = /^\/api\/environments\/([^/]+)\/logstream$/.exec(path);
  if (asked) {
    const environment = { 1: "prod", 2: "test", 3: "empty" }[asked[1][0]];
    const url = `ws://127.0.0.1:${http.address().port}/ah_websocket/logstream/v1`;
    const params = { t: Math.floor(Date.now() / 1000), hmac: "x.jane", environment, site: "devcloud:sample" };
    return answer(200, { logstream: { url, params, protocols: ["logstream.batch.v1"] } });
  }
  return answer(404, { error: "not_found", message: "There is no such thing." });
});

const hub = new WebSocketServer({
  server: http,
  path: "/ah_websocket/logstream/v1",
  handleProtocols: (offered) => (offered.has("logstream.batch.v1") ? "logstream.batch.v1" : false),
});

hub.on("connection", (socket) => {
  const streams = new Map();
  const say = (message) => socket.send(JSON.stringify(message));
  say({ cmd: "connected", server: "logstream-fake" });
  const join = (server) => {
    say({ cmd: "connected", server });
    for (const type of types) {
      say({ cmd: "available", server, type, display_type: TYPES[type].display, display: TYPES[type].display });
    }
  };
  const timers = [
    setInterval(() => say({ cmd: "keepalive" }), 10_000),
    setInterval(() => streams.forEach(flow), 100),
  ];
  socket.on("close", () => timers.forEach(clearInterval));

  /** Send what a stream's source has by now. */
  function flow(stream) {
    const head = headOf();
    if (stream.away || head <= stream.at) return;
    if (head - stream.at > 20_000) {
      const gap = { after: cursor(stream.at), next: cursor(head), reason: "slow" };
      say({ cmd: "gap", server: stream.server, type: stream.type, stream: stream.name, ...gap });
      stream.at = head;
    }
    while (stream.at < head) {
      const to = Math.min(head, stream.at + 500);
      frame(stream, { stream: stream.name }, stream.at, to);
      stream.at = to;
    }
  }

  function frame(source, name, from, to) {
    const rows = [];
    for (let i = from; i < to; i += 1) {
      const line = lineAt(source.server, source.type, i, timeAt(i));
      if (passes(source, line)) rows.push({ i, ...line });
    }
    const header = { cmd: "lines", server: source.server, type: source.type, ...name, n: rows.length };
    Object.assign(header, { after: cursor(from), next: cursor(to) });
    if (rows.length === 0) return say(header);
    const body = {
      at: rows.map((row, k) => (k === 0 ? row.i : row.i - rows[k - 1].i) * LINE_BYTES),
      unix_time: rows.map((row) => row.time),
      http_status: rows.map((row) => row.status),
      request_id: rows.map((row) => row.requestId),
      text: rows.map((row) => row.text),
    };
    socket.send(`${JSON.stringify({ ...header, gen: 0 })}\n${JSON.stringify(body)}`);
  }

  function passes({ show = {}, hide = {} }, line) {
    const columns = { text: line.text, http_status: line.status, request_id: line.requestId };
    const some = (column, list) =>
      columns[column] != null && list.some((one) => new RegExp(one.replace(/^\(\?i\)/, ""), one.startsWith("(?i)") ? "i" : "").test(String(columns[column])));
    return (
      Object.entries(show).every(([column, list]) => columns[column] == null || some(column, list)) &&
      !Object.entries(hide).some(([column, list]) => some(column, list))
    );
  }

  function page(asked) {
    const head = headOf();
    let from = asked.after === undefined ? 0 : indexOf(asked.after);
    let to = asked.before === undefined ? head : Math.min(head, indexOf(asked.before));
    const find = (time) => Math.ceil((time - timeAt(0)) * Math.max(per, 0.01));
    if (asked.since !== undefined) from = Math.max(from, find(asked.since));
    if (asked.until !== undefined) to = Math.min(to, find(asked.until));
    const back = asked.back ?? (asked.after === undefined && asked.since === undefined);
    const limit = Math.min(asked.limit ?? 1000, 10_000) * (asked.show || asked.hide ? 20 : 1);
    const [first, last] = back ? [Math.max(from, to - limit), to] : [from, Math.min(to, from + limit)];
    for (let i = first; i < last; i += 500) frame(asked, { id: asked.id }, i, Math.min(i + 500, last));
    say({
      cmd: "success", id: asked.id, server: asked.server, msg: asked,
      first: cursor(first), last: cursor(Math.max(first, last)), more: back ? first > from : last < to,
      scanned_bytes: (last - first) * LINE_BYTES, reached: timeAt(back ? first : last),
    });
  }

  socket.on("message", (data) => {
    const asked = JSON.parse(String(data));
    const success = (more = {}) => say({ cmd: "success", id: asked.id, server: asked.server, msg: asked, ...more });
    const key = `${asked.server} ${asked.type}`;
    if (asked.cmd === "stream-environment") {
      success({ life_s: 3600 });
      if (asked.env !== "empty") servers.forEach(join);
    } else if (asked.cmd === "keepalive") success();
    else if (asked.cmd === "disable") (streams.delete(key), success());
    else if (asked.cmd === "history") setTimeout(() => socket.readyState === 1 && page(asked), PAGE_MS);
    else if (asked.cmd === "enable") {
      const name = asked.show || asked.hide ? `f${JSON.stringify([asked.show, asked.hide]).length}` : "";
      const at = asked.after === undefined ? headOf() : indexOf(asked.after);
      streams.set(key, { ...asked, name, at });
      success({ stream: name, after: cursor(at), now: Date.now() / 1000 });
    }
  });

  // Things that happen, for looking at: type `kick`, `gap`, `leave` or `join` and Enter.
  const acts = {
    kick: () => socket.terminate(),
    gap: () => streams.forEach((stream) => {
      const gap = { after: cursor(stream.at), next: cursor(stream.at + 300), reason: "slow" };
      say({ cmd: "gap", server: stream.server, type: stream.type, stream: stream.name, ...gap });
      stream.at += 300;
    }),
    leave: () => {
      say({ cmd: "disconnected", server: servers[0] });
      streams.forEach((stream) => (stream.away = stream.server === servers[0]));
    },
    join: () => {
      join(servers[0]);
      streams.forEach((stream) => (stream.away = false));
    },
  };
  const onAct = (chunk) => acts[String(chunk).trim()]?.();
  process.stdin.on("data", onAct);
  socket.on("close", () => process.stdin.off("data", onAct));
});

http.listen(option("port", 8787), "127.0.0.1", () => {
  console.log(`ready on http://127.0.0.1:${http.address().port} (${rate} lines/s)`);
});
