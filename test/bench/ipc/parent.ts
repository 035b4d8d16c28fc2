/**
 * Parent is the runner's end of the IPC channel: it starts children, calls them, and ends every one by its own
 * process id.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { spawn, type ChildProcess } from 'node:child_process';
import type { Answer, Calls } from './calls.ts';

/** The longest that one call may take before the run is given up. */
const callTimeoutMs = 120_000;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const alive = new Set<ChildProcess>();

/** Ends every child that is still there, at once. */
export function endChildren(): void {
  for (const process of alive) process.kill('SIGKILL');
}

export class Child<Self extends Calls<Self>> {
  readonly #name: string;
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  /**
   * Starts a Node program.
   * @param script the program's path; its standard error is the runner's.
   */
  constructor(name: string, script: string, args: readonly string[], nodeFlags: readonly string[]) {
    this.#name = name;
    this.#process = spawn(process.execPath, [...nodeFlags, script, ...args], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    alive.add(this.#process);
    this.#process.on('message', (answer: Answer) => this.#settle(answer));
    this.#process.on('exit', (code, signal) => this.#exited(code, signal));
  }

  /** @returns the first line that the child prints. */
  async firstLine(): Promise<string> {
    const { stdout } = this.#process;
    if (stdout === null) throw new Error(`${this.#name} has no standard output`);
    const lines = createInterface({ input: stdout });
    const ended = new AbortController();
    this.#process.once('exit', () => ended.abort());
    try {
      const [line] = (await once(lines, 'line', { signal: ended.signal })) as [string];
      return line;
    } catch {
      throw new Error(`${this.#name} ended before it was ready`);
    } finally {
      // What it prints later is nobody's business, but must not fill the pipe.
      lines.close();
      stdout.resume();
    }
  }

  /**
   * Asks the child and waits for its answer.
   * @throws Error when the child fails, ends, or takes too long.
   */
  async call<Name extends keyof Self & string>(
    name: Name,
    input: Self[Name]['input'],
  ): Promise<Self[Name]['output']> {
    const id = this.#nextId++;
    const answered = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    const timer = setTimeout(() => this.#fail(id, `${name} took too long`), callTimeoutMs);
    try {
      this.#process.send({ id, name, input });
      return await answered;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  /** Ends the child and waits until it is gone. */
  async end(): Promise<void> {
    if (!alive.has(this.#process)) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
  }

  /** Waits until the child has ended by itself. */
  async ended(): Promise<void> {
    if (alive.has(this.#process)) await once(this.#process, 'exit');
  }

  #settle(answer: Answer): void {
    if ('error' in answer) this.#fail(answer.id, answer.error);
    else this.#waiting.get(answer.id)?.resolve(answer.value);
  }

  #fail(id: number, reason: string): void {
    this.#waiting.get(id)?.reject(new Error(`${this.#name}: ${reason}`));
  }

  #exited(code: number | null, signal: string | null): void {
    alive.delete(this.#process);
    for (const id of this.#waiting.keys()) this.#fail(id, `ended with ${signal ?? `code ${code}`}`);
  }
}
