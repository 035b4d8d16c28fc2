/** The minutes of one run: what happened, for those who want to read it, and every rule that was broken. */
import type { Clock } from '../../src/clock.ts';

/** After so many broken rules nobody reads on. */
const maxBroken = 20;

export class Minutes {
  readonly broken: string[] = [];
  readonly lines: string[] = [];
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #isDetailed: boolean;

  /** @param isDetailed whether all that happens is written down, and not only what breaks a rule. */
  constructor(clock: Clock, isDetailed: boolean) {
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#isDetailed = isDetailed;
  }

  note(who: string, what: () => string): void {
    if (this.#isDetailed) this.lines.push(`${this.#time()}  ${who.padEnd(14)} ${what()}`);
  }

  breaks(rule: string): void {
    const line = `${this.#time()}  ${rule}`;
    if (this.broken.length < maxBroken) this.broken.push(line);
    if (this.#isDetailed) this.lines.push(`${line}  ← BROKEN`);
  }

  #time(): string {
    return `+${((this.#clock.now() - this.#startedAt) / 1_000).toFixed(3)} s`.padStart(11);
  }
}
