/** The timers of an actor, read from its system. */
import type { AnyActorRef } from 'xstate';
import { Scheduler, type DelayedEvent } from '../scheduler.ts';
import type { Timer } from './messages.ts';

/** How many timers of a system are looked through for those of one actor. */
const mostLookedThrough = 256;

/** @param most gives up where the system has more timers than this, for they are in one list. */
export function timersOf(actor: AnyActorRef, most = mostLookedThrough): Timer[] | undefined {
  const { scheduler } = actor.system;
  if (scheduler instanceof Scheduler) return Array.from(scheduler.of(actor), timerOf);
  // XState's own: its public reading copies the whole list each time.
  const { _snapshot } = actor.system as unknown as {
    _snapshot: { _scheduledEvents: Record<string, DelayedEvent> };
  };
  const timers: Timer[] = [];
  let seen = 0;
  for (const id in _snapshot._scheduledEvents) {
    const scheduled = _snapshot._scheduledEvents[id];
    if (seen === most) return undefined;
    seen += 1;
    if (scheduled === undefined || scheduled.source.sessionId !== actor.sessionId) continue;
    timers.push(timerOf(scheduled));
  }
  return timers;
}

function timerOf({ event, delay, startedAt }: DelayedEvent): Timer {
  return { event: event.type, dueAt: startedAt + delay, delayMs: delay };
}
