/** Plain values that tell their changes; fits Svelte's store contract without knowing Svelte. */

import type { Readable } from "./types";

export class Observable<T> implements Readable<T> {
  private readonly listeners = new Set<(value: T) => void>();

  constructor(private value: T) {}

  get(): T {
    return this.value;
  }

  set(value: T): void {
    this.value = value;
    for (const listener of [...this.listeners]) listener(value);
  }

  subscribe(run: (value: T) => void): () => void {
    this.listeners.add(run);
    run(this.value);
    return () => {
      this.listeners.delete(run);
    };
  }
}
