/** A value that a person clicked or selected in a line. */

export interface PickedValue {
  column: "server" | "type" | "status" | "request_id" | "text";
  value: string;
}
