/**
 * Names are how a leak is told: an actor by its path and state, a difference between two lists name by name.
 */
import { isMachineSnapshot } from 'xstate';
import type { AnyActorRef, Snapshot, StateValue } from 'xstate';

/** XState's `ProcessingStatus.Running`, which it does not export. */
const RUNNING = 1;

/**
 * Whether the actor was started and is not stopped. Its snapshot cannot tell: it is `active` before the start, and
 * in a `fromTransition` actor after the stop too.
 */
export function isRunning(actor: AnyActorRef): boolean {
  return (actor as { _processingStatus?: number })._processingStatus === RUNNING;
}

/** The ids from the root down: `server/hub`. */
export function pathOf(actor: AnyActorRef): string {
  return actor._parent === undefined ? actor.id : `${pathOf(actor._parent)}/${actor.id}`;
}

/** `actor server/hub (active)`, `actor connection-1 (open.heartbeat.alive, open.inbound.flowing)`; says so if it is an orphan. */
export function describeActor(actor: AnyActorRef): string {
  const snapshot = actor.getSnapshot() as Snapshot<unknown>;
  const state = isMachineSnapshot(snapshot) ? statePaths(snapshot.value).join(', ') : snapshot.status;
  const name = `actor ${pathOf(actor)} (${state})`;
  const parent = actor._parent;
  if (parent === undefined || isRunning(parent)) return name;
  return `${name}, orphan of ${parent.id} (${(parent.getSnapshot() as Snapshot<unknown>).status})`;
}

/** Each active leaf state as one dotted path. */
function statePaths(value: StateValue): string[] {
  if (typeof value === 'string') return [value];
  return Object.entries(value).flatMap(([key, inner = {}]) => {
    const paths = statePaths(inner);
    return paths.length === 0 ? [key] : paths.map((path) => `${key}.${path}`);
  });
}

/** The names that are there more often than in `known`: each as often as it is over. */
export function beyond(known: readonly string[], names: readonly string[]): string[] {
  const allowed = new Map<string, number>();
  for (const name of known) allowed.set(name, (allowed.get(name) ?? 0) + 1);
  return names.filter((name) => {
    const left = allowed.get(name) ?? 0;
    allowed.set(name, left - 1);
    return left <= 0;
  });
}
