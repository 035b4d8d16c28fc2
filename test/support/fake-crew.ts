/** A fake crew has processes that do nothing by themselves: the test says what becomes of each, and sees what it was told. */
import type { Ending, Process, ProcessEvent } from '../../src/workers/crew.ts';

export class FakeProcess implements Process {
  readonly number: number;
  readonly pid: number;
  /** What it was told, in order. */
  readonly told: string[] = [];
  isAlive = true;
  readonly #tell: (event: ProcessEvent) => void;

  constructor(number: number, pid: number, tell: (event: ProcessEvent) => void) {
    this.number = number;
    this.pid = pid;
    this.#tell = tell;
  }

  drain(reason: string): void {
    this.told.push(reason);
  }

  kill(): void {
    if (this.isAlive) this.told.push('kill');
  }

  listen(): void {
    this.#tell({ type: 'listening', lines: ['here'] });
  }

  beReady(): void {
    this.#tell({ type: 'ready' });
  }

  exit(ending: Partial<Ending> = {}): void {
    this.isAlive = false;
    this.#tell({ type: 'exited', ending: { code: 0, signal: null, ...ending } });
  }
}

export class FakeCrew {
  /** All that were ever forked. */
  readonly processes: FakeProcess[] = [];

  readonly fork = (number: number, tell: (event: ProcessEvent) => void): Process => {
    const process = new FakeProcess(number, this.processes.length + 1, tell);
    this.processes.push(process);
    tell({ type: 'forked', pid: process.pid });
    return process;
  };

  /** The one that was forked last. @throws where there is none. */
  get last(): FakeProcess {
    const last = this.processes.at(-1);
    if (last === undefined) throw new Error('nothing was forked');
    return last;
  }

  get alive(): FakeProcess[] {
    return this.processes.filter(({ isAlive }) => isAlive);
  }
}

/** A logger's lines, with their levels. */
export class Lines {
  readonly all: string[] = [];

  readonly info = this.#keep('info');
  readonly warn = this.#keep('warn');
  readonly error = this.#keep('error');

  #keep(level: string): (line: string) => void {
    return (line) => void this.all.push(`${level}: ${line}`);
  }
}
