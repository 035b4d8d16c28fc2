/**
 * A tally is how many connections one address, or one user, has on this server, told to Redis; and those that ask to come in.
 *
 * What it tells is the number itself and never a difference, one telling after the other: whatever was lost on the way, the
 * next one puts it right. And it holds for a while only, so that a server that dies takes its number with it. Redis lets in as
 * many of those who ask as there is room for over all servers, in the same step.
 */

/** Tells Redis how many there are, and how many ask. @returns how many of these may come in. @throws where there is no answer. */
export type Tell = (held: number, asking: number) => Promise<number>;

type Asker = (isIn: boolean) => void;

export class Tally {
  readonly #most: number;
  #held = 0;
  #waiting: Asker[] = [];
  #underWay: Asker[] = [];
  #isTelling = false;
  /** What Redis has; unknown after a telling that has failed. */
  #told: number | undefined = 0;

  /** @param most how many there may be, over all servers. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Whether there is nothing to tell. */
  get isTold(): boolean {
    return !this.#isTelling && this.#waiting.length === 0 && this.#told === this.#held;
  }

  /** Whether there is nobody. */
  get isEmpty(): boolean {
    return this.#held === 0 && this.#waiting.length + this.#underWay.length === 0;
  }

  /** One more asks to come in: it is answered when that has been told, or decided alone. */
  ask(asker: Asker): void {
    this.#waiting.push(asker);
  }

  leave(): void {
    this.#held -= 1;
  }

  /** Redis may have forgotten what it was told. */
  doubt(): void {
    this.#told = undefined;
  }

  /** Decides by what this server knows: whoever asks is answered, now. */
  decideAlone(): void {
    const asking = [...this.#underWay, ...this.#waiting];
    this.#underWay = [];
    this.#waiting = [];
    this.#answer(asking, this.#most - this.#held);
  }

  /** Tells all there is to tell, unless that is under way already. @throws what `tell` throws; then all is to be told again. */
  async tell(tell: Tell): Promise<void> {
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      while (this.#waiting.length > 0 || this.#told !== this.#held) await this.#tellOnce(tell);
    } finally {
      this.#isTelling = false;
    }
  }

  async #tellOnce(tell: Tell): Promise<void> {
    const held = this.#held;
    const asking = this.#waiting;
    this.#waiting = [];
    this.#underWay = asking;
    try {
      const passes = await tell(held, asking.length);
      this.#told = held + passes;
      // Those whom nobody had the patience to let wait are answered already.
      const undecided = this.#underWay;
      this.#underWay = [];
      this.#answer(undecided, passes);
    } catch (error) {
      this.#told = undefined;
      this.decideAlone();
      throw error;
    }
  }

  #answer(askers: readonly Asker[], room: number): void {
    const passes = Math.max(0, Math.min(room, askers.length));
    this.#held += passes;
    for (const [index, asker] of askers.entries()) asker(index < passes);
  }
}
