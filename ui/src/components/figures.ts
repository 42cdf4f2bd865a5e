/** Times, counts and sizes as people read them. */

import type { ViewChoice } from "../state";

const counts = new Intl.NumberFormat("en");
const formats = new Map<string, Intl.DateTimeFormat>();

export function count(value: number): string {
  return counts.format(value);
}

export function size(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[unit] ?? ""}`;
}

export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 172_800) return `${Math.floor(whole / 3600)} h`;
  return `${Math.floor(whole / 86_400)} d`;
}

export function offset(seconds: number | null): string {
  if (seconds === null) return "?";
  return seconds < 1 ? `+${Math.round(seconds * 1000)} ms` : `+${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
}

/** "" is the browser's own zone. */
export function zoneOf(zone: string): string | undefined {
  return zone === "" || zone === "local" ? undefined : zone;
}

function parts(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    const options: Intl.DateTimeFormatOptions = {
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    };
    const chosen = zoneOf(zone);
    try {
      format = new Intl.DateTimeFormat("en-CA", chosen === undefined ? options : { ...options, timeZone: chosen });
    } catch {
      format = new Intl.DateTimeFormat("en-CA", { ...options, timeZone: "UTC" }); // no such zone
    }
    formats.set(zone, format);
  }
  return format;
}

export function time(
  seconds: number | null,
  choice: Pick<ViewChoice, "timeFormat" | "zone">,
  nowS: number,
): string {
  if (seconds === null) return "–";
  if (choice.timeFormat === "relative") return `${duration(nowS - seconds)} ago`;
  if (choice.timeFormat === "iso") return new Date(seconds * 1000).toISOString();
  const found: Record<string, string> = {};
  for (const part of parts(choice.zone).formatToParts(seconds * 1000)) found[part.type] = part.value;
  const clock = `${found["hour"] ?? ""}:${found["minute"] ?? ""}:${found["second"] ?? ""}`;
  if (choice.timeFormat === "time") return clock;
  return `${found["year"] ?? ""}-${found["month"] ?? ""}-${found["day"] ?? ""} ${clock}`;
}

/** One of eight colours, always the same for the same name. */
export function hue(name: string): number {
  let sum = 0;
  for (let i = 0; i < name.length; i += 1) sum = (sum * 31 + name.charCodeAt(i)) >>> 0;
  return sum % 8;
}
