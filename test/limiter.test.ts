import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Limiter } from '../src/limiter.ts';

const start = Date.UTC(2026, 0, 1);

/** A bucket of `burst` tokens that gains one every `intervalMs`: counted in whole milliseconds, so without error. */
class TokenBucket {
  readonly #intervalMs: number;
  readonly #fullMs: number;
  #heldMs: number;
  #at = start;

  constructor(intervalMs: number, burst: number) {
    this.#intervalMs = intervalMs;
    this.#fullMs = intervalMs * burst;
    this.#heldMs = this.#fullMs;
  }

  take(now: number): number {
    this.#heldMs = Math.min(this.#fullMs, this.#heldMs + now - this.#at);
    this.#at = now;
    if (this.#heldMs < this.#intervalMs) return this.#intervalMs - this.#heldMs;
    this.#heldMs -= this.#intervalMs;
    return 0;
  }
}

/** The rates whose interval is a whole number of milliseconds. */
const exactRates = [1, 2, 4, 5, 8, 10, 20, 25, 40, 50, 100, 125, 200, 250, 500, 1_000];
const pauses = fc.array(fc.oneof(fc.constant(0), fc.nat({ max: 50 }), fc.nat({ max: 3_000 })), {
  maxLength: 150,
});
const bursts = fc.integer({ min: 1, max: 30 });

function moments(gaps: readonly number[]): number[] {
  let now = start;
  return gaps.map((gap) => (now += gap));
}

describe('whenever the events come', () => {
  test('a limiter says what a token bucket of the same rate and burst says, and the same wait', () => {
    fc.assert(
      fc.property(fc.constantFrom(...exactRates), bursts, pauses, (rate, burst, gaps) => {
        const limiter = new Limiter(rate, burst);
        const bucket = new TokenBucket(1_000 / rate, burst);
        for (const now of moments(gaps)) expect(limiter.take(now)).toBe(bucket.take(now));
      }),
    );
  });

  test('no stretch of time lets through more than its share and one burst', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), bursts, pauses, (rate, burst, gaps) => {
        const limiter = new Limiter(rate, burst);
        const passed = moments(gaps).filter((now) => limiter.take(now) === 0);
        for (const [first, from] of passed.entries()) {
          for (const [last, until] of passed.entries()) {
            if (last < first) continue;
            const share = ((until - from) * rate) / 1_000;
            expect(last - first + 1).toBeLessThanOrEqual(burst + share + 0.001);
          }
        }
      }),
    );
  });

  test('who waits as long as was said passes, and who comes a millisecond before does not', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), bursts, pauses, (rate, burst, gaps) => {
        const limiter = new Limiter(rate, burst);
        let now = start;
        for (const gap of gaps) {
          now += gap;
          const wait = limiter.take(now);
          expect(Number.isInteger(wait)).toBe(true);
          if (wait === 0) continue;
          // A millisecond early it is still one too early; where that is now, it has just been asked.
          const before = wait > 1 ? limiter.take(now + wait - 1) : wait;
          now += wait;
          expect([before, limiter.take(now)]).toEqual([1, 0]);
        }
      }),
    );
  });
});

/** A limiter of 10 a second and a burst of 3, of which nothing is left. */
function exhausted(): Limiter {
  const limiter = new Limiter(10, 3);
  expect([0, 0, 0].map(() => limiter.take(start))).toEqual([0, 0, 0]);
  return limiter;
}

describe('a limiter of 10 a second with a burst of 3', () => {
  test('refuses the fourth at once, and says when it would pass', () => {
    expect(exhausted().take(start)).toBe(100);
  });

  test('forgives a refusal: it costs nothing', () => {
    const limiter = exhausted();
    for (let ms = 0; ms < 100; ms += 1) expect(limiter.take(start + ms)).toBe(100 - ms);
    expect(limiter.take(start + 100)).toBe(0);
  });

  test('has its whole burst again after 300 ms, and no more after an hour', () => {
    for (const later of [start + 300, start + 3_600_000]) {
      const limiter = exhausted();
      expect([0, 0, 0, 0].map(() => limiter.take(later))).toEqual([0, 0, 0, 100]);
    }
  });

  test('with a burst of 1 they must come evenly', () => {
    const limiter = new Limiter(10, 1);
    expect([0, 50, 100, 199, 200].map((ms) => limiter.take(start + ms))).toEqual([0, 50, 0, 1, 0]);
  });

  test('lets nobody wait for more than one event where the clock was set back by an hour', () => {
    const limiter = exhausted();
    const back = start - 3_600_000;
    expect([0, 100, 200].map((ms) => limiter.take(back + ms))).toEqual([100, 0, 0]);
  });
});
