/**
 * A stage is where one connection goes through its life: a real hub, chat, reader, writer and machine, and a peer
 * that does what it is told. There is one in memory, under a simulated clock, and one on real sockets.
 */
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { Encoding } from '../../src/batch.ts';
import type { Broker } from '../../src/broker.ts';
import { MemoryBroker } from '../../src/brokers/memory.ts';
import type { Sender } from '../../src/channel.ts';
import { systemClock, type Clock } from '../../src/clock.ts';
import { closeCodes } from '../../src/close-codes.ts';
import { defineConfig, type Config } from '../../src/config.ts';
import { connectionMachine, type Close } from '../../src/connection.ts';
import { Connections, type Connection, type Purpose } from '../../src/connections.ts';
import { Hub } from '../../src/hub.ts';
import { runningActors, trackActors } from '../../src/leaks.ts';
import type { Subscriber } from '../../src/room.ts';
import type { Socket, SocketListener } from '../../src/socket.ts';
import { createTraffic } from '../../src/traffic.ts';
import { memoryPair, type MemoryPeer } from '../../src/transports/memory.ts';
import { startCrowd } from './crowd.ts';
import { connectionOf } from './peers.ts';
import * as raw from './raw-client.ts';
import { SimulatedClock } from './simulated-clock.ts';
import { serve } from './test-server.ts';
import { TransitionLog } from './transitions.ts';

/** The room that everything happens in. */
export const room = 'general';

const chat = JSON.stringify({ type: 'chat', content: 'hello' });
const nonsense = 'this is not JSON';

/** A peer that does nothing by itself: it answers no ping and no goodbye. */
export interface Puppet {
  /** Says so many chat messages at once. */
  say(messages: number): void;
  /** Sends so many messages at once that are none. */
  babble(messages: number): void;
  /** Babbles so much that the answers are more than an outbox can hold. */
  flood(): void;
  ping(times: number): void;
  answerPing(): void;
  /** Stops reading. */
  stall(): void;
  resume(): void;
  /** Says goodbye, or answers it, and reads to the end. */
  close(): void;
  /** Sends what no peer may send. */
  breakRules(): void;
}

export interface Stage {
  readonly config: Config;
  readonly hub: Hub;
  /** What the hub's rounds have to go through: shut at first. */
  readonly gate: Gate;
  readonly connection: Connection;
  readonly puppet: Puppet;
  /**
   * Lets time pass until the connection takes this transition.
   * @param meanwhile is called again and again until then.
   */
  until(transition: string, meanwhile?: () => void): Promise<void>;
  /** Has someone else say something in the room, and the hub tell it. */
  speak(): void;
  /** Tries to say something that the rate limiter lets through before the machine knows that it would. */
  sayWhileThrottled(): void;
  /** Ends the connection. @returns the names of what is left: nothing. */
  finish(): Promise<readonly string[]>;
}

/** Offers something that someone else says in the room, unless the hub has something in hand. */
export function offerSpeech(hub: Hub, content = 'hello'): void {
  if (hub.broadcast.depth > 0) return;
  const registration = { subscriber: speaker, room, withdrawn: false, entered: true };
  hub.broadcast.offer({ registration, content, saidAt: 0 }, speaker);
}

/** @returns the state of each region of `open`: undefined where the connection is not in it. */
function inOpen({ actor }: Connection): Partial<Record<'heartbeat' | 'inbound' | 'outbound', string>> {
  const { value } = actor.getSnapshot();
  return typeof value === 'object' && 'open' in value && typeof value.open === 'object' ? value.open : {};
}

const speaker: Subscriber & Sender = {
  id: 'speaker',
  name: 'speaker',
  offer: () => undefined,
  flush: () => undefined,
  registered: () => undefined,
  turnedAway: () => undefined,
  unregistered: () => undefined,
  unparked: () => undefined,
};

// Time

interface Held {
  readonly fn: () => void;
  id: unknown;
}

/** A clock whose turns can be held back, so that a hub on it makes its rounds when the test says so. */
export class Gate implements Clock {
  readonly #clock: Clock;
  readonly #held = new Set<Held>();
  #isShut = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  setTimeout(fn: () => void, delayMs: number): unknown {
    return this.#clock.setTimeout(fn, delayMs);
  }

  clearTimeout(id: unknown): void {
    this.#clock.clearTimeout(id);
  }

  setImmediate(fn: () => void): unknown {
    const turn: Held = { fn, id: undefined };
    if (this.#isShut) this.#held.add(turn);
    else turn.id = this.#clock.setImmediate(fn);
    return turn;
  }

  clearImmediate(turn: unknown): void {
    const { id } = turn as Held;
    this.#held.delete(turn as Held);
    if (id !== undefined) this.#clock.clearImmediate(id);
  }

  shut(): void {
    this.#isShut = true;
  }

  /** Lets through what is held, and no more. */
  pass(): void {
    for (const turn of this.#held) turn.id = this.#clock.setImmediate(turn.fn);
    this.#held.clear();
  }

  /** Lets everything through. */
  open(): void {
    this.#isShut = false;
    this.pass();
  }
}

// Sockets

/** One byte a character, and nothing between the messages. */
export const bare: Encoding = { name: 'bare', encode: (messages) => Buffer.from(messages.join('')) };

/** A socket that does nothing but keep what it was asked, in order. */
export class FakeSocket implements Socket {
  readonly transport = 'memory';
  readonly remoteAddress = 'fake';
  readonly encoding = bare;
  readonly asked: string[] = [];
  bufferedBytes = 0;
  listener: SocketListener | undefined;
  isPaused = false;

  listen(listener: SocketListener | undefined): void {
    this.listener = listener;
  }

  send(bytes: Buffer): void {
    this.asked.push(`send ${bytes.toString()}`);
  }

  ping(): void {
    this.asked.push('ping');
  }

  pause(): void {
    this.isPaused = true;
    this.asked.push('pause');
  }

  resume(): void {
    this.isPaused = false;
    this.asked.push('resume');
  }

  close(code: number, reason: string): void {
    this.asked.push(`close ${code} ${reason}`);
  }

  terminate(): void {
    this.asked.push('terminate');
  }
}

/** Another socket, seen through: who listens, and what was asked of it. */
export class WatchedSocket implements Socket {
  readonly transport = 'memory';
  readonly remoteAddress: string;
  readonly encoding: Encoding;
  listener: SocketListener | undefined;
  /** How many writes it was asked for. */
  sends = 0;
  readonly goodbyes: number[] = [];
  terminations = 0;
  /** Whether it does not do as it is told when it is terminated. */
  isDeaf = false;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.remoteAddress = socket.remoteAddress;
    this.encoding = socket.encoding;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedBytes;
  }

  listen(listener: SocketListener | undefined): void {
    this.listener = listener;
    this.#socket.listen(listener);
  }

  send(bytes: Buffer): void {
    this.sends += 1;
    this.#socket.send(bytes);
  }

  ping(): void {
    this.#socket.ping();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(code: number, reason: string): void {
    this.goodbyes.push(code);
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.terminations += 1;
    if (!this.isDeaf) this.#socket.terminate();
  }
}

// In memory

/** How long bytes are on the wire, so that a ping and its answer are two moments. */
export const latencyMs = 5;
const longestWaitMs = 120_000;

export interface MemoryOptions {
  readonly settings?: Partial<Config>;
  readonly broker?: Broker;
  readonly purpose?: Purpose;
}

export class MemoryStage implements Stage {
  readonly clock = new SimulatedClock();
  readonly leaks = trackActors({ clock: this.clock, processResources: false });
  readonly config: Config;
  readonly gate: Gate;
  readonly hub: Hub;
  readonly connections: Connections;
  readonly transitions = new TransitionLog();
  /** What the logger was told of errors. */
  readonly reported: string[] = [];
  readonly peer: MemoryPeer;
  readonly socket: WatchedSocket;
  readonly connection: Connection;
  readonly puppet: Puppet;
  /** How often the hub was asked to forget the connection. */
  farewells = 0;
  /** The code that the peer was told at the end. */
  codeSeen: number | undefined;

  constructor({
    settings = {},
    broker,
    purpose = { kind: 'chat', room, name: 'alice' },
  }: MemoryOptions = {}) {
    const { clock } = this.leaks;
    const traffic = createTraffic();
    this.config = defineConfig(settings);
    this.gate = new Gate(clock);
    this.gate.shut();
    const memory = new MemoryBroker({ clock, limits: this.config });
    this.hub = new Hub({ broker: broker ?? memory, clock: this.gate, config: this.config, traffic });
    this.hub.unregister.tap = (what) => {
      if (what === 'accepted') this.farewells += 1;
    };
    const logger = pino({ level: 'error' }, { write: (line: string) => this.#note(line) });
    this.connections = new Connections({
      hub: this.hub,
      config: this.config,
      clock,
      traffic,
      logger,
    });
    startCrowd(this.connections, clock, (event) => {
      this.leaks.inspect(event);
      this.transitions.inspect(event);
    });
    // What is on the wire is nobody's: it is no leak.
    const { socket, peer } = memoryPair({ clock: this.clock, latencyMs, wireBytes: 64 });
    this.peer = peer;
    peer.answersPings = false;
    peer.onClosed = (code) => {
      this.codeSeen = code;
    };
    this.socket = new WatchedSocket(socket);
    this.puppet = new MemoryPuppet(peer);
    this.connection = this.connections.open(this.socket, purpose);
    onTestFinished(() => this.leaks.stop());
  }

  /** How the connection ended; undefined while it lives. */
  get close(): Close | undefined {
    return this.connection.actor.getSnapshot().output;
  }

  /** Whether the connection's machine has come to one of its top-level states. */
  isIn(state: 'connecting' | 'open' | 'closing' | 'closed'): boolean {
    return this.connection.actor.getSnapshot().matches(state);
  }

  /** Lets the connection be registered, and all that follows from it arrive. */
  register(): this {
    this.gate.open();
    this.clock.advance(2 * latencyMs);
    if (!this.isIn('open')) throw new Error('it was not registered');
    return this;
  }

  /** Lets time pass until it is so. @returns the milliseconds that it took. @throws when it never is. */
  waitUntil(isSo: () => boolean, meanwhile: () => void = () => undefined): number {
    for (let waitedMs = 0; waitedMs < longestWaitMs; waitedMs += 1) {
      this.clock.settle();
      if (isSo()) return waitedMs;
      meanwhile();
      this.clock.settle();
      if (isSo()) return waitedMs;
      this.clock.advance(1);
    }
    throw new Error(`it was waited for in vain: ${JSON.stringify(this.transitions.names)}`);
  }

  async until(transition: string, meanwhile?: () => void): Promise<void> {
    this.waitUntil(() => this.transitions.pass(transition), meanwhile);
  }

  speak(): void {
    offerSpeech(this.hub);
    this.gate.pass();
  }

  sayWhileThrottled(): void {
    if (inOpen(this.connection).inbound !== 'throttled' || this.hub.broadcast.depth > 0) return;
    offerSpeech(this.hub);
    // The limiter counts in fractions of the milliseconds that the machine's timer has.
    const untilMs = this.connection.reader.throttledUntil - this.clock.now();
    this.clock.advance(untilMs - 0.5 - latencyMs);
    this.puppet.say(1);
  }

  async finish(): Promise<readonly string[]> {
    this.gate.open();
    this.puppet.resume();
    if (this.isIn('open') || this.isIn('connecting')) this.peer.reset();
    this.waitUntil(() => this.connections.size === 0);
    return this.leftovers();
  }

  /** Names what the connection has left behind: nothing, once it is gone. */
  leftovers(): string[] {
    const leaks = [...this.leaks.alive(), ...this.hub.remains()];
    this.clock.advance(latencyMs);
    const counts = {
      connections: this.connections.size,
      subscribers: this.hub.subscribers,
      listeners: this.socket.listener === undefined ? 0 : 1,
      timers: this.clock.pending,
    };
    const left = Object.entries(counts).filter(([, count]) => count > 0);
    return [...leaks, ...left.map(([what, count]) => `${count} ${what}`)];
  }

  #note(line: string): void {
    const { msg, err } = JSON.parse(line) as { msg: string; err?: { message: string } };
    this.reported.push(`${msg}: ${err?.message ?? ''}`);
  }
}

class MemoryPuppet implements Puppet {
  readonly #peer: MemoryPeer;

  constructor(peer: MemoryPeer) {
    this.#peer = peer;
  }

  say(messages: number): void {
    for (let i = 0; i < messages; i += 1) this.#peer.send(chat);
  }

  babble(messages: number): void {
    for (let i = 0; i < messages; i += 1) this.#peer.send(nonsense);
  }

  flood(): void {
    this.babble(20);
  }

  ping(times: number): void {
    for (let i = 0; i < times; i += 1) this.#peer.ping();
  }

  answerPing(): void {
    this.#peer.answersPings = true;
  }

  stall(): void {
    this.#peer.stall();
  }

  resume(): void {
    this.#peer.resume();
  }

  close(): void {
    this.#peer.resume();
    this.#peer.close();
  }

  breakRules(): void {
    this.#peer.breakRules(closeCodes.protocolError.code, closeCodes.protocolError.reason);
  }
}

// On real sockets

const meanwhileEveryMs = 2;
const longSpeech = 'x'.repeat(64 * 1_024);

export class SocketStage implements Stage {
  readonly config: Config;
  readonly hub: Hub;
  readonly gate: Gate;
  readonly connection: Connection;
  readonly puppet: Puppet;
  readonly transitions = new TransitionLog();
  readonly #client: raw.RawClient;

  static async open(settings: Partial<Config> = {}): Promise<SocketStage> {
    const gate = new Gate(systemClock);
    const server = await serve({ ...settings, clock: gate });
    gate.shut();
    const client = await raw.RawClient.connect(server.url, { path: `/ws/${room}` });
    return new SocketStage(server.config, server.hub, gate, connectionOf(server), client);
  }

  constructor(config: Config, hub: Hub, gate: Gate, connection: Connection, client: raw.RawClient) {
    this.config = config;
    this.hub = hub;
    this.gate = gate;
    this.connection = connection;
    this.puppet = new RawPuppet(client);
    this.#client = client;
    connection.actor.system.inspect(this.transitions.inspect);
  }

  async until(transition: string, meanwhile?: () => void): Promise<void> {
    const repeated = meanwhile && setInterval(meanwhile, meanwhileEveryMs);
    onTestFinished(() => clearInterval(repeated));
    while (!this.transitions.pass(transition)) {
      await nextTurn();
      await pause(1);
    }
    clearInterval(repeated);
  }

  speak(): void {
    // Long, as it has to be more than what kernels hold.
    offerSpeech(this.hub, longSpeech);
    this.gate.pass();
  }

  sayWhileThrottled(): void {
    const { inbound } = inOpen(this.connection);
    // It may be blocked before it is throttled: then it has to flow, and be tried, again.
    if (inbound === 'blocked') this.gate.pass();
    // All of them are read in one turn, in which the machine's timer cannot end what the limiter has ended.
    if (inbound === 'flowing') this.puppet.say(3_000);
  }

  async finish(): Promise<readonly string[]> {
    this.gate.open();
    this.#client.vanish();
    const { actor } = this.connection;
    while (actor.getSnapshot().status === 'active') await pause(1);
    return runningActors(actor);
  }
}

class RawPuppet implements Puppet {
  readonly #client: raw.RawClient;

  constructor(client: raw.RawClient) {
    this.#client = client;
  }

  say(messages: number): void {
    this.#send(Buffer.concat(Array.from({ length: messages }, () => raw.text(chat))));
  }

  babble(messages: number): void {
    this.#send(Buffer.concat(Array.from({ length: messages }, () => raw.text(nonsense))));
  }

  flood(): void {
    this.babble(2_000);
  }

  ping(times: number): void {
    this.#send(Buffer.concat(Array.from({ length: times }, () => raw.ping())));
  }

  answerPing(): void {
    this.#send(raw.pong());
  }

  stall(): void {
    this.#client.stall();
  }

  resume(): void {
    this.#client.resume();
  }

  close(): void {
    this.#client.resume();
    this.#send(raw.close(closeCodes.normal.code));
  }

  breakRules(): void {
    this.#send(raw.frame(3));
  }

  #send(bytes: Buffer): void {
    void this.#client.send(bytes);
  }
}

// Faults

/** Names what the connection machine is made with: its actions, guards and delays. */
export function implementations(): string[] {
  const { actions, guards, delays } = connectionMachine.implementations;
  return [actions, guards, delays].flatMap((parts) => Object.keys(parts));
}

/** Has one of them throw the next time, or the next few times, that it is used. */
export function sabotage(name: string, times = 1): void {
  const { actions, guards, delays } = connectionMachine.implementations;
  const parts = [actions, guards, delays].find((kind) => name in kind) as Record<string, unknown>;
  const original = parts[name];
  let left = times;
  parts[name] = () => {
    left -= 1;
    if (left === 0) parts[name] = original;
    throw new Error(`${name} was sabotaged`);
  };
  onTestFinished(() => {
    parts[name] = original;
  });
}
