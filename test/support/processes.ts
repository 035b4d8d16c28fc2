/** The command line as a child process of a test, which it does not outlive. */
import { onTestFinished } from 'vitest';
import { spawnHubbub, type Child, type ChildOptions, type Ending } from './child.ts';

export type { Child, ChildOptions, Ending };

/** Starts `hubbub`; the child is killed when the test ends before it. */
export function startHubbub(args: readonly string[], options?: ChildOptions): Child {
  const child = spawnHubbub(args, options);
  onTestFinished(async () => {
    child.signal('SIGKILL');
    await child.ended;
  });
  return child;
}

/** Runs `hubbub` to its end. */
export function runHubbub(args: readonly string[], options?: ChildOptions): Promise<Ending> {
  return startHubbub(args, options).ended;
}

/** The messages of a log in JSON lines, in their order. */
export function messagesOf(lines: readonly string[]): string[] {
  return lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
}
