/** A load test, run from its first user to its report. */
import { createActor, toPromise } from 'xstate';
import { systemClock, type Clock } from '../clock.ts';
import { Messages } from './messages.ts';
import { makeReport, type LoadReport } from './report.ts';
import { scenarioMachine, type Scenario } from './scenario.ts';
import { Statistics } from './statistics.ts';
import type { Threshold } from './threshold.ts';
import type { Point } from './timeline.ts';

export interface LoadTest {
  readonly scenario: Scenario;
  readonly thresholds?: readonly Threshold[];
  /** Ends the test before its time, with its report. */
  readonly signal?: AbortSignal;
  /** Is told what happened in each second. */
  readonly onSample?: (point: Point) => void;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** Nobody could join: the message says where, and why. */
export class CannotJoinError extends Error {
  override name = 'CannotJoinError';
}

/** Milliseconds since the epoch, to the microsecond. */
const preciseClock: Clock = { ...systemClock, now: () => performance.timeOrigin + performance.now() };

/**
 * Runs a load test.
 * @throws CannotJoinError when the first user cannot connect and join.
 */
export async function runLoadTest(test: LoadTest): Promise<LoadReport> {
  const { scenario, thresholds = [], signal, clock = preciseClock, random = Math.random } = test;
  const statistics = new Statistics();
  const startedAt = clock.now();
  const run = {
    id: Math.floor(random() * 36 ** 6)
      .toString(36)
      .padStart(6, '0'),
    startedAt,
    clock,
    random,
    statistics,
    messages: new Messages(),
    url: scenario.url,
    rooms: scenario.rooms,
    rate: scenario.rate,
    payloadBytes: scenario.payloadBytes,
  };
  const actor = createActor(scenarioMachine, {
    id: 'scenario',
    clock,
    input: { scenario, run, onSample: test.onSample ?? (() => {}) },
  });
  const stop = () => actor.send({ type: 'stop' });
  signal?.addEventListener('abort', stop);
  const ended = toPromise(actor);
  actor.start();
  if (signal?.aborted === true) stop();
  const output = await ended;
  signal?.removeEventListener('abort', stop);
  if (output.problem !== undefined) {
    throw new CannotJoinError(`cannot join ${scenario.url}: ${output.problem}`);
  }
  return makeReport({ scenario, statistics, output, thresholds, startedAt: new Date(startedAt) });
}
