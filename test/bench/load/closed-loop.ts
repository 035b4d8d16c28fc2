/**
 * The closed loop: each sender keeps so many messages under way and sends the next when one of its own came back,
 * so that the server is as busy as it can be and nothing piles up.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClosedLoopInput, LoadOutput } from '../ipc/calls.ts';
import type { Crowd } from './crowd.ts';
import { Run } from './run.ts';

export async function closedLoop(crowd: Crowd, input: ClosedLoopInput): Promise<LoadOutput> {
  const run = new Run(crowd, input.sampleEvery);
  crowd.onReturned = (member, count) => run.say(member, count, performance.now());
  for (const sender of crowd.senders(input.senders)) run.say(sender, input.inFlight, performance.now());
  await sleep(input.durationMs);
  crowd.onReturned = undefined;
  return run.finish();
}
