/**
 * Frames to messages and back. A frame is one line of JSON; of `lines` two: header, LF, body (S2).
 *
 * What comes from the hub carries hostile text: shapes are checked, and a frame that makes no
 * sense is a `BrokenFrame`, after which the connection is not to be trusted any more.
 */

import type { BaseLine, Command, Lines, Report } from "./messages";

/** A frame that is none. */
export class BrokenFrame extends Error {
  override name = "BrokenFrame";
}

type Fields = Record<string, unknown>;

export function encode(command: Command): string {
  return JSON.stringify(command);
}

/** Read one text frame. */
export function parseFrame(frame: string): Report {
  const end = frame.indexOf("\n");
  const header = object(end < 0 ? frame : frame.slice(0, end));
  switch (header["cmd"]) {
    case "lines":
      return lines(header, end < 0 ? null : frame.slice(end + 1));
    case "line":
      return baseLine(header);
    case "gap":
      strings(header, "server", "type", "after", "next", "reason");
      break;
    case "connected":
    case "disconnected":
      strings(header, "server");
      break;
    case "available":
      strings(header, "server", "type");
      break;
    case "success":
      header["msg"] = typeof header["msg"] === "object" ? (header["msg"] ?? {}) : {};
      break;
    case "error":
      header["code"] = Number(header["code"]);
      header["description"] = String(header["description"] ?? "");
      break;
    case "keepalive":
      break;
    default:
      return { cmd: "unknown" };
  }
  return header as unknown as Report;
}

function lines(header: Fields, bodyText: string | null): Lines {
  strings(header, "server", "type", "after", "next");
  const n = header["n"];
  if (typeof n !== "number" || n < 0) throw new BrokenFrame("lines without a count");
  const place = header as unknown as Lines;
  if (n === 0 || bodyText === null) {
    if (n !== 0) throw new BrokenFrame("lines without a body");
    return { ...place, ...NOTHING };
  }
  if (typeof header["gen"] !== "number") throw new BrokenFrame("lines of no generation");
  const body = object(bodyText);
  const offsets = column<number>(body["at"], n, "at");
  for (let i = 1; i < n; i += 1) offsets[i] = (offsets[i - 1] as number) + (offsets[i] as number);
  return {
    ...place,
    offsets,
    unixTime: column(body["unix_time"], n, "unix_time"),
    httpStatus: body["http_status"] == null ? null : column(body["http_status"], n, "http_status"),
    requestId: body["request_id"] == null ? null : column(body["request_id"], n, "request_id"),
    cut: (body["cut"] as Record<string, number> | undefined) ?? null,
    text: column(body["text"], n, "text"),
  };
}

const NOTHING = {
  offsets: [],
  unixTime: [],
  httpStatus: null,
  requestId: null,
  cut: null,
  text: [],
};

function baseLine(header: Fields): BaseLine {
  const type = header["log_type"] ?? header["type"];
  if (typeof type !== "string") throw new BrokenFrame("a line of no type");
  strings(header, "server", "text");
  return { ...(header as unknown as BaseLine), type };
}

function column<T>(values: unknown, n: number, name: string): T[] {
  if (!Array.isArray(values) || values.length !== n) {
    throw new BrokenFrame(`lines whose ${name} is not ${n} long`);
  }
  return values as T[];
}

function strings(fields: Fields, ...names: string[]): void {
  for (const name of names) {
    if (typeof fields[name] !== "string") throw new BrokenFrame(`a message without ${name}`);
  }
}

function object(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BrokenFrame("a frame that is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BrokenFrame("a frame that is no object");
  }
  return value as Fields;
}
