/**
 * Supervision turns a transition that throws into an event that the machine handles like any other.
 *
 * XState ends an actor whose transition threw at once, and leaves its children running: their disposers never
 * run, and stopping the actor later does not help. A supervised machine takes the failure as one more
 * transition instead, so that it goes down by its own teardown path.
 */
import type { AnyStateMachine, EventFromLogic, SnapshotFrom } from 'xstate';

/**
 * @param failure makes the event that stands for what was thrown. If that throws too, the actor ends in error,
 * as without supervision.
 */
export function supervise<Machine extends AnyStateMachine>(
  machine: Machine,
  failure: (thrown: unknown) => EventFromLogic<Machine>,
): Machine {
  const transition: AnyStateMachine['transition'] = machine.transition.bind(machine);
  machine.transition = (snapshot: SnapshotFrom<AnyStateMachine>, event, scope) => {
    try {
      return transition(snapshot, event, scope);
    } catch (thrown) {
      return transition(snapshot, failure(thrown), scope);
    }
  };
  return machine;
}
