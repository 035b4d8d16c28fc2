/** A storm place is how far a client has heard its room, over all its connections, and what was wrong with what it heard. */
import type { WelcomeMessage } from '../../src/index.ts';

export class StormPlace {
  readonly wrong: string[] = [];
  #epoch = '';
  #offset = 0;

  get offset(): number {
    return this.#offset;
  }

  /** Asks to go on from here, as the end of a URL that has a query. */
  get since(): string {
    return this.#epoch === '' ? '' : `&after=${this.#offset}&epoch=${this.#epoch}`;
  }

  /** It has come in, or is told its place anew. */
  enter({ epoch, offset, recovered }: WelcomeMessage): void {
    const isNew = this.#epoch === '';
    if (!isNew && (!recovered || epoch !== this.#epoch))
      this.wrong.push(`not recovered after ${this.#offset}`);
    if (isNew && offset !== 0) this.wrong.push(`came late, at ${offset}`);
    this.#epoch = epoch;
  }

  /** Takes the next message. */
  hear(offset: number): void {
    if (offset !== this.#offset + 1) this.wrong.push(`${offset} after ${this.#offset}`);
    this.#offset = offset;
  }
}
