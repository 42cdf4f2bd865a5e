/** The keys of the list, as lnav has them where it has them, and what each does. */

export type Deed =
  | "down"
  | "up"
  | "first"
  | "live"
  | "nextMatch"
  | "previousMatch"
  | "nextError"
  | "previousError"
  | "mark"
  | "copy"
  | "pause"
  | "details"
  | "context"
  | "story"
  | "find"
  | "filter"
  | "wrap"
  | "help"
  | "close";

export const KEYS: { keys: string[]; deed: Deed; what: string }[] = [
  { keys: ["j", "ArrowDown"], deed: "down", what: "Next line" },
  { keys: ["k", "ArrowUp"], deed: "up", what: "Line before" },
  { keys: ["g"], deed: "first", what: "First loaded line" },
  { keys: ["G"], deed: "live", what: "Back to live" },
  { keys: ["=", "p"], deed: "pause", what: "Pause and go on" },
  { keys: ["Enter"], deed: "details", what: "Details of the line" },
  { keys: ["/"], deed: "find", what: "Highlight a text" },
  { keys: ["n"], deed: "nextMatch", what: "Next highlighted line" },
  { keys: ["N"], deed: "previousMatch", what: "Highlighted line before" },
  { keys: ["e"], deed: "nextError", what: "Next error" },
  { keys: ["E"], deed: "previousError", what: "Error before" },
  { keys: ["f"], deed: "filter", what: "Filter" },
  { keys: ["m"], deed: "mark", what: "Mark the line" },
  { keys: ["c"], deed: "copy", what: "Copy the marked lines, or this one" },
  { keys: ["x"], deed: "context", what: "See the line in context" },
  { keys: ["r"], deed: "story", what: "The story of the line's request" },
  { keys: ["w"], deed: "wrap", what: "Wrap long lines" },
  { keys: ["Escape"], deed: "close", what: "Close what is open" },
  { keys: ["?"], deed: "help", what: "These keys" },
];

const DEEDS = new Map(KEYS.flatMap(({ keys, deed }) => keys.map((key) => [key, deed])));

/** What a key means; nothing where a person writes, or with Ctrl, Alt or Meta. */
export function deedOf(event: KeyboardEvent): Deed | null {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return null;
  const deed = DEEDS.get(event.key) ?? null;
  const at = event.target instanceof Element ? event.target : null;
  if (at === null || deed === null) return deed;
  if (at.closest("input, textarea, select, dialog, [role=menu]") !== null) return null;
  if (deed === "details" && at.closest("button, a") !== null) return null;
  return deed;
}
