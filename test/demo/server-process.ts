/** A server in a process of its own, which can be ended and started again at the same place. */
import { spawnHubbub, type Child } from '../support/child.ts';

export class ServerProcess {
  readonly #flags: readonly string[];
  #child: Child;
  #url: string;

  private constructor(flags: readonly string[], child: Child, url: string) {
    this.#flags = flags;
    this.#child = child;
    this.#url = url;
  }

  /** @throws Error where it does not listen, with what it said. */
  static async start(flags: readonly string[]): Promise<ServerProcess> {
    return new ServerProcess(flags, ...(await launch(0, flags)));
  }

  get url(): string {
    return this.#url;
  }

  /**
   * SIGTERM drains it, SIGKILL ends it as it stands. Starts it again once it has ended.
   * @throws Error where it does not listen, with what it said.
   */
  async restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.end(signal);
    [this.#child, this.#url] = await launch(Number(new URL(this.#url).port), this.#flags);
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.#child.signal(signal);
    await this.#child.ended;
  }
}

async function launch(port: number, flags: readonly string[]): Promise<[child: Child, url: string]> {
  // A Ctrl-C is the demo's alone to answer.
  const child = spawnHubbub(['--port', String(port), ...flags], { detached: true });
  const [, url = ''] = await child.line(/"msg":"chat page +(http:[^"]+?)\/?"/);
  return [child, url];
}
