/**
 * The closed loop: so many messages are under way, and the next is sent when one has arrived, so that the server is
 * as busy as it can be and nothing piles up.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClosedLoopInput, LoadOutput } from '../ipc/calls.ts';
import type { Crowd } from './crowd.ts';
import type { Member } from './member.ts';
import { Run } from './run.ts';

export async function closedLoop(crowd: Crowd, input: ClosedLoopInput): Promise<LoadOutput> {
  const run = new Run(crowd, input.sampleEvery);
  const senders = crowd.senders(input.senders);
  if (input.next === 'own came back') sayWhenReturned(crowd, run);
  else sayWhenDelivered(crowd, run, senders);
  for (const sender of senders) run.say(sender, input.inFlight, performance.now());
  await sleep(input.durationMs);
  crowd.onReturned = undefined;
  crowd.onDelivery = undefined;
  return run.finish();
}

function sayWhenReturned(crowd: Crowd, run: Run): void {
  crowd.onReturned = (member, count) => run.say(member, count, performance.now());
}

/** One more message, by the senders in turn, for every room's worth of deliveries; there is one room. */
function sayWhenDelivered(crowd: Crowd, run: Run, senders: readonly Member[]): void {
  const everyone = crowd.sizeOf(senders[0]?.room ?? '');
  let turn = 0;
  const wait = (): void => {
    crowd.onDelivery = { number: crowd.deliveries + everyone, tell: sayNext };
  };
  const sayNext = (): void => {
    wait();
    run.say(senders[turn++ % senders.length]!, 1, performance.now());
  };
  wait();
}
