/**
 * Steps are the events that a machine's actors take, each with the state after it, told at the price of one call: an
 * inspection observer has XState make several objects for each, and is for those who watch.
 */
import type { AnyStateMachine, EventFromLogic, SnapshotFrom } from 'xstate';

/** @param tell is told each step. What it throws is thrown in the transition, so it MUST NOT throw. */
export function tellSteps<Machine extends AnyStateMachine>(
  machine: Machine,
  tell: (event: EventFromLogic<Machine>, snapshot: SnapshotFrom<Machine>) => void,
): Machine {
  const transition: AnyStateMachine['transition'] = machine.transition.bind(machine);
  machine.transition = (snapshot: SnapshotFrom<AnyStateMachine>, event, scope) => {
    const next = transition(snapshot, event, scope);
    tell(event, next as SnapshotFrom<Machine>);
    return next;
  };
  return machine;
}
