import { describe, expect, test } from 'vitest';
import { Limiters } from '../src/limiters.ts';

describe('limiters by key', () => {
  test('hold each key to its own limit', () => {
    const limiters = new Limiters({ rate: 1, burst: 2 });
    expect([1, 2, 3].map(() => limiters.take('192.0.2.1', 0))).toEqual([0, 0, 1_000]);
    expect(limiters.take('192.0.2.2', 0)).toBe(0);
    expect(limiters.take('192.0.2.1', 1_000)).toBe(0);
  });

  test('let everything pass where the rate is 0, and remember nobody', () => {
    const limiters = new Limiters({ rate: 0, burst: 1 });
    for (let i = 0; i < 100; i += 1) expect(limiters.take('192.0.2.1', 0)).toBe(0);
    expect(limiters.size).toBe(0);
  });

  test('remember ten thousand keys, and forget the one that was quiet longest', () => {
    const limiters = new Limiters({ rate: 1, burst: 1 });
    for (let i = 0; i < 10_000; i += 1) limiters.take(`address ${i}`, 0);
    limiters.take('address 0', 0);
    limiters.take('one more', 0);
    expect(limiters.size).toBe(10_000);
    expect(limiters.take('address 0', 0)).toBeGreaterThan(0);
    expect(limiters.take('address 1', 0)).toBe(0);
  });
});
