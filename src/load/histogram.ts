/**
 * A histogram keeps how often each duration was seen, in fixed memory and to two significant digits.
 *
 * Its buckets are those of an HDR histogram: as wide as a microsecond at first, and twice as wide in each further
 * octave, so that the relative error is the same for a microsecond and for a day. Count, average, minimum and
 * maximum are exact.
 */

/** A bucket that something fell into: durations from `fromMs` up to, but not including, `toMs`. */
export interface Bucket {
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
}

/** Buckets in each octave, as a power of two: 128 of them make an error of less than 1 %. */
const octaveBits = 7;
const perOctave = 2 ** octaveBits;

/** What is longer counts as this long: longer than the longest timer of Node, which is 25 days. */
const maxMicrosBits = 41;
const maxMicros = 2 ** maxMicrosBits - 1;

const bucketCount = indexOf(maxMicros) + 1;

export class Histogram {
  readonly #counts = new Float64Array(bucketCount);
  #count = 0;
  #sumMs = 0;
  #minMs = Infinity;
  #maxMs = 0;

  add(ms: number): void {
    const micros = Math.min(Math.max(Math.round(ms * 1_000), 0), maxMicros);
    const index = indexOf(micros);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#count += 1;
    this.#sumMs += ms;
    if (ms < this.#minMs) this.#minMs = ms;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  get count(): number {
    return this.#count;
  }

  /** 0 where nothing was added, as the figures below. */
  get average(): number {
    return this.#count === 0 ? 0 : this.#sumMs / this.#count;
  }

  get min(): number {
    return this.#count === 0 ? 0 : this.#minMs;
  }

  get max(): number {
    return this.#maxMs;
  }

  /** @returns the duration that `percent` of all do not exceed, by nearest rank, in milliseconds. */
  percentile(percent: number): number {
    if (this.#count === 0) return 0;
    const rank = Math.max(1, Math.ceil((this.#count * percent) / 100));
    let seen = 0;
    const index = this.#counts.findIndex((count) => (seen += count) >= rank);
    const middleMicros = lowestOf(index) + (widthOf(index) - 1) / 2;
    return Math.min(Math.max(middleMicros / 1_000, this.#minMs), this.#maxMs);
  }

  /** The buckets that are not empty, the shortest durations first. */
  *buckets(): Generator<Bucket, void> {
    for (const [index, count] of this.#counts.entries()) {
      if (count === 0) continue;
      const fromMs = lowestOf(index) / 1_000;
      yield { fromMs, toMs: fromMs + widthOf(index) / 1_000, count };
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#sumMs = 0;
    this.#minMs = Infinity;
    this.#maxMs = 0;
  }
}

/** The first two octaves have buckets of one microsecond; the others follow without a gap. */
function indexOf(micros: number): number {
  const octave = Math.max(0, bitsOf(micros) - octaveBits - 1);
  return octave * perOctave + Math.floor(micros / 2 ** octave);
}

function octaveOf(index: number): number {
  return Math.max(0, Math.floor(index / perOctave) - 1);
}

function lowestOf(index: number): number {
  const octave = octaveOf(index);
  return (index - octave * perOctave) * 2 ** octave;
}

function widthOf(index: number): number {
  return 2 ** octaveOf(index);
}

/** How many bits a whole number takes, also where it takes more than 32. */
function bitsOf(value: number): number {
  const high = Math.floor(value / 2 ** 32);
  return high > 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(value);
}
