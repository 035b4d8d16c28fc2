/** A node is one of the demo's servers, in a process of its own: it can be killed, drained and started again at the same place. */
import { spawnHubbub, type Child } from '../../support/child.ts';

export type NodeState = 'starting' | 'up' | 'draining' | 'dead';

/** How long a node may take to say how it is. */
const answerWaitMs = 400;

interface Stats {
  readonly activeConnections: number;
  readonly messagesSent: number;
  readonly broker: string;
}

export class Node {
  readonly name: string;
  state: NodeState = 'dead';
  connections = 0;
  /** Messages given to members here, in a second. */
  messagesPerSecond = 0;
  /** What it says of its broker; nothing where it says nothing. */
  broker = '';
  readonly #flags: readonly string[];
  #port = 0;
  #child: Child | undefined;
  #last: { readonly at: number; readonly sent: number } | undefined;
  #isLooking = false;

  constructor(name: string, flags: readonly string[]) {
    this.name = name;
    this.#flags = flags;
  }

  get pid(): number | undefined {
    return this.state === 'dead' ? undefined : this.#child?.pid;
  }

  get port(): number {
    return this.#port;
  }

  /** Starts it, once the one before has ended. @throws Error where it does not listen. */
  async start(): Promise<void> {
    await this.#child?.ended;
    this.state = 'starting';
    // A Ctrl-C is the demo's alone to answer.
    const child = spawnHubbub(['--port', String(this.#port), ...this.#flags], { detached: true });
    this.#child = child;
    this.#last = undefined;
    void child.ended.then(() => this.#died(child));
    const [, url = ''] = await child.line(/"msg":"chat page +(http:[^"]+?)\/?"/);
    this.#port = Number(new URL(url).port);
    this.state = 'up';
  }

  async kill(): Promise<void> {
    this.#child?.signal('SIGKILL');
    await this.#child?.ended;
  }

  /** Asks it to end; it does so once its connections are closed. */
  drain(): void {
    if (this.state !== 'up') return;
    this.state = 'draining';
    this.#child?.signal('SIGTERM');
  }

  /** Asks it how it is. */
  async look(): Promise<void> {
    if (this.#isLooking || this.state === 'dead' || this.state === 'starting') return;
    this.#isLooking = true;
    try {
      const signal = AbortSignal.timeout(answerWaitMs);
      const response = await fetch(`http://127.0.0.1:${this.#port}/stats`, { signal });
      this.#take((await response.json()) as Stats);
    } catch {
      this.broker = '';
      this.messagesPerSecond = 0;
    } finally {
      this.#isLooking = false;
    }
  }

  #take({ activeConnections, messagesSent, broker }: Stats): void {
    const now = { at: performance.now(), sent: messagesSent };
    const last = this.#last;
    this.#last = now;
    this.connections = activeConnections;
    this.broker = broker;
    if (last === undefined) return;
    this.messagesPerSecond = Math.round((1_000 * (now.sent - last.sent)) / (now.at - last.at));
  }

  #died(child: Child): void {
    if (this.#child !== child) return;
    this.state = 'dead';
    this.connections = 0;
    this.messagesPerSecond = 0;
    this.broker = '';
  }
}
