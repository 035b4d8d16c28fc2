/** A session is a server under test, or several as one, with the load generator that belongs to it: each a process. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RedisServer } from '../../support/redis-server.ts';
import { programsFolder } from '../build.ts';
import type { LoadCalls, OpenInput, OpenOutput, ServerCalls, ServerReport } from '../ipc/calls.ts';
import { Child } from '../ipc/parent.ts';
import { peerOf, type PeerName } from '../peers/catalogue.ts';

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

interface Server {
  readonly child: Child<ServerCalls>;
  readonly port: number;
}

export class Session {
  readonly peer: PeerName;
  readonly #redis: RedisServer | undefined;
  readonly #servers: readonly Server[];
  readonly #loads: readonly Child<LoadCalls>[];

  private constructor(
    peer: PeerName,
    redis: RedisServer | undefined,
    servers: readonly Server[],
    generators: number,
  ) {
    this.peer = peer;
    this.#redis = redis;
    this.#servers = servers;
    this.#loads = Array.from(
      { length: generators },
      () => new Child('load generator', join(programsFolder, 'load/main.js'), [], []),
    );
  }

  /**
   * @param nodeFlags for the servers.
   * @param generators how many processes the members are dealt out to, each with rooms of its own
   */
  static async start(peer: PeerName, nodeFlags: readonly string[], generators = 1): Promise<Session> {
    const { servers = 1, needsRedis = false } = peerOf(peer);
    const redis = needsRedis ? await RedisServer.start() : undefined;
    const flags = redis === undefined ? [] : ['--redis', redis.url];
    const starting = Array.from({ length: servers }, () => startServer(peer, flags, nodeFlags));
    return new Session(peer, redis, await Promise.all(starting), generators);
  }

  /** Where the first server is. */
  get origin(): string {
    return `http://127.0.0.1:${this.#ports[0]}`;
  }

  get #ports(): readonly number[] {
    return this.#servers.map(({ port }) => port);
  }

  /** @returns what the first load generator tells of its share. */
  async open(shape: CrowdShape): Promise<OpenOutput> {
    const share = this.#loads.length;
    const rooms = shape.rooms / share;
    const opening = this.#loads.map((load, index) => {
      const input: OpenInput = {
        ...shape,
        members: shape.members / share,
        rooms,
        firstRoom: index * rooms,
        dialect: peerOf(this.peer).dialect,
        ports: this.#ports,
        concurrency,
        ...(index > 0 && { localAddress: `127.0.0.${index + 1}` }),
      };
      return load.call('open', input);
    });
    const [first] = await Promise.all(opening);
    return first as OpenOutput;
  }

  /** Asks the load generator, the first one where there are several. */
  load<Name extends keyof LoadCalls>(
    name: Name,
    input: LoadCalls[Name]['input'],
  ): Promise<LoadCalls[Name]['output']> {
    return (this.#loads[0] as Child<LoadCalls>).call(name, input);
  }

  /** Asks all of them. */
  loads<Name extends keyof LoadCalls>(
    name: Name,
    input: LoadCalls[Name]['input'],
  ): Promise<LoadCalls[Name]['output'][]> {
    return Promise.all(this.#loads.map((load) => load.call(name, input)));
  }

  /** What all servers together have used, and their Redis beside them. */
  async report({ gc }: { readonly gc: boolean } = { gc: false }): Promise<ServerReport> {
    const reports = await Promise.all(this.#servers.map(({ child }) => child.call('report', { gc })));
    const sum = reports.reduce((one, other) => ({
      cpuUs: one.cpuUs + other.cpuUs,
      rssBytes: one.rssBytes + other.rssBytes,
      counters: { ...one.counters, ...other.counters },
    }));
    if (this.#redis === undefined) return sum;
    return { ...sum, counters: { ...sum.counters, redisCpuUs: await cpuOf(this.#redis) } };
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

  /** Ends all processes; the servers in the ordinary way, so that a profile of them is written. */
  async end(): Promise<void> {
    await Promise.all(this.#loads.map((load) => load.end()));
    for (const { child } of this.#servers) {
      await child.call('exit', null);
      await child.ended();
    }
    await this.#redis?.stop();
  }
}

async function startServer(
  peer: PeerName,
  flags: readonly string[],
  nodeFlags: readonly string[],
): Promise<Server> {
  const { script, args } = peerOf(peer);
  const program = join(programsFolder, `peers/${script}.js`);
  const child = new Child<ServerCalls>(peer, program, [...args, ...flags], nodeFlags);
  const { port } = JSON.parse(await child.firstLine()) as { port: number };
  return { child, port };
}

/** @returns what a Redis has used so far, user and system, in microseconds. */
async function cpuOf(redis: RedisServer): Promise<number> {
  const info = String(await redis.command('INFO', 'cpu'));
  const seconds = [...info.matchAll(/^used_cpu_(?:sys|user):([\d.]+)/gm)].map(([, value]) => Number(value));
  return seconds.reduce((sum, value) => sum + value, 0) * 1e6;
}
