/** How one person likes the page, kept in this browser; what is shown is in the URL instead. */

import { Observable } from "./observable";

export interface Settings {
  theme: "auto" | "light" | "dark";
  density: "compact" | "comfortable";
  wrap: boolean;
  columns: string[];
  zone: string;
  timeFormat: "time" | "datetime" | "iso" | "relative";
  histogram: boolean;
  facets: boolean;
  /** What follows `ac-ls-` in the X-Request-ID of one's own requests. */
  mineId: string;
}

const KEY = "logstream.settings";

export const DEFAULT_SETTINGS: Omit<Settings, "mineId"> = {
  theme: "auto",
  density: "compact",
  wrap: false,
  columns: ["time", "server", "type", "status", "text"],
  zone: "local",
  timeFormat: "time",
  histogram: true,
  facets: true,
};

/** As much of `localStorage` as is used; it may throw, or not be there. */
export interface Shelf {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

export class SettingsStore extends Observable<Settings> {
  constructor(
    private readonly shelf: Shelf | null,
    newId: () => string,
  ) {
    super(read(shelf, newId));
    if (shelf !== null) this.write();
  }

  change(change: Partial<Settings>): void {
    this.set({ ...this.get(), ...change });
    this.write();
  }

  /** The prefix of one's own requests' ids. */
  get minePrefix(): string {
    return `ac-ls-${this.get().mineId}`;
  }

  private write(): void {
    try {
      this.shelf?.setItem(KEY, JSON.stringify(this.get()));
    } catch {
      // Full or forbidden: the settings then last as long as the page.
    }
  }
}

function read(shelf: Shelf | null, newId: () => string): Settings {
  const defaults: Settings = { ...DEFAULT_SETTINGS, mineId: newId() };
  let kept: unknown;
  try {
    kept = JSON.parse(shelf?.getItem(KEY) ?? "{}");
  } catch {
    return defaults;
  }
  if (typeof kept !== "object" || kept === null) return defaults;
  const settings: Record<string, unknown> = { ...defaults };
  for (const [key, value] of Object.entries(kept)) {
    if (key in settings && typeof value === typeof settings[key]) settings[key] = value;
  }
  const { theme, density, columns, mineId } = settings;
  if (!["auto", "light", "dark"].includes(theme as string)) settings["theme"] = defaults.theme;
  if (!["compact", "comfortable"].includes(density as string)) settings["density"] = defaults.density;
  const named = Array.isArray(columns) && columns.every((one) => typeof one === "string");
  if (!named) settings["columns"] = defaults.columns;
  if (!/^[A-Za-z0-9-]{8,64}$/.test(mineId as string)) settings["mineId"] = defaults.mineId;
  if (!["time", "datetime", "iso", "relative"].includes(settings["timeFormat"] as string)) {
    settings["timeFormat"] = defaults.timeFormat;
  }
  return settings as unknown as Settings;
}
