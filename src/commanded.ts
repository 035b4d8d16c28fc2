/**
 * A commanded actor is a callback actor that carries out its parent's commands without listening for them: a set of
 * listeners for each of thousands of actors is memory, and a walk through it for each command.
 */
import type { CallbackActorLogic, EventObject } from 'xstate';

/** @param obey carries out a command. It MUST NOT throw. */
export function commanded<Command extends EventObject, Input>(
  logic: CallbackActorLogic<Command, Input>,
  obey: (input: Input, command: Command) => void,
): CallbackActorLogic<Command, Input> {
  return {
    ...logic,
    transition: (snapshot, event, scope) => {
      // XState's own events, such as the one that stops it.
      if (event.type.startsWith('xstate.')) return logic.transition(snapshot, event, scope);
      obey(snapshot.input, event);
      return snapshot;
    },
  };
}
