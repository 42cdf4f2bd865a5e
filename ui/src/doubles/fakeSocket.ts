/** A hub's end of a WebSocket, for tests: what was sent, and what to answer. */

import type { Command } from "../protocol/messages";
import type { Details } from "../stream/api";
import type { Socket } from "../stream/connection";

export const DETAILS: Details = {
  url: "ws://hub/",
  site: "devcloud:sample",
  environment: "prod",
  t: 1,
  hmac: "x.jane",
  protocols: ["logstream.batch.v1"],
};

export class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readonly sent: Command[] = [];
  closed = false;

  constructor(readonly protocol: string) {}

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Command);
  }

  close(): void {
    this.closed = true;
  }

  say(message: object, body?: object): void {
    const text = JSON.stringify(message) + (body === undefined ? "" : `\n${JSON.stringify(body)}`);
    this.onmessage?.({ data: text });
  }

  /** Open, and take the ticket. */
  accept(): void {
    this.onopen?.();
    this.say({ cmd: "connected", server: "logstream-hub" });
    const msg = this.last("stream-environment");
    if (this.protocol !== "") this.say({ cmd: "success", server: "logstream-hub", msg, life_s: 3600 });
  }

  offer(server: string, ...types: string[]): void {
    this.say({ cmd: "connected", server });
    for (const type of types) this.say({ cmd: "available", server, type, display_type: type });
  }

  /** Answer the last `enable` of a type. */
  enabled(type: string, after: string, stream = ""): void {
    const msg = this.sent.filter((one) => one.cmd === "enable" && one.type === type).pop();
    this.say({ cmd: "success", server: "srv-1", id: (msg as { id: number }).id, msg, stream, after });
  }

  lines(type: string, after: number, texts: string[], more: object = {}): void {
    const next = after + texts.length * 10;
    const at = texts.map((_, i) => (i === 0 ? after : 10));
    const header = { cmd: "lines", server: "srv-1", type, stream: "", after: `A:${after}`, next: `A:${next}` };
    const times = texts.map((_, i) => 1000 + (after / 10 + i));
    this.say({ ...header, n: texts.length, gen: 0, ...more }, { at, unix_time: times, text: texts });
  }

  last<C extends Command["cmd"]>(cmd: C): Extract<Command, { cmd: C }> {
    const found = this.sent.filter((one) => one.cmd === cmd).pop();
    if (found === undefined) throw new Error(`no ${cmd} was sent`);
    return found as Extract<Command, { cmd: C }>;
  }
}

/** Opens fake sockets and keeps them. */
export class FakeNet {
  readonly sockets: FakeSocket[] = [];

  readonly open = (_url: string, protocols: string[]): Socket => {
    const socket = new FakeSocket(protocols[0] ?? "");
    this.sockets.push(socket);
    return socket;
  };

  get socket(): FakeSocket {
    const last = this.sockets[this.sockets.length - 1];
    if (last === undefined) throw new Error("nothing was opened");
    return last;
  }
}
