/**
 * The ledger keeps what processes have counted that are gone, so that a sum over all never goes backwards: of one that has
 * drained to the last, of one that was killed as it was when it was asked last.
 */
import { arithmetic, type Figures, type Topic } from '../figures.ts';

export class Ledger<T extends Topic> {
  readonly #topic: T;
  readonly #last = new Map<number, Figures[T]>();
  #gone: Promise<Figures[T] | undefined> = Promise.resolve(undefined);

  constructor(topic: T) {
    this.#topic = topic;
  }

  /** Takes what a process counts now. */
  note(process: number, figures: Figures[T]): void {
    this.#last.set(process, figures);
  }

  /** A process is gone: what it has counted is kept. */
  bury(process: number): void {
    const last = this.#last.get(process);
    this.#last.delete(process);
    if (last === undefined) return;
    const { counts, sum } = arithmetic[this.#topic];
    this.#gone = this.#gone.then((gone) => {
      const kept = counts(last);
      return gone === undefined ? kept : sum([gone, kept]);
    });
  }

  /** @returns what those have counted that are gone, and those who live but did not answer. */
  async kept(answered: ReadonlySet<number>): Promise<Figures[T][]> {
    const { counts } = arithmetic[this.#topic];
    const silent = [...this.#last].filter(([process]) => !answered.has(process));
    const gone = await this.#gone;
    return [...(gone === undefined ? [] : [gone]), ...silent.map(([, figures]) => counts(figures))];
  }
}
