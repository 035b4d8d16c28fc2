import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Histogram } from '../../src/load/histogram.ts';

/** Durations from less than a microsecond to a day, the short ones as likely as the long. */
const durationMs = fc
  .double({ min: -4, max: 7.9, noNaN: true })
  .map((exponent) => 10 ** exponent)
  .filter((ms) => ms > 0);

function histogramOf(durations: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const ms of durations) histogram.add(ms);
  return histogram;
}

test('each percentile is the exact one to less than 1 % and a microsecond', () => {
  const percents = fc.constantFrom(0, 1, 50, 90, 95, 99, 99.9, 100);
  fc.assert(
    fc.property(fc.array(durationMs, { minLength: 1, maxLength: 300 }), percents, (durations, percent) => {
      const sorted = durations.toSorted((a, b) => a - b);
      const exact = sorted[Math.max(1, Math.ceil((sorted.length * percent) / 100)) - 1] ?? Number.NaN;
      const error = Math.abs(histogramOf(durations).percentile(percent) - exact);
      expect(error).toBeLessThanOrEqual(exact / 128 + 0.001);
    }),
  );
});

test('count, average, minimum and maximum are exact, and no percentile is outside of them', () => {
  fc.assert(
    fc.property(fc.array(durationMs, { minLength: 1, maxLength: 100 }), (durations) => {
      const histogram = histogramOf(durations);
      const sum = durations.reduce((a, b) => a + b, 0);
      expect(histogram.count).toBe(durations.length);
      expect(histogram.average).toBeCloseTo(sum / durations.length, 6);
      expect(histogram.min).toBe(Math.min(...durations));
      expect(histogram.max).toBe(Math.max(...durations));
      expect(histogram.percentile(0)).toBeGreaterThanOrEqual(histogram.min);
      expect(histogram.percentile(100)).toBeLessThanOrEqual(histogram.max);
    }),
  );
});

test('the buckets lie side by side, in order, and hold all that was added', () => {
  fc.assert(
    fc.property(fc.array(durationMs, { maxLength: 200 }), (durations) => {
      const buckets = [...histogramOf(durations).buckets()];
      expect(buckets.reduce((sum, { count }) => sum + count, 0)).toBe(durations.length);
      for (const [index, { fromMs, toMs }] of buckets.entries()) {
        expect(toMs).toBeGreaterThan(fromMs);
        expect(fromMs).toBeGreaterThanOrEqual(buckets[index - 1]?.toMs ?? 0);
      }
      for (const ms of durations) {
        const micros = Math.round(ms * 1_000);
        const holds = ({ fromMs, toMs }: { fromMs: number; toMs: number }) =>
          Math.round(fromMs * 1_000) <= micros && micros < Math.round(toMs * 1_000);
        expect(buckets.filter(holds)).toHaveLength(1);
      }
    }),
    { numRuns: 30 },
  );
});

describe('at its ends', () => {
  test('an empty histogram has zeros and no bucket', () => {
    const { count, average, min, max } = new Histogram();
    expect({ count, average, min, max }).toEqual({ count: 0, average: 0, min: 0, max: 0 });
    expect(new Histogram().percentile(99)).toBe(0);
    expect([...new Histogram().buckets()]).toEqual([]);
  });

  test('what is longer than its range counts as the longest, and what is negative as none', () => {
    const histogram = histogramOf([-5, 1e12]);
    expect([...histogram.buckets()].map(({ count }) => count)).toEqual([1, 1]);
    expect(histogram.percentile(50)).toBe(0);
  });

  test('cleared, it is as if new', () => {
    const histogram = histogramOf([1, 2, 3]);
    histogram.clear();
    histogram.add(7);
    expect([histogram.count, histogram.min, histogram.max, histogram.percentile(50)]).toEqual([1, 7, 7, 7]);
  });
});
