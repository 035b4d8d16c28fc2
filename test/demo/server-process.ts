/** A server in a process of its own, which can be ended and started again at the same place. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export class ServerProcess {
  readonly #flags: readonly string[];
  #child: ChildProcess;
  #url: string;

  private constructor(flags: readonly string[], child: ChildProcess, url: string) {
    this.#flags = flags;
    this.#child = child;
    this.#url = url;
  }

  static async start(flags: readonly string[]): Promise<ServerProcess> {
    return new ServerProcess(flags, ...(await launch(0, flags)));
  }

  get url(): string {
    return this.#url;
  }

  /** SIGTERM drains it, SIGKILL ends it as it stands. Starts it again once it has ended. */
  async restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.end(signal);
    [this.#child, this.#url] = await launch(Number(new URL(this.#url).port), this.#flags);
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill(signal);
    await ended;
  }
}

/** @throws Error where it does not listen, with what it said. */
async function launch(port: number, flags: readonly string[]): Promise<[child: ChildProcess, url: string]> {
  const environment = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
  // In a process group of its own, so that a Ctrl-C is ours alone to answer.
  const child = spawn(process.execPath, [main, '--port', String(port), ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment,
    detached: true,
  });
  const said: string[] = [];
  child.stderr.on('data', (bytes: Buffer) => said.push(bytes.toString()));
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /"msg":"chat page +(http:[^"]+?)\/?"/.exec(line)?.[1];
    said.push(line);
    if (url === undefined) continue;
    child.stdout.resume();
    return [child, url];
  }
  throw new Error(`the server does not start: ${said.join('\n')}`);
}
