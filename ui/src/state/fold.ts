/** A record of several lines, folded: its first line, and how many follow. */

export function foldText(text: string): { head: string; rest: string; restLines: number } {
  const end = text.indexOf("\n");
  if (end < 0) return { head: text, rest: "", restLines: 0 };
  const rest = text.slice(end + 1);
  let restLines = 1;
  for (let at = rest.indexOf("\n"); at >= 0; at = rest.indexOf("\n", at + 1)) restLines += 1;
  return { head: text.slice(0, end), rest, restLines };
}
