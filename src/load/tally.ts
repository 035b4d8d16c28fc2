/** A tally counts things by name; past its number of names, which a server may choose, the rest is one. */

/** More names than any server has, and few enough to list. */
const maxNames = 64;

const others = 'others';

export class Tally {
  readonly #counts = new Map<string, number>();
  #total = 0;

  add(name: string): void {
    const key = this.#counts.has(name) || this.#counts.size < maxNames ? name : others;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    this.#total += 1;
  }

  get total(): number {
    return this.#total;
  }

  /** Each name with its count, the most frequent first. */
  entries(): [name: string, count: number][] {
    return [...this.#counts].toSorted(([, a], [, b]) => b - a);
  }
}
