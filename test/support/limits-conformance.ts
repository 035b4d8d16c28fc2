/** The limits conformance suite: what limits owe the server, of one process or of several. It waits for what it is owed. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Counted, Limits, Verdict } from '../../src/limits.ts';

/** What every suite's limits are. */
export const testLimits = {
  maxConnectionsPerAddress: 3,
  maxConnectionsPerUser: 2,
  userRate: 1,
  userBurst: 5,
} as const;

export interface LimitsUnderTest {
  readonly limits: Limits;
  readonly stop?: () => Promise<void> | void;
}

export function enter(limits: Limits, by: Counted, key: string): Promise<boolean> {
  return new Promise((resolve) => {
    limits.enter(by, key, resolve);
  });
}

export function weigh(limits: Limits, said: Readonly<Record<string, number>>): Promise<Map<string, Verdict>> {
  return new Promise((resolve) => {
    limits.weigh(new Map(Object.entries(said)), (verdicts) => resolve(new Map(verdicts)));
  });
}

/** Asks so often at once. @returns how many were let in. */
export async function storm(limits: Limits, by: Counted, key: string, times: number): Promise<number> {
  const answers = await Promise.all(Array.from({ length: times }, () => enter(limits, by, key)));
  return answers.filter(Boolean).length;
}

/** How many messages more may have passed since then, beyond the burst. */
export function passedSince(startedAt: number): number {
  return Math.ceil(((performance.now() - startedAt) / 1_000) * testLimits.userRate);
}

const strangeKeys = ['2001:db8::1', '}', '{', '{}', 'a{b}c', ' ', '寿司', '"\\', 'x'.repeat(64)];

export function describeLimits(name: string, create: () => Promise<LimitsUnderTest> | LimitsUnderTest): void {
  async function start(): Promise<Limits> {
    const { limits, stop } = await create();
    onTestFinished(async () => stop?.());
    return limits;
  }

  describe(`the ${name} limits`, () => {
    test('let in as many as there may be, and one more for each that leaves', async () => {
      const limits = await start();
      for (let count = 0; count < 3; count += 1) expect(await enter(limits, 'address', 'here')).toBe(true);
      expect(await enter(limits, 'address', 'here')).toBe(false);
      limits.leave('address', 'here');
      expect(await enter(limits, 'address', 'here')).toBe(true);
      expect(await enter(limits, 'address', 'here')).toBe(false);
    });

    test('let in as many of those who ask at once', async () => {
      const limits = await start();
      expect(await storm(limits, 'address', 'here', 100)).toBe(3);
      for (let count = 0; count < 3; count += 1) limits.leave('address', 'here');
      expect(await storm(limits, 'address', 'here', 100)).toBe(3);
    });

    test('count addresses and users each by themselves, whatever they are called', async () => {
      const limits = await start();
      for (const key of strangeKeys) {
        expect([key, await storm(limits, 'address', key, 5), await storm(limits, 'user', key, 5)]).toEqual([
          key,
          3,
          2,
        ]);
      }
    });

    test('let a user say a burst at once, and tell after how long the next message may be said', async () => {
      const limits = await start();
      const verdict = (await weigh(limits, { ann: 8 })).get('ann');
      expect(verdict?.passes).toBe(5);
      expect(verdict?.retryAfterMs).toBeGreaterThan(0);
      expect(verdict?.retryAfterMs).toBeLessThanOrEqual(1_000);
    });

    test('add up what a user says one after the other', async () => {
      const limits = await start();
      const startedAt = performance.now();
      const verdicts = await Promise.all([1, 2, 3].map(() => weigh(limits, { ann: 3 })));
      const passes = verdicts.map((verdict) => verdict.get('ann')?.passes ?? 0);
      expect(passes[0]).toBe(3);
      const all = passes.reduce((sum, some) => sum + some, 0);
      expect(all).toBeGreaterThanOrEqual(5);
      expect(all).toBeLessThanOrEqual(5 + passedSince(startedAt));
    });

    test('hold each user to its own limit', async () => {
      const limits = await start();
      const said = Object.fromEntries(strangeKeys.map((key) => [key, 5]));
      const all = { passes: 5, retryAfterMs: 0 };
      expect(await weigh(limits, said)).toEqual(new Map(strangeKeys.map((key) => [key, all])));
    });

    test('let pass again what was too early, when it is due', async () => {
      const limits = await start();
      let verdict = (await weigh(limits, { ann: 6 })).get('ann');
      expect(verdict?.passes).toBe(5);
      while (verdict?.passes !== 1) {
        await pause(verdict?.retryAfterMs);
        verdict = (await weigh(limits, { ann: 1 })).get('ann');
      }
      expect(verdict.retryAfterMs).toBe(0);
    });
  });
}
