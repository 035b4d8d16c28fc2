/** A seat is a worker's place at its primary's table: which number it has, what it is told there, and how it asks of all. */
import cluster from 'node:cluster';
import type { AskAll, Census, Figures, Topic } from '../figures.ts';
import type { DrainReason, Farewell, FromWorker, ToWorker } from './messages.ts';

/** What a primary tells the processes that it forks. */
export const numberVariable = 'HUBBUB_WORKER_NUMBER';
export const portVariable = 'HUBBUB_WORKER_PORT';

/** How long the primary may take to ask all others: longer than these have to answer it. */
const patienceMs = 3_000;

/** Says a process's own figures. */
export type Teller = <T extends Topic>(topic: T) => Promise<Figures[T]> | Figures[T];

export class Seat {
  /** Counts from 1; whoever replaces a worker has its number. */
  readonly number: number;
  /** The one that all workers listen on. */
  readonly port: number;
  /** Resolves when the worker is to drain: because it is told to, or because the primary is no more. */
  readonly drain: Promise<DrainReason | 'orphaned'>;
  readonly #workers: number;
  readonly #questions = new Map<number, (census: Census) => void>();
  #lastQuestion = 0;
  #teller: Teller | undefined;

  private constructor(number: number, port: number, workers: number) {
    this.number = number;
    this.port = port;
    this.#workers = workers;
    this.drain = new Promise((resolve) => {
      process.on('message', (message: ToWorker) => {
        if (message.type === 'drain') resolve(message.reason);
        else if (message.type === 'count') void this.#tell(message);
        else if (message.type === 'census') this.#hear(message);
      });
      cluster.worker?.on('disconnect', () => {
        // Else Node ends a worker at once whose primary is no more.
        if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
        resolve('orphaned');
      });
    });
  }

  /**
   * @param workers how many there are to be.
   * @returns the seat of this process, where a primary of ours has forked it.
   */
  static take(workers: number): Seat | undefined {
    const { [numberVariable]: number, [portVariable]: port } = process.env;
    if (!cluster.isWorker || number === undefined || port === undefined) return undefined;
    return new Seat(Number(number), Number(port), workers);
  }

  /** From now on it says its figures whenever it is asked. */
  serve(teller: Teller): void {
    this.#teller = teller;
  }

  /** Resolves once it is said, or nobody is there to hear it. */
  async say(message: FromWorker): Promise<void> {
    if (!process.connected) return;
    await new Promise<void>((resolve) => process.send?.(message, undefined, undefined, () => resolve()));
  }

  /** Asks for the figures of all workers. Where the primary is no more, or does not answer, these are one's own. */
  readonly ask: AskAll = async (topic) => (await this.#question(topic)) ?? this.#alone(topic);

  /** Says the last word, and leaves. Resolves once it is said. */
  async leave(farewell: Farewell): Promise<void> {
    await this.say({ type: 'farewell', farewell });
    if (process.connected) process.disconnect();
  }

  #question<T extends Topic>(topic: T): Promise<Census<T> | undefined> {
    this.#lastQuestion += 1;
    const id = this.#lastQuestion;
    return new Promise((resolve) => {
      const giveUp = () => {
        this.#questions.delete(id);
        resolve(undefined);
      };
      if (!process.connected) return giveUp();
      const patience = setTimeout(giveUp, patienceMs);
      this.#questions.set(id, (census) => {
        clearTimeout(patience);
        resolve(census as unknown as Census<T>);
      });
      void this.say({ type: 'ask', id, topic });
    });
  }

  async #alone<T extends Topic>(topic: T): Promise<Census<T>> {
    const { number, pid } = { number: this.number, pid: process.pid };
    const figures = await this.#teller?.(topic);
    const answers = figures === undefined ? [] : [{ number, pid, figures }];
    return {
      expected: this.#workers,
      answers,
      kept: [],
      deaths: 0,
      uptimeSeconds: Math.round(process.uptime()),
    };
  }

  async #tell({ id, topic }: { id: number; topic: Topic }): Promise<void> {
    if (this.#teller === undefined) return;
    await this.say({ type: 'figures', id, figures: await this.#teller(topic) });
  }

  #hear({ id, census }: { id: number; census: Census }): void {
    this.#questions.get(id)?.(census);
    this.#questions.delete(id);
  }
}
