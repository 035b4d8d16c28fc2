/** Measure takes a case of any kind to the module that knows how. */
import { measureHalfLoad, type HalfLoad } from './half-load.ts';
import { measureHold, type Hold } from './hold.ts';
import { measureIdle, type Idle } from './idle.ts';
import type { Conditions, Contender } from './interleave.ts';
import { measureSlowConsumer, type SlowConsumer } from './slow-consumer.ts';
import { measureStorm, type Storm } from './storm.ts';
import { measureTalk, type Talk } from './talk.ts';
import { measureWatched, type Watched } from './watched.ts';

export type Measurement = Talk | HalfLoad | SlowConsumer | Idle | Storm | Hold | Watched;

export async function measure(measurement: Measurement, conditions: Conditions): Promise<Contender[]> {
  switch (measurement.kind) {
    case 'talk':
      return measureTalk(measurement, conditions);
    case 'half load':
      return measureHalfLoad(measurement, conditions);
    case 'slow consumer':
      return measureSlowConsumer(measurement, conditions);
    case 'idle':
      return measureIdle(measurement, conditions);
    case 'storm':
      return measureStorm(measurement, conditions);
    case 'hold':
      return measureHold(measurement, conditions);
    case 'watched':
      return measureWatched(measurement, conditions);
    default:
      return measurement satisfies never;
  }
}
