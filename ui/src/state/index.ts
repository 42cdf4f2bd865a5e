/**
 * The state of the page, for components: plain stores and pure functions.
 *
 * `createAccount` and `openWatch` make the two living objects; the rest are values.
 */

export type * from "./api";
export type * from "./types";
export { STATUS_CLASSES } from "./types";
