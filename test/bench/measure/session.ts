/** A session is one server under test with the load generator that belongs to it: two processes. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { programsFolder } from '../build.ts';
import type { LoadCalls, OpenInput, OpenOutput, ServerCalls, ServerReport } from '../ipc/calls.ts';
import { Child } from '../ipc/parent.ts';
import { peers, type PeerName } from '../peers/catalogue.ts';

/** Who is to be connected; the rest is the peer's. */
export interface CrowdShape {
  readonly members: number;
  readonly rooms: number;
  readonly contentBytes: number;
  readonly compress: boolean;
}

/** Enough handshakes under way to keep a server busy, too few to overflow its backlog. */
const concurrency = 128;

const quietShare = 0.02;
const quietWindowMs = 50;
const quietTimeoutMs = 10_000;

export class Session {
  readonly peer: PeerName;
  readonly #server: Child<ServerCalls>;
  readonly #port: number;
  readonly #load: Child<LoadCalls>;

  private constructor(peer: PeerName, server: Child<ServerCalls>, port: number) {
    this.peer = peer;
    this.#server = server;
    this.#port = port;
    this.#load = new Child('load generator', join(programsFolder, 'load/main.js'), [], []);
  }

  /** @param nodeFlags for the server. */
  static async start(peer: PeerName, nodeFlags: readonly string[]): Promise<Session> {
    const { script, args } = peers[peer];
    const server = new Child<ServerCalls>(peer, join(programsFolder, `peers/${script}.js`), args, nodeFlags);
    const { port } = JSON.parse(await server.firstLine()) as { port: number };
    return new Session(peer, server, port);
  }

  /** Where the server is. */
  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  open(shape: CrowdShape): Promise<OpenOutput> {
    const input: OpenInput = {
      ...shape,
      dialect: peers[this.peer].dialect,
      port: this.#port,
      concurrency,
    };
    return this.#load.call('open', input);
  }

  /** Asks the load generator. */
  load<Name extends keyof LoadCalls>(
    name: Name,
    input: LoadCalls[Name]['input'],
  ): Promise<LoadCalls[Name]['output']> {
    return this.#load.call(name, input);
  }

  report({ gc }: { readonly gc: boolean } = { gc: false }): Promise<ServerReport> {
    return this.#server.call('report', { gc });
  }

  /** Waits until the server has next to nothing left to do. */
  async quiet(): Promise<void> {
    const deadlineMs = performance.now() + quietTimeoutMs;
    let share = 1;
    while (share > quietShare && performance.now() < deadlineMs) {
      const before = await this.report();
      await sleep(quietWindowMs);
      const after = await this.report();
      share = (after.cpuUs - before.cpuUs) / (quietWindowMs * 1_000);
    }
  }

  /** Ends both processes; the server in the ordinary way, so that a profile of it is written. */
  async end(): Promise<void> {
    await this.#load.end();
    await this.#server.call('exit', null);
    await this.#server.ended();
  }
}
