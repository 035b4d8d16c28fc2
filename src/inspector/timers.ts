/** The timers of an actor, read from its system. */
import type { AnyActorRef } from 'xstate';
import type { Timer } from './messages.ts';

interface Scheduled {
  readonly source: AnyActorRef;
  readonly event: { readonly type: string };
  readonly delay: number;
  readonly startedAt: number;
}

/** How many timers of a system are looked through for those of one actor. */
const mostLookedThrough = 256;

/** @param most gives up where the system has more timers than this, for they are in one list. */
export function timersOf(actor: AnyActorRef, most = mostLookedThrough): Timer[] | undefined {
  // Its public reading copies the whole list each time.
  const { _snapshot } = actor.system as unknown as {
    _snapshot: { _scheduledEvents: Record<string, Scheduled> };
  };
  const timers: Timer[] = [];
  let seen = 0;
  for (const id in _snapshot._scheduledEvents) {
    const scheduled = _snapshot._scheduledEvents[id];
    if (seen === most) return undefined;
    seen += 1;
    if (scheduled === undefined || scheduled.source.sessionId !== actor.sessionId) continue;
    const { event, delay, startedAt } = scheduled;
    timers.push({ event: event.type, dueAt: startedAt + delay, delayMs: delay });
  }
  return timers;
}
