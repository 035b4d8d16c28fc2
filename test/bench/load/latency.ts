/** Latency gathers the samples of one run and sums them up as percentiles. */
import type { Percentiles } from '../ipc/calls.ts';

export class Latency {
  readonly #samplesMs: number[] = [];

  add(ms: number): void {
    this.#samplesMs.push(ms);
  }

  /** @returns the percentiles by nearest rank; zeros where there is no sample. */
  percentiles(): Percentiles {
    const sorted = Float64Array.from(this.#samplesMs).toSorted();
    const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
    return { p50: at(0.5), p99: at(0.99), max: at(1) };
  }
}
