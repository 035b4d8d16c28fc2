/**
 * Transitions by name: those that a machine defines, and those that its actors take. A name says where from, by
 * what and where to, such as `open.heartbeat.probing (pong) -> open.heartbeat.alive`.
 */
import type {
  AnyActorRef,
  AnyMachineSnapshot,
  AnyStateMachine,
  AnyStateNode,
  AnyTransitionDefinition,
  InspectionEvent,
} from 'xstate';

/** Names every transition that the machine defines, once for each top-level state that leaves it to the root. */
export function transitionsOf(machine: AnyStateMachine): string[] {
  const states = Object.values(machine.states as Record<string, AnyStateNode>);
  const fromRoot = ownTransitions(machine.root).flatMap((transition) =>
    states
      .filter((state) => state.type !== 'final' && !takes(state, transition.eventType))
      .map((state) => nameOf(transition, state.key)),
  );
  return [...fromRoot, ...states.flatMap((state) => transitionsWithin(state))];
}

/** @returns whether the state takes the event itself, wherever in it the machine is. */
function takes(state: AnyStateNode, eventType: string): boolean {
  if (state.transitions.has(eventType)) return true;
  return state.type === 'parallel' && Object.values(state.states).some((region) => takes(region, eventType));
}

function transitionsWithin(node: AnyStateNode): string[] {
  const own = ownTransitions(node).map((transition) => nameOf(transition, ''));
  return [...own, ...Object.values(node.states).flatMap((child) => transitionsWithin(child))];
}

function ownTransitions(node: AnyStateNode): AnyTransitionDefinition[] {
  return [...[...node.transitions.values()].flat(), ...(node.always ?? [])];
}

/** @param from the top-level state to name where the root is the source. */
function nameOf({ source, target, eventType }: AnyTransitionDefinition, from: string): string {
  const event = eventNameOf(eventType);
  const [to] = target ?? [];
  return `${pathOf(source) || from} (${event}) ${to === undefined ? 'stays' : `-> ${pathOf(to)}`}`;
}

function pathOf(node: AnyStateNode): string {
  return node.path.join('.');
}

/** The event's own name, or what it means where XState made it: `after pingPeriod`, `done`, `error`, `always`. */
export function eventNameOf(eventType: string): string {
  if (eventType === '') return 'always';
  const [, kind, what] = /^xstate\.(after|done|error)\.([^.]+)/.exec(eventType) ?? [];
  if (kind === undefined) return eventType;
  return kind === 'after' ? `after ${what}` : kind;
}

/** Keeps the names of the transitions that actors take, in order. */
export class TransitionLog {
  readonly names: string[] = [];
  #passed = 0;

  /** The observer for `createActor(machine, { inspect })`. */
  readonly inspect = (event: InspectionEvent): void => {
    if (event.type !== '@xstate.microstep') return;
    // In the middle of a step the actor still has the snapshot from before it.
    const from = topLevelStateOf(event.actorRef as AnyActorRef);
    for (const transition of event._transitions) this.names.push(nameOf(transition, from));
  };

  /** @returns whether the transition came after those passed so far; then it is passed, with all before it. */
  pass(name: string): boolean {
    const at = this.names.indexOf(name, this.#passed);
    if (at < 0) return false;
    this.#passed = at + 1;
    return true;
  }
}

function topLevelStateOf(actor: AnyActorRef): string {
  const { value } = actor.getSnapshot() as AnyMachineSnapshot;
  return typeof value === 'string' ? value : (Object.keys(value as object)[0] ?? '');
}
