/**
 * The timeline: what the actors were after each record. It is plain, and so the same on the server, which keeps the
 * state before its oldest record, and on the page, which goes back and forth in it.
 */
import { assertNever } from '../assert.ts';
import type { Actor, InspectorRecord } from './messages.ts';

/** The actors alive at one moment, by their ids; parents stand before their children. */
export type Moment = Map<string, Actor>;

/** Moves a moment on by one record. Those that stopped are no longer there. */
export function applyRecord(moment: Moment, record: InspectorRecord): void {
  switch (record.kind) {
    case 'spawn':
      moment.set(record.actor.id, record.actor);
      return;
    case 'stop':
      moment.delete(record.actor);
      return;
    case 'event':
      change(moment, record.to, () => ({ lastEvent: record.type }));
      return;
    case 'transition':
      change(moment, record.actor, () => ({
        ...(record.value === undefined ? {} : { value: record.value }),
        tags: record.tags ?? [],
        timers: record.timers ?? [],
        ...(record.context === undefined ? {} : { context: record.context }),
        ...(record.edges.length === 0 ? {} : { changedAt: record.at }),
        lastEvent: record.type,
      }));
      return;
    case 'channel':
    case 'delivery':
    case 'gauges':
      return;
    default:
      assertNever(record);
  }
}

function change(moment: Moment, id: string, changes: () => Partial<Actor>): void {
  const before = moment.get(id);
  if (before !== undefined) moment.set(id, { ...before, ...changes() });
}
