/** How long to wait before the next attempt: jittered, so that a hub's restart is no stampede. */

/** The first wait lies in 0 … this. */
const FIRST_S = 3;
/** The longest wait; a person who watches should not wait longer for a service that is back. */
const MAX_S = 30;

/**
 * @param attempt - From 1.
 * @param random - In [0, 1).
 */
export function backoffS(attempt: number, random: number): number {
  const reach = Math.min(MAX_S, FIRST_S * 2 ** (attempt - 1));
  return attempt === 1 ? random * reach : reach / 2 + (random * reach) / 2;
}
