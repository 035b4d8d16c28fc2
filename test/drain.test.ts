import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createActor, setup } from 'xstate';
import { closeCodes } from '../src/close-codes.ts';
import type { ConnectionActor } from '../src/connection.ts';
import type { Connection } from '../src/connections.ts';
import { drainLogic } from '../src/drain.ts';
import { trackActors } from '../src/leaks.ts';
import { mulberry32 } from './support/random.ts';
import { SimulatedClock } from './support/simulated-clock.ts';

const { code, reason } = closeCodes.restarting;

interface Asking {
  readonly member: number;
  readonly atMs: number;
}

/** Drains a crowd; time stands still until the test moves it. */
function startDrain(size: number, spreadMs: number, seed = 1) {
  const clock = new SimulatedClock();
  const leaks = trackActors({ clock, processResources: false });
  const startedAt = clock.now();
  const askings: Asking[] = [];
  const gone = new Set<number>();
  const askedMs: number[] = [];

  const actorOf = (member: number) => ({
    getSnapshot: () => ({ status: gone.has(member) ? 'done' : 'active' }),
    send(event: object) {
      expect(event).toEqual({ type: 'close', code, reason });
      askings.push({ member, atMs: clock.now() - startedAt });
    },
  });
  const connections = new Set(
    Array.from(
      { length: size },
      (_, member) => ({ actor: actorOf(member) as unknown as ConnectionActor }) as Connection,
    ),
  );
  const input = { connections, clock: leaks.clock, random: mulberry32(seed), spreadMs };
  const parent = setup({
    types: { events: {} as { type: 'asked' } },
    actors: { drain: drainLogic },
  }).createMachine({
    invoke: { src: 'drain', input },
    on: { asked: { actions: () => askedMs.push(clock.now() - startedAt) } },
  });
  const actor = createActor(parent, { inspect: leaks.inspect }).start();
  return { actor, clock, leaks, askings, gone, askedMs };
}

function membersIn(askings: readonly Asking[]): number[] {
  return askings.map(({ member }) => member);
}

describe('a drain', () => {
  test('of nobody says at once that all have been asked', () => {
    const { clock, askings, askedMs } = startDrain(0, 25_000);
    clock.settle();
    expect(askings).toEqual([]);
    expect(askedMs).toEqual([0]);
  });

  test('asks everyone once, within the time there is, and says so once after the last', () => {
    const crowd = fc.integer({ min: 1, max: 600 });
    const time = fc.integer({ min: 0, max: 60_000 });
    const property = fc.property(crowd, time, fc.integer(), (size, spreadMs, seed) => {
      const { actor, clock, leaks, askings, askedMs } = startDrain(size, spreadMs, seed);
      clock.advance(spreadMs);
      expect(membersIn(askings).toSorted((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, i) => i));
      expect(askedMs).toHaveLength(1);
      expect(askedMs[0]).toBeGreaterThanOrEqual(askings.at(-1)?.atMs ?? 0);
      expect(clock.pending).toBe(0);
      actor.stop();
      expect(leaks.alive()).toEqual([]);
    });
    fc.assert(property);
  }, 60_000);

  test('asks a few in a moment, though there is much time', () => {
    const { clock, askings, askedMs } = startDrain(5, 25_000);
    clock.advance(50);
    expect(askings).toHaveLength(5);
    expect(askedMs).toEqual([50]);
  });

  test('asks many over the whole time, in batches alike', () => {
    const { clock, askings } = startDrain(2_000, 20_000);
    for (let second = 2; second <= 20; second += 2) {
      clock.advance(2_000);
      expect(askings).toHaveLength(second * 100);
    }
  });

  test('asks each one of a batch at a moment of its own', () => {
    const { clock, askings } = startDrain(100, 1_000);
    clock.advance(1_000);
    const moments = new Set(askings.map(({ atMs }) => atMs));
    expect(moments.size).toBe(100);
    const firstHalf = askings.filter(({ atMs }) => atMs < 500).length;
    expect(firstHalf).toBeGreaterThan(30);
    expect(firstHalf).toBeLessThan(70);
  });

  test('does not ask first who came first', () => {
    const firstAsked = Array.from({ length: 20 }, (_, seed) => {
      const { clock, askings } = startDrain(1_000, 20_000, seed);
      clock.advance(2_000);
      return membersIn(askings).filter((member) => member < 100).length;
    });
    // A tenth of all in the first batch, and of those a tenth, more or less.
    for (const early of firstAsked) expect(early).toBeLessThan(30);
    expect(new Set(firstAsked).size).toBeGreaterThan(1);
  });

  test('does not ask who has gone by itself meanwhile', () => {
    const { clock, askings, gone, askedMs } = startDrain(10, 1_000);
    gone.add(3).add(7);
    clock.advance(1_000);
    expect(membersIn(askings).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 4, 5, 6, 8, 9]);
    expect(askedMs).toHaveLength(1);
  });

  test('that is stopped asks nobody any more, and leaves no timer', () => {
    const { actor, clock, leaks, askings, askedMs } = startDrain(1_000, 20_000);
    clock.advance(3_000);
    const asked = askings.length;
    expect(asked).toBeGreaterThan(0);
    actor.stop();
    expect(clock.pending).toBe(0);
    expect(leaks.alive()).toEqual([]);
    clock.advance(20_000);
    expect(askings).toHaveLength(asked);
    expect(askedMs).toEqual([]);
  });
});
