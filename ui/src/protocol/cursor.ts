/**
 * Cursors as far as a receiver may look into one: a comma-separated list of `G:offset[~check]`.
 *
 * What a `G` means only the side with the files knows. Rule S4.
 */

/** The cursor before everything. */
export const START = "";

/**
 * Give the cursor before the line that starts at `offset`.
 *
 * @param next - The cursor after the batch that the line is in.
 * @param gen - The component of it that the batch moved.
 */
export function withOffset(next: string, gen: number, offset: number): string {
  const parts = next.split(",");
  const part = parts[gen];
  if (part === undefined || part === "") throw new RangeError(`no component ${gen} in a cursor`);
  parts[gen] = `${part.slice(0, part.indexOf(":"))}:${offset}`;
  return parts.join(",");
}

/**
 * Tell whether two cursors name the same place; the checks say nothing about it.
 */
export function samePlace(one: string, other: string): boolean {
  return one === other || withoutChecks(one) === withoutChecks(other);
}

function withoutChecks(cursor: string): string {
  return cursor.replace(/~[A-Za-z0-9_-]+/g, "");
}
