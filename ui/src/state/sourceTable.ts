/** The sources of an environment, numbered; what is loaded knows them by number. */

import type { SourceInfo } from "./types";

export class SourceTable {
  readonly list: SourceInfo[] = [];
  private readonly numbers = new Map<string, number>();

  /** The number of a source, which gets one if it is new. */
  number(server: string, type: string, display = type): number {
    const key = `${server} ${type}`;
    let number = this.numbers.get(key);
    if (number === undefined) {
      number = this.list.length;
      this.numbers.set(key, number);
      this.list.push({ server, type, display, present: false, chosen: true });
    }
    return number;
  }

  get(number: number): SourceInfo {
    return this.list[number] as SourceInfo;
  }

  /** Whether there is none but it is known by now. */
  has(server: string, type: string): boolean {
    return this.numbers.has(`${server} ${type}`);
  }
}
