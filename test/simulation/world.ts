/** The world is a whole chat server but for HTTP, on sockets in memory, in a time of its own. */
import { pino } from 'pino';
import { createActor } from 'xstate';
import type { Broker, Position } from '../../src/broker.ts';
import { MemoryBroker, type MemoryBrokerOptions } from '../../src/brokers/memory.ts';
import { closeCodes } from '../../src/close-codes.ts';
import type { Config } from '../../src/config.ts';
import { Connections, type Connection } from '../../src/connections.ts';
import { Hub } from '../../src/hub.ts';
import { trackActors } from '../../src/leaks.ts';
import { Scheduler } from '../../src/scheduler.ts';
import { serverMachine, type ServerActor } from '../../src/server.ts';
import { createTraffic } from '../../src/traffic.ts';
import { memoryPair, type MemoryPeer } from '../../src/transports/memory.ts';
import type { Random } from '../support/random.ts';
import { SimulatedClock } from '../support/simulated-clock.ts';
import { Ledger } from './ledger.ts';
import { Minutes } from './minutes.ts';
import { WatchedBroker, WatchedSocket } from './watched.ts';

/** A clock on which the turns of the event loop take time, so that much can come in between two of them. */
class TurningClock extends SimulatedClock {
  readonly #random: Random;
  readonly #turnMs: number;

  constructor(random: Random, turnMs: number) {
    super();
    this.#random = random;
    this.#turnMs = turnMs;
  }

  override setImmediate(fn: () => void): unknown {
    return this.setTimeout(fn, this.#random.int(0, this.#turnMs));
  }
}

/** Where and how a client comes in. */
export interface Entrance {
  /** Nobody else's, and never used again. */
  readonly name: string;
  readonly room: string;
  /** How long bytes are on the wire, each way. */
  readonly latencyMs: number;
  /** How much of what the client has not read yet the wire holds. */
  readonly wireBytes: number;
  /** Where the client was in the room when it was last here. */
  readonly since?: Position | undefined;
}

export interface WorldOptions {
  readonly config: Config;
  /** The longest that a turn of the server's event loop takes. */
  readonly turnMs: number;
  readonly random: Random;
  readonly isDetailed: boolean;
  /** Orders the rooms' messages: in memory unless given. */
  readonly createBroker?: CreateBroker | undefined;
}

export type CreateBroker = (options: MemoryBrokerOptions) => Broker;

const createMemoryBroker: CreateBroker = (options) => new MemoryBroker(options);

export class World {
  readonly config: Config;
  readonly turnMs: number;
  readonly clock: SimulatedClock;
  readonly minutes: Minutes;
  readonly ledger: Ledger;
  readonly broker: WatchedBroker;
  readonly hub: Hub;
  readonly connections: Connections;
  readonly server: ServerActor;
  readonly sockets: WatchedSocket[] = [];
  /** What only the server has set and started: the wire's and the clients' timers are not in it. */
  readonly leaks: ReturnType<typeof trackActors>;
  /** Whether clients still do what they do. */
  isLively = true;
  /** The rooms that hub and broker still had when the server let go of everything. */
  roomsAtEnd: string[] | undefined;

  constructor({ config, turnMs, random, isDetailed, createBroker = createMemoryBroker }: WorldOptions) {
    this.config = config;
    this.turnMs = turnMs;
    this.clock = new TurningClock(random.fork(), turnMs);
    this.minutes = new Minutes(this.clock, isDetailed);
    this.ledger = new Ledger(this.minutes, () => this.clock.now());
    this.broker = new WatchedBroker({
      broker: createBroker({ clock: this.clock, limits: config }),
      ledger: this.ledger,
      minutes: this.minutes,
      isMember: (name, room) =>
        this.hub.rooms.get(room)?.members.some((member) => member.name === name) ?? false,
    });
    this.leaks = trackActors({ clock: this.clock, processResources: false });
    const { clock, inspect } = this.leaks;
    const traffic = createTraffic();
    const logger = pino({ level: 'silent' });
    this.hub = new Hub({ broker: this.broker, clock, config, traffic });
    this.ledger.watch(this.hub);
    this.connections = new Connections({ hub: this.hub, config, clock, traffic, logger });
    this.server = createActor(serverMachine, {
      id: 'server',
      clock,
      inspect,
      input: {
        hub: this.hub,
        connections: this.connections,
        clock,
        random: random.fork().next,
        timeouts: config,
        listen: () => Promise.resolve('memory:'),
        release: () => {
          this.roomsAtEnd = [...this.hub.rooms.keys(), ...this.broker.rooms.keys()];
          return Promise.resolve();
        },
      },
    });
    Scheduler.install(this.server.system, clock);
    this.connections.onEmpty = () => this.server.send({ type: 'emptied' });
  }

  /** Whether the server has let go of everything, and only has to stop. */
  get isOver(): boolean {
    return this.roomsAtEnd !== undefined;
  }

  get isListening(): boolean {
    return this.server.getSnapshot().matches('listening');
  }

  /** Connects a client. @returns its end of the wire and the server's; undefined when the server takes nobody. */
  connect({
    name,
    room,
    latencyMs,
    wireBytes,
    since,
  }: Entrance): { peer: MemoryPeer; connection: Connection } | undefined {
    if (!this.isListening) return undefined;
    const { clock, minutes, ledger } = this;
    const { socket, peer } = memoryPair({ clock, latencyMs, wireBytes, remoteAddress: room });
    const watched = new WatchedSocket({
      name,
      socket,
      minutes,
      isWaiting: () => ledger.wasParked(connection.id),
    });
    this.sockets.push(watched);
    const connection: Connection = this.connections.open(watched, { kind: 'chat', room, name, since });
    return { peer, connection };
  }

  /** The server closes the connection, as for a moderator. */
  kick({ actor }: Connection): void {
    const { code, reason } = closeCodes.kicked;
    actor.send({ type: 'close', code, reason });
  }

  /** Has the transition that the connection's machine takes next throw, for it cannot read its event. */
  sabotage({ actor }: Connection): void {
    const unreadable = { type: 'close', reason: '' } as { type: 'close'; code: number; reason: string };
    Object.defineProperty(unreadable, 'code', {
      get: () => {
        throw new Error('a transition was sabotaged');
      },
    });
    actor.send(unreadable);
  }

  drain(): void {
    this.minutes.note('server', () => 'drains');
    this.server.send({ type: 'drain' });
  }
}
