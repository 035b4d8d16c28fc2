/** A sampler lets so many records of the data plane through between two ticks, and counts the others. */

/** Records from one tick to the next, of which there are 20 a second. */
const recordsPerTick = 25;

export class Sampler {
  /** How many were left out so far. */
  sampledAway = 0;
  #left = recordsPerTick;

  /** @returns whether one more may be recorded. */
  take(): boolean {
    if (this.#left > 0) {
      this.#left -= 1;
      return true;
    }
    this.sampledAway += 1;
    return false;
  }

  tick(): void {
    this.#left = recordsPerTick;
  }
}
