/** A child is the command line in a process of its own: start it, wait for a line, send a signal, read how it ended. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export interface ChildOptions {
  /** Variables beyond PATH and HOME: a child inherits neither npm's nor the tests' own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Arguments of Node itself, such as a module to import first. */
  readonly nodeArguments?: readonly string[];
  /** What it reads as its input, to its end: nothing unless given. */
  readonly input?: string;
  /** Whether more of it may come, as from `tail -f`. */
  readonly staysOpen?: boolean;
  /** The file to run, where it is not the program as it is built. */
  readonly program?: string;
  /** Whether it has a process group of its own, so that a Ctrl-C is for its parent alone. */
  readonly detached?: boolean;
}

export interface Child {
  readonly pid: number | undefined;
  /** Resolves with the match of the first line, past or to come, on stdout or stderr; rejects if the child ends without. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  signal(name: NodeJS.Signals): void;
  /** Goes away as the reader of stdout, as `head` does. */
  closeStdout(): void;
  readonly ended: Promise<Ending>;
}

export interface Ending {
  /** The exit code, or null where a signal ended the child. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

/** As it is built: that is what people run, and it is up at once. */
const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** Starts `hubbub`; whoever does sees to its end. */
export function spawnHubbub(args: readonly string[], options: ChildOptions = {}): Child {
  const child = spawn(
    process.execPath,
    [...(options.nodeArguments ?? []), options.program ?? main, ...args],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...options.environment },
      detached: options.detached,
    },
  );
  child.stdin.on('error', () => undefined); // a child may end before it has read its input
  child.stdin.write(options.input ?? '');
  if (options.staysOpen !== true) child.stdin.end();
  const output = { stdout: [] as string[], stderr: [] as string[] };
  const waiting = new Set<(line: string) => void>();
  const collect = (stream: Readable, lines: string[]) =>
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      for (const look of waiting) look(line);
    });
  collect(child.stdout, output.stdout);
  collect(child.stderr, output.stderr);
  const ended = once(child, 'close').then(([code, signal]): Ending => ({ code, signal, ...output }));

  const line = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = (text: string) => {
        const match = pattern.exec(text);
        if (match === null) return;
        waiting.delete(look);
        resolve(match);
      };
      waiting.add(look);
      for (const past of [...output.stdout, ...output.stderr]) look(past);
      void ended.then((ending) => reject(new Error(`no line matches ${pattern}: ${JSON.stringify(ending)}`)));
    });

  return {
    pid: child.pid,
    ended,
    line,
    signal: (name) => void child.kill(name),
    closeStdout: () => void child.stdout.destroy(),
  };
}
