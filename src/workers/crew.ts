/**
 * The crew is the processes of the workers, as the primary has them: it forks each, hears it, asks it for its figures, and
 * ends it. When one is to be forked, and when to be ended, is for the machines to say.
 */
import cluster, { type Worker } from 'node:cluster';
import type { Census, Figures, Topic } from '../figures.ts';
import { Ledger } from './ledger.ts';
import type { DrainReason, Farewell, FromWorker, ToWorker } from './messages.ts';
import { numberVariable, portVariable } from './seat.ts';
import { Stranded } from './stranded.ts';

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
  /** Why it could not start, where starting it again would be in vain. */
  readonly hopeless?: string | undefined;
  /** What it said at the end of its drain. */
  readonly farewell?: Farewell | undefined;
}

/** What becomes of a process. */
export type ProcessEvent =
  | { type: 'forked'; pid: number | undefined } // it runs
  | { type: 'listening'; lines: readonly string[] } // connections may come
  | { type: 'ready' } // and the broker is there
  | { type: 'exited'; ending: Ending }; // it is gone, however

export interface Process {
  /** Has it close its connections, and end. */
  drain(reason: DrainReason): void;
  /** Ends it at once. */
  kill(): void;
}

/** How long a worker may take to say its figures: it is busy, or stopped. */
const answerMs = 1_000;

interface Member {
  readonly number: number;
  readonly worker: Worker;
  isListening: boolean;
}

interface Count {
  readonly topic: Topic;
  readonly answers: Map<number, Figures[Topic]>;
  readonly awaited: Set<number>;
  readonly end: () => void;
}

export interface CrewOptions {
  /** The one that they all listen on. */
  readonly port: number;
  /** How many there are to be. */
  readonly workers: number;
}

export class Crew {
  readonly #options: CrewOptions;
  readonly #startedAt = performance.now();
  readonly #members = new Map<number, Member>();
  readonly #ledgers: { readonly [T in Topic]: Ledger<T> } = {
    stats: new Ledger('stats'),
    metrics: new Ledger('metrics'),
  };
  readonly #counts = new Map<number, Count>();
  readonly #stranded = new Stranded();
  #lastCount = 0;
  #deaths = 0;

  constructor(options: CrewOptions) {
    this.#options = options;
  }

  /** Starts a process for the worker of that number, with the code that is on disk now. */
  fork(number: number, tell: (event: ProcessEvent) => void): Process {
    const worker = cluster.fork({
      [numberVariable]: String(number),
      [portVariable]: String(this.#options.port),
    });
    const { id, process: child } = worker;
    const member = { number, worker, isListening: false };
    this.#members.set(id, member);
    let isAsked = false;
    let hopeless: string | undefined;
    let farewell: Farewell | undefined;
    const exit = (code: number | null, signal: string | null, reason = hopeless) => {
      if (!this.#members.delete(id)) return;
      if (!isAsked) {
        this.#deaths += 1;
        this.#stranded.expect();
      }
      for (const count of this.#counts.values()) {
        count.answers.delete(id); // it counts among those that are gone
        this.#cross(count, id);
      }
      if (farewell?.figures !== undefined) {
        this.#ledgers.stats.note(id, farewell.figures.stats);
        this.#ledgers.metrics.note(id, farewell.figures.metrics);
      }
      this.#ledgers.stats.bury(id);
      this.#ledgers.metrics.bury(id);
      tell({ type: 'exited', ending: { code, signal, hopeless: reason, farewell } });
    };
    worker.on('exit', exit);
    worker.on('error', (error) => {
      // One that has no pid was never there; what else is wrong with a channel shows when the process ends.
      if (child.pid === undefined) exit(null, null, error.message);
    });
    worker.on('message', (message: FromWorker) => {
      switch (message.type) {
        case 'listening':
          member.isListening = true;
          return tell(message);
        case 'ready':
          return tell(message);
        case 'hopeless':
          hopeless = message.reason;
          return;
        case 'farewell':
          farewell = message.farewell;
          return;
        case 'figures':
          return this.#note(id, message.id, message.figures);
        case 'ask':
          return void this.#answer(worker, message);
        default: // of another version
      }
    });
    tell({ type: 'forked', pid: child.pid });
    return {
      drain: (reason) => {
        isAsked = true;
        say(worker, { type: 'drain', reason });
      },
      kill: () => {
        isAsked = true;
        child.kill('SIGKILL');
      },
    };
  }

  /** Lets go of what was left to it, when all processes are gone. */
  end(): void {
    this.#stranded.end();
  }

  /** Ends all processes at once. */
  kill(): void {
    for (const { worker } of this.#members.values()) worker.process.kill('SIGKILL');
  }

  async #answer(asker: Worker, { id, topic }: { id: number; topic: Topic }): Promise<void> {
    const asked = new Map([...this.#members].filter(([, { isListening }]) => isListening));
    const answers = await this.#count(topic, asked);
    const census: Census = {
      expected: Math.max(this.#options.workers, asked.size),
      answers: [...answers].map(([process, figures]) => ({
        number: asked.get(process)?.number ?? 0,
        pid: asked.get(process)?.worker.process.pid ?? 0,
        figures,
      })),
      kept: await this.#ledgers[topic].kept(new Set(answers.keys())),
      deaths: this.#deaths,
      uptimeSeconds: Math.round((performance.now() - this.#startedAt) / 1_000),
    };
    say(asker, { type: 'census', id, census });
  }

  /** Asks all. @returns the figures of those who answer in time. */
  #count(topic: Topic, asked: ReadonlyMap<number, Member>): Promise<ReadonlyMap<number, Figures[Topic]>> {
    this.#lastCount += 1;
    const id = this.#lastCount;
    return new Promise((resolve) => {
      const answers = new Map<number, Figures[Topic]>();
      const end = () => {
        clearTimeout(patience);
        this.#counts.delete(id);
        resolve(answers);
      };
      const patience = setTimeout(end, answerMs);
      this.#counts.set(id, { topic, answers, awaited: new Set(asked.keys()), end });
      for (const { worker } of asked.values()) say(worker, { type: 'count', id, topic });
    });
  }

  #note(process: number, countId: number, figures: Figures[Topic]): void {
    const count = this.#counts.get(countId);
    if (count === undefined) return;
    count.answers.set(process, figures);
    (this.#ledgers[count.topic] as Ledger<Topic>).note(process, figures);
    this.#cross(count, process);
  }

  /** A process is waited for no more. */
  #cross({ awaited, end }: Count, process: number): void {
    if (awaited.delete(process) && awaited.size === 0) end();
  }
}

/** Whoever cannot be told any more hears of it by the end of the channel. */
function say(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message, () => undefined);
}
