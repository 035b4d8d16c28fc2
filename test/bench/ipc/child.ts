/**
 * Child is the child's end of the IPC channel: it answers the runner's calls, and ends when the runner is gone.
 */
import type { Answer, Call, Calls } from './calls.ts';

export type Handlers<Self extends Calls<Self>> = {
  readonly [Name in keyof Self]: (
    input: Self[Name]['input'],
  ) => Self[Name]['output'] | Promise<Self[Name]['output']>;
};

/** Answers each call by its handler; what a handler throws goes back as its message. */
export function answerCalls<Self extends Calls<Self>>(handlers: Handlers<Self>): void {
  process.on('message', (call: Call) => void answer(handlers, call));
  // Whatever ends the runner, even SIGKILL, ends its children too.
  process.on('disconnect', () => process.exit());
}

async function answer<Self extends Calls<Self>>(handlers: Handlers<Self>, call: Call): Promise<void> {
  const handler = handlers[call.name as keyof Self];
  try {
    reply({ id: call.id, value: await handler(call.input) });
  } catch (error) {
    reply({ id: call.id, error: String(error) });
  }
}

function reply(answered: Answer): void {
  process.send?.(answered);
}
