import { beforeEach, expect, test } from "vitest";
import { FakeClock, settled } from "../doubles/fakeClock";
import { DETAILS, FakeNet } from "../doubles/fakeSocket";
import { type Details, RequestFailed } from "./api";
import { Connection, type ConnectionState } from "./connection";

let clock: FakeClock;
let net: FakeNet;
let states: ConnectionState[];
let answers: (Details | Error)[];
let connection: Connection;

beforeEach(() => {
  clock = new FakeClock();
  net = new FakeNet();
  states = [];
  answers = [];
  const details = () => {
    const answer = answers.shift() ?? DETAILS;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  connection = new Connection(details, net.open, clock, {
    state: (state) => states.push(state),
    ready: () => undefined,
    report: () => undefined,
    lost: () => undefined,
  });
});

const now = () => states[states.length - 1] as ConnectionState;
const start = async () => {
  connection.start();
  await settled();
};

test("it is live once the ticket was accepted (S3)", async () => {
  await start();
  expect(now().state).toBe("connecting");
  net.socket.accept();
  expect(net.socket.last("stream-environment")).toMatchObject({ site: "devcloud:sample", d: "x.jane" });
  expect(now()).toMatchObject({ state: "live", extended: true });
});

test("without the subprotocol in the details it is a base session (S1)", async () => {
  answers = [{ ...DETAILS, protocols: [] }];
  await start();
  expect(net.socket.protocol).toBe("");
  net.socket.accept();
  expect(now()).toMatchObject({ state: "live", extended: false });
});

test("it is stale after 15 s without a byte, live again with the next, and given up after 25 s", async () => {
  await start();
  net.socket.accept();
  await clock.pass(16_000);
  expect(now().state).toBe("stale");
  net.socket.say({ cmd: "keepalive" });
  expect(now().state).toBe("live");
  await clock.pass(26_000);
  expect(now().state).toBe("reconnecting");
  expect(net.sockets[0]?.closed).toBe(true);
});

test("it shows itself to the hub every 10 s (S12)", async () => {
  await start();
  net.socket.accept();
  await clock.pass(11_000);
  expect(net.socket.last("keepalive")).toEqual({ cmd: "keepalive" });
});

test("it returns with fresh details, later after each failure", async () => {
  await start();
  net.socket.accept();
  answers = [new RequestFailed("The service cannot be reached.", 0), { ...DETAILS, hmac: "fresh" }];
  net.socket.onclose?.({ code: 1006, reason: "" });
  expect(now()).toMatchObject({ state: "reconnecting", attempt: 1, reason: "The connection broke." });
  await clock.pass(1_600);
  expect(now()).toMatchObject({ state: "reconnecting", attempt: 2 });
  await clock.pass(5_000);
  net.socket.accept();
  expect(net.socket.last("stream-environment").d).toBe("fresh");
  expect(now()).toMatchObject({ state: "live", attempt: 0 });
});

test("a session that is over ends it: signing in helps, trying does not", async () => {
  answers = [new RequestFailed("You are not signed in.", 401)];
  await start();
  expect(now()).toMatchObject({ state: "ended", signInNeeded: true });
  await clock.pass(60_000);
  expect(net.sockets).toHaveLength(0);
});

test("a frozen tab reads what waits in the socket before it judges the silence", async () => {
  await start();
  net.socket.accept();
  await clock.pass(1_500);
  clock.freeze(120_000);
  await clock.pass(500);
  expect(now().state).toBe("live");
  net.socket.say({ cmd: "keepalive" });
  await clock.pass(10_000);
  expect(now().state).toBe("live");
});

test("a frozen tab whose connection died meanwhile returns", async () => {
  await start();
  net.socket.accept();
  await clock.pass(1_500);
  clock.freeze(120_000);
  await clock.pass(6_000);
  expect(now().state).toBe("reconnecting");
});

test("a ticket is renewed before its life is over (S12)", async () => {
  await start();
  net.socket.accept();
  answers = [{ ...DETAILS, hmac: "renewed" }];
  for (let i = 0; i < 300; i += 1) {
    net.socket.say({ cmd: "keepalive" });
    await clock.pass(10_000);
  }
  expect(net.sockets).toHaveLength(1);
  expect(net.socket.sent.some((one) => one.cmd === "stream-environment" && one.d === "renewed")).toBe(true);
});

test("a broken frame ends the connection, not the page", async () => {
  await start();
  net.socket.accept();
  net.socket.onmessage?.({ data: "{" });
  expect(now()).toMatchObject({ state: "reconnecting", reason: "a frame that is not JSON" });
});

test("after close nothing is tried any more", async () => {
  await start();
  net.socket.accept();
  connection.close();
  await clock.pass(60_000);
  expect(net.sockets).toHaveLength(1);
});
