/** However much happens, those who watch cost the server no more than they may. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, test } from 'vitest';
import { createActor, createMachine } from 'xstate';
import { systemClock } from '../../src/clock.ts';
import { Inspector } from '../../src/inspector/inspector.ts';
import { ringLimits, type RingLimits } from '../../src/inspector/ring.ts';
import { SystemSubject } from '../../src/inspector/system-subject.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const mebibyte = 1_024 ** 2;

/** What the heap holds once all that is garbage has been let go of. */
function heapMiB(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / mebibyte;
}

const machine = createMachine({
  id: 'switch',
  context: { note: 'x'.repeat(100) },
  initial: 'off',
  states: { off: { on: { flip: 'on' } }, on: { on: { flip: 'off' } } },
});

describe('what is kept while somebody watches', () => {
  const inspectors: Inspector[] = [];

  afterEach(async () => {
    for (const inspector of inspectors.splice(0)) await inspector.close();
  });

  /** An inspector with a viewer that reads everything, and what has actors come, do something, and go. */
  const watch = (limits: RingLimits) => {
    const subject = new SystemSubject('test');
    const faults: unknown[] = [];
    const inspector = new Inspector({
      subject,
      clock: systemClock,
      limits,
      onFault: (thrown) => faults.push(thrown),
    });
    inspectors.push(inspector);
    inspector.join({ bufferedBytes: 0, send: () => undefined, close: () => undefined });
    const liveOn = (actors: number) => {
      for (let count = 0; count < actors; count += 1) {
        const actor = createActor(machine, { inspect: (event) => subject.observe(event) }).start();
        for (let event = 0; event < 10; event += 1) actor.send({ type: 'flip' });
        actor.stop();
        // As a viewer is told, 20 times a second.
        if (count % 100 === 0) inspector.flush();
      }
      expect(faults).toEqual([]);
    };
    return { inspector, liveOn };
  };

  test(
    'keeps to its limits in number, in bytes and on the heap, whatever happens',
    { timeout: 60_000 },
    () => {
      const { inspector, liveOn } = watch(ringLimits);
      liveOn(1_000);
      expect(inspector.kept.records).toBe(ringLimits.records);
      const before = heapMiB();
      liveOn(2_000);
      expect(inspector.kept.records).toBe(ringLimits.records);
      expect(inspector.kept.bytes).toBeLessThanOrEqual(ringLimits.bytes);
      const bounded = heapMiB() - before;
      expect(bounded).toBeLessThan(3);

      // The same without a bound: that is what this would have found.
      const unbounded = watch({ records: 1e6, bytes: Infinity });
      const empty = heapMiB();
      unbounded.liveOn(2_000);
      expect(heapMiB() - empty).toBeGreaterThan(6);
    },
  );

  test('keeps fewer records where they are large', () => {
    const { inspector, liveOn } = watch({ records: 20_000, bytes: mebibyte });
    liveOn(1_000);
    expect(inspector.kept.bytes).toBeLessThanOrEqual(mebibyte);
    expect(inspector.kept.records).toBeLessThan(20_000);
    expect(inspector.kept.records).toBeGreaterThan(1_000);
  });
});
