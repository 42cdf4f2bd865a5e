/** What a person likes, kept in this browser: theme, density, which panels are open. */

import { Observable } from "../state/observable";

export interface Preferences {
  theme: "auto" | "dark" | "light";
  density: "comfortable" | "compact";
  facets: boolean;
  histogram: boolean;
}

const NAME = "logstream.preferences";
const START: Preferences = { theme: "auto", density: "comfortable", facets: true, histogram: true };

function read(): Preferences {
  try {
    const kept = JSON.parse(localStorage.getItem(NAME) ?? "{}") as Partial<Preferences>;
    return { ...START, ...kept };
  } catch {
    return START; // storage is forbidden, or holds something else
  }
}

export const preferences = new Observable<Preferences>(read());

export function prefer(change: Partial<Preferences>): void {
  const chosen = { ...preferences.get(), ...change };
  preferences.set(chosen);
  applyTheme(chosen.theme);
  try {
    localStorage.setItem(NAME, JSON.stringify(chosen));
  } catch {
    // They hold until the page is closed.
  }
}

export function applyTheme(theme: Preferences["theme"]): void {
  const root = document.documentElement;
  if (theme === "auto") root.removeAttribute("data-theme");
  else root.setAttribute("data-theme", theme);
  root.setAttribute("data-density", preferences.get().density);
}
