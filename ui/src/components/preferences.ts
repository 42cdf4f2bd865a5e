/** How this person likes the page, put into effect. */

import { NO_CHOICE, SettingsStore, type Settings, type ViewChoice } from "../state";

function shelf(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null; // forbidden; settings then last as long as the page
  }
}

/** A random UUID also where the page is not served over TLS. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20)].join("-");
}

export const preferences = new SettingsStore(shelf(), newId);

export function prefer(change: Partial<Settings>): void {
  preferences.change(change);
  applyPreferences();
}

export function applyPreferences(): void {
  const { theme, density } = preferences.get();
  const root = document.documentElement;
  if (theme === "auto") root.removeAttribute("data-theme");
  else root.setAttribute("data-theme", theme);
  root.setAttribute("data-density", density);
}

/** What a view begins with where its address does not say. */
export function preferredChoice(): ViewChoice {
  const { wrap, columns, zone, timeFormat } = preferences.get();
  return { ...NO_CHOICE, wrap, columns, zone, timeFormat };
}
