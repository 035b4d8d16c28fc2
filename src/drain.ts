/**
 * A drain closes all connections, spread over time, so that those who come back do not all come at once.
 *
 * They are asked in batches, and within a batch each at its own moment. A few connections are asked at once, many
 * over the whole time there is.
 */
import { fromCallback } from 'xstate';
import { closeCodes } from './close-codes.ts';
import type { Clock } from './clock.ts';
import type { Connection } from './connections.ts';

export interface DrainOptions {
  readonly connections: Iterable<Connection> & { readonly size: number };
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** The time within which all are asked. */
  readonly spreadMs: number;
}

/** How far apart connections are asked where time allows. */
const paceMs = 10;
const longestBatchMs = 2_000;

/** Asks every connection to close, and says `asked` when all have been. */
export const drainLogic = fromCallback<{ type: 'none' }, DrainOptions>(({ input, sendBack }) => {
  const { connections, clock, random } = input;
  const waiting = shuffled([...connections], random);
  const spreadMs = Math.min(input.spreadMs, waiting.length * paceMs);
  const batches = Math.max(1, Math.ceil(spreadMs / longestBatchMs));
  const batchSize = Math.ceil(waiting.length / batches);
  const batchMs = Math.floor(spreadMs / batches);
  const timers = new Set<unknown>();

  const later = (delayMs: number, fn: () => void) => {
    const timer = clock.setTimeout(() => {
      timers.delete(timer);
      fn();
    }, delayMs);
    timers.add(timer);
  };
  const askBatch = () => {
    const batch = waiting.splice(0, batchSize);
    for (const { actor } of batch) {
      const { code, reason } = closeCodes.restarting;
      later(random() * batchMs, () => {
        // Whoever has gone by itself meanwhile needs no asking.
        if (actor.getSnapshot().status === 'active') actor.send({ type: 'close', code, reason });
      });
    }
    later(batchMs, waiting.length > 0 ? askBatch : () => sendBack({ type: 'asked' }));
  };
  askBatch();
  return () => {
    for (const timer of timers) clock.clearTimeout(timer);
  };
});

/** Fisher–Yates: who came early must not be who goes early. */
function shuffled<T>(items: T[], random: () => number): T[] {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [items[last], items[other]] = [items[other] as T, items[last] as T];
  }
  return items;
}
