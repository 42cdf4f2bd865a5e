/** Counts, sizes and durations as people read them, and the colours of names. */

const counts = new Intl.NumberFormat("en");

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

/** One of eight colours, always the same for the same name. */
export function hue(name: string): number {
  let sum = 0;
  for (let i = 0; i < name.length; i += 1) sum = (sum * 31 + name.charCodeAt(i)) >>> 0;
  return sum % 8;
}
