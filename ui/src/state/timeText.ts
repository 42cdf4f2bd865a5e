/** Times as a person reads them: any zone, ISO, or how long ago. */

import type { ViewChoice } from "./types";

const made = new Map<string, Intl.DateTimeFormat>();

/** Whether the browser knows a zone; `local` and `UTC` always. */
export function isZone(zone: string): boolean {
  try {
    formatter(zone);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param timeS - Null is shown as nothing.
 * @param nowS - For `relative`.
 */
export function timeText(
  timeS: number | null,
  { zone, timeFormat }: Pick<ViewChoice, "zone" | "timeFormat">,
  nowS: number,
): string {
  if (timeS === null || !Number.isFinite(timeS) || Math.abs(timeS) > 8.64e12) return "";
  if (timeFormat === "relative") return agoText(nowS - timeS);
  const safeZone = isZone(zone) ? zone : "UTC";
  if (timeFormat === "iso" && safeZone === "UTC") return new Date(timeS * 1000).toISOString();
  const part: Record<string, string> = {};
  for (const { type, value } of formatter(safeZone).formatToParts(timeS * 1000)) part[type] = value;
  const time = `${part["hour"]}:${part["minute"]}:${part["second"]}`;
  const millis = part["fractionalSecond"] ?? "000";
  if (timeFormat === "time") return millis === "000" ? time : `${time}.${millis}`;
  const date = `${part["year"]}-${part["month"]}-${part["day"]}`;
  if (timeFormat === "datetime") return `${date} ${time}`;
  return `${date}T${time}.${millis}${offset(part["timeZoneName"] ?? "")}`;
}

/** `3 s`, `2 min`, `5 h`, `3 d`; a clock that is ahead gives `in …`. */
export function agoText(seconds: number): string {
  const s = Math.abs(seconds);
  const text =
    s < 60
      ? `${Math.floor(s)} s`
      : s < 3600
        ? `${Math.floor(s / 60)} min`
        : s < 86_400
          ? `${Math.floor(s / 3600)} h`
          : `${Math.floor(s / 86_400)} d`;
  return seconds < -1 ? `in ${text}` : `${text} ago`;
}

function formatter(zone: string): Intl.DateTimeFormat {
  let found = made.get(zone);
  if (found === undefined) {
    found = new Intl.DateTimeFormat("en-GB", {
      ...(zone === "local" ? {} : { timeZone: zone }),
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      fractionalSecondDigits: 3,
      timeZoneName: "longOffset",
      hourCycle: "h23",
    });
    made.set(zone, found);
  }
  return found;
}

/** `GMT+01:00` to `+01:00`. */
function offset(name: string): string {
  return name.replace(/^GMT/, "") || "Z";
}
