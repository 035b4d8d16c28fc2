/** What is shown of an actor: its state and its context briefly in each record, and all there is to tell of it as a detail. */
import { isMachineSnapshot, type AnyActorRef, type Snapshot } from 'xstate';
import { isRunning } from '../leaks/names.ts';
import { boundedState } from './depth.ts';
import type { Actor, Detail, Projection, StateValue } from './messages.ts';
import { briefly, fully, project } from './projection.ts';
import type { Subject } from './subject.ts';
import { timersOf } from './timers.ts';

export function detailOf(subject: Subject, actor: AnyActorRef): Detail {
  const snapshot = actor.getSnapshot() as Snapshot<unknown> & {
    context?: unknown;
    children?: Record<string, unknown>;
  };
  const facts = subject.factsOf(actor);
  return {
    type: 'detail',
    at: subject.now(),
    id: actor.sessionId,
    status: snapshot.status === 'active' && !isRunning(actor) ? 'stopped' : snapshot.status,
    ...stateIn(snapshot),
    ...shownContext(subject, actor, snapshot.context, fully),
    ...(snapshot.output === undefined ? {} : { output: project(snapshot.output, fully) }),
    ...(snapshot.error === undefined ? {} : { error: project(snapshot.error, fully) }),
    timers: timersOf(actor, Infinity) ?? [],
    children: subject.childCountOf(actor) ?? Object.keys(snapshot.children ?? {}).length,
    ...(facts === undefined ? {} : { facts: project(facts, fully) }),
  };
}

/** Where a machine is; of what is no machine nothing. */
export function stateIn(snapshot: Snapshot<unknown>): Pick<Actor, 'value' | 'tags'> {
  if (!isMachineSnapshot(snapshot)) return {};
  const tags = [...snapshot.tags];
  return { value: boundedState(snapshot.value as StateValue), ...(tags.length === 0 ? {} : { tags }) };
}

/** What may be shown of a context, if anything. */
export function shownContext(
  subject: Subject,
  actor: AnyActorRef,
  context: unknown,
  limits = briefly,
): { context?: Projection } {
  const isObject = typeof context === 'object' && context !== null;
  const shown = isObject ? subject.contextOf(actor, context) : context;
  return shown === undefined ? {} : { context: project(shown, limits) };
}
