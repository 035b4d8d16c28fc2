import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { MemoryLimits } from '../../src/limits/memory.ts';
import { describeLimits, storm, testLimits, weigh } from '../support/limits-conformance.ts';
import { SimulatedClock } from '../support/simulated-clock.ts';

describeLimits('memory', () => ({ limits: new MemoryLimits({ settings: testLimits, clock: systemClock }) }));

describe('memory limits', () => {
  test('say to the millisecond when the next message may be said', async () => {
    const clock = new SimulatedClock();
    const limits = new MemoryLimits({ settings: testLimits, clock });
    expect((await weigh(limits, { ann: 7 })).get('ann')).toEqual({ passes: 5, retryAfterMs: 1_000 });
    clock.advance(999);
    expect((await weigh(limits, { ann: 1 })).get('ann')).toEqual({ passes: 0, retryAfterMs: 1 });
    clock.advance(1);
    expect((await weigh(limits, { ann: 2 })).get('ann')).toEqual({ passes: 1, retryAfterMs: 1_000 });
  });

  test('of 0 let in all who ask, and let pass all that is said', async () => {
    const settings = { maxConnectionsPerAddress: 0, maxConnectionsPerUser: 0, userRate: 0, userBurst: 1 };
    const limits = new MemoryLimits({ settings, clock: systemClock });
    expect(await storm(limits, 'address', 'here', 1_000)).toBe(1_000);
    expect((await weigh(limits, { ann: 1_000 })).get('ann')).toEqual({ passes: 1_000, retryAfterMs: 0 });
  });
});
