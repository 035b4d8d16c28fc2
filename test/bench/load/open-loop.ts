/**
 * The open loop: messages at a given rate, whatever comes back.
 *
 * Each is stamped with the time at which it was due, not the time at which it was written: when the server makes
 * the generator wait, that counts as latency.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadOutput, OpenLoopInput } from '../ipc/calls.ts';
import type { Crowd } from './crowd.ts';
import { Run } from './run.ts';

export async function openLoop(crowd: Crowd, input: OpenLoopInput): Promise<LoadOutput> {
  const run = new Run(crowd, input.sampleEvery);
  const senders = crowd.senders(input.senders);
  const startedMs = performance.now();
  const msPerMessage = 1_000 / input.rate;
  const total = Math.floor(input.durationMs / msPerMessage);
  for (let sent = 0; sent < total;) {
    const due = Math.min(total, Math.floor((performance.now() - startedMs) / msPerMessage));
    for (; sent < due; sent++) {
      run.say(senders[sent % senders.length]!, 1, startedMs + sent * msPerMessage);
    }
    await sleep(1);
  }
  return run.finish();
}
