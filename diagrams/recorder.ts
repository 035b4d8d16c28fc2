/**
 * A recorder runs real connections on in-memory sockets under a simulated clock, and writes down who told whom
 * what: events between actors, values through the hub's channels, bytes on the wire.
 */
import { pino } from 'pino';
import { createActor, type AnyActorRef, type InspectionEvent } from 'xstate';
import { MemoryBroker } from '../src/brokers/memory.ts';
import { defineConfig, type Config } from '../src/config.ts';
import { connectionsLogic } from '../src/connections-actor.ts';
import { Connections, type Connection } from '../src/connections.ts';
import { Hub } from '../src/hub.ts';
import type { Arrow } from '../src/inspector/sequence.ts';
import { serverMachine, type ServerActor } from '../src/server.ts';
import type { Socket, SocketListener } from '../src/socket.ts';
import { createTraffic } from '../src/traffic.ts';
import { memoryPair, type MemoryPeer } from '../src/transports/memory.ts';
import { SimulatedClock } from '../test/support/simulated-clock.ts';

/** A client in a recorded run, and the connection that serves it. */
export interface Client {
  readonly peer: MemoryPeer;
  readonly connection: Connection;
}

const latencyMs = 1;

export class Recorder {
  readonly clock = new SimulatedClock();
  readonly hub: Hub;
  readonly connections: Connections;
  readonly #config: Config;
  #server: ServerActor | undefined;
  readonly #arrows: Arrow[] = [];
  // Arrows whose ends are actors: what they are called is known once the actors have begun.
  readonly #unnamed: { index: number; from: AnyActorRef; to: AnyActorRef }[] = [];
  readonly #states = new Map<AnyActorRef, string[]>();

  constructor(settings: Partial<Config> = {}) {
    const { clock } = this;
    const config = defineConfig(settings);
    this.#config = config;
    const traffic = createTraffic();
    this.hub = new Hub({ broker: new MemoryBroker({ clock, limits: config }), clock, config, traffic });
    this.connections = new Connections({
      hub: this.hub,
      config,
      clock,
      traffic,
      logger: pino({ level: 'silent' }),
    });
    this.#tapChannels();
  }

  /** Starts the connections without a server. */
  begin(): this {
    const { clock, connections } = this;
    const inspect = (event: InspectionEvent) => this.#inspect(event);
    createActor(connectionsLogic, { id: 'connections', clock, inspect, input: { connections } }).start();
    return this;
  }

  /** Starts a server around the connections, without HTTP. */
  serve(): ServerActor {
    const { hub, connections, clock } = this;
    const actor = createActor(serverMachine, {
      id: 'server',
      clock,
      inspect: (event) => this.#inspect(event),
      input: {
        hub,
        connections,
        clock,
        random: () => 0,
        timeouts: this.#config,
        listen: () => Promise.resolve(''),
        release: () => Promise.resolve(),
      },
    });
    connections.onEmpty = () => actor.send({ type: 'emptied' });
    this.#server = actor;
    return actor.start();
  }

  /** Whoever was recorded so far was only to set the scene. */
  forgetSoFar(): void {
    this.#arrows.length = 0;
    this.#unnamed.length = 0;
  }

  /** Writes down what the run's script does to a client itself. */
  note(who: string, what: string): void {
    this.#add(who, who, what, 'bytes');
  }

  connect(name: string, room = 'tea', wireBytes = 64 * 1_024): Client {
    const { clock } = this;
    const { socket, peer } = memoryPair({ clock, latencyMs, wireBytes });
    const recorded = new RecordedSocket(socket, (from, to, label) =>
      this.#add(`${name} ${from}`, `${name} ${to}`, label, 'bytes'),
    );
    const connection = this.connections.open(recorded, { kind: 'chat', room, name });
    clock.advance(latencyMs);
    return { peer, connection };
  }

  /** @returns what was recorded, in order. */
  arrows(): Arrow[] {
    for (const { index, from, to } of this.#unnamed) {
      const arrow = this.#arrows[index];
      if (arrow !== undefined) this.#arrows[index] = { ...arrow, from: nameOf(from), to: nameOf(to) };
    }
    return this.#arrows;
  }

  #add(from: string, to: string, label: string, kind: Arrow['kind']): void {
    this.#arrows.push({ from, to, label, kind, at: this.clock.now() });
  }

  #tapChannels(): void {
    const { register, unregister, broadcast } = this.hub;
    register.tap = (what, { subscriber, room }) =>
      this.#add(`${subscriber.name} reader`, 'hub', channelLabel('register', what, room), 'channel');
    unregister.tap = (what, { subscriber, room }) =>
      this.#add(`${subscriber.name} connection`, 'hub', channelLabel('unregister', what, room), 'channel');
    broadcast.tap = (what, { registration: { subscriber, room } }) =>
      this.#add(`${subscriber.name} reader`, 'hub', channelLabel('broadcast', what, room), 'channel');
    this.hub.tap = (batch, subscriber) =>
      this.#add('hub', `${subscriber.name} writer`, `batch: ${typesIn(batch.messages.join(''))}`, 'channel');
  }

  #inspect(event: InspectionEvent): void {
    if (event.type === '@xstate.event') this.#noteEvent(event.actorRef, event.sourceRef, event.event.type);
    if (event.type === '@xstate.snapshot') this.#noteState(event.actorRef as AnyActorRef, event.event.type);
  }

  #noteEvent(
    to: InspectionEvent['actorRef'],
    from: InspectionEvent['actorRef'] | undefined,
    type: string,
  ): void {
    const after = /^xstate\.after\.([a-zA-Z]+)\./.exec(type)?.[1];
    if (type.startsWith('xstate.') && after === undefined) return;
    const label = after === undefined ? type : `after ${after}`;
    this.#unnamed.push({
      index: this.#arrows.length,
      from: (from ?? this.#outside(to)) as AnyActorRef,
      to: to as AnyActorRef,
    });
    this.#add('', '', label, 'event');
  }

  /** Whoever sends an event that comes from no actor: the server, to a connection; else the actor's own owner. */
  #outside(to: InspectionEvent['actorRef']): InspectionEvent['actorRef'] {
    return this.#server !== undefined && isConnection(to as AnyActorRef) ? this.#server : to;
  }

  /** Adds to the event that caused it the state that the connection is in since. */
  #noteState(actor: AnyActorRef, type: string): void {
    const snapshot = actor.getSnapshot() as { value?: unknown };
    if (snapshot.value === undefined) return;
    const before = this.#states.get(actor) ?? [];
    const now = statesIn(snapshot.value);
    this.#states.set(actor, now);
    const entered = now.find((state) => !before.includes(state));
    const cause = this.#unnamed.findLast(({ to, index }) => to === actor && this.#isCause(index, type));
    const arrow = cause && this.#arrows[cause.index];
    if (entered === undefined || cause === undefined || arrow === undefined) return;
    this.#arrows[cause.index] = { ...arrow, label: `${arrow.label} ⇒ ${entered}` };
  }

  #isCause(index: number, type: string): boolean {
    const label = this.#arrows[index]?.label ?? '';
    return (
      label === type || (label.startsWith('after ') && type.startsWith(`xstate.after.${label.slice(6)}.`))
    );
  }
}

/** A socket that tells what passes through it: from and to are `peer`, `reader` or `writer`. */
class RecordedSocket implements Socket {
  readonly #socket: Socket;
  readonly #note: (from: string, to: string, label: string) => void;

  constructor(socket: Socket, note: (from: string, to: string, label: string) => void) {
    this.#socket = socket;
    this.#note = note;
  }

  get transport() {
    return this.#socket.transport;
  }

  get remoteAddress() {
    return this.#socket.remoteAddress;
  }

  get encoding() {
    return this.#socket.encoding;
  }

  get bufferedBytes() {
    return this.#socket.bufferedBytes;
  }

  listen(listener: SocketListener | undefined): void {
    this.#socket.listen(listener && this.#recorded(listener));
  }

  send(bytes: Buffer): void {
    this.#note('writer', 'peer', `one write: ${typesIn(bytes.toString())}`);
    this.#socket.send(bytes);
    if (this.bufferedBytes > 0) this.#note('peer', 'writer', 'the kernel takes no more');
  }

  ping(): void {
    this.#note('writer', 'peer', 'ping');
    this.#socket.ping();
  }

  pause(): void {
    this.#note('reader', 'peer', 'pause');
    this.#socket.pause();
  }

  resume(): void {
    this.#note('reader', 'peer', 'resume');
    this.#socket.resume();
  }

  close(code: number, reason: string): void {
    this.#note('writer', 'peer', `close frame ${code} ${reason}`);
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#note('writer', 'peer', 'terminate');
    this.#socket.terminate();
  }

  #recorded(listener: SocketListener): SocketListener {
    return {
      frame: (data, isBinary) => {
        this.#note('peer', 'reader', `message: ${typesIn(data.toString())}`);
        listener.frame(data, isBinary);
      },
      pinged: () => listener.pinged(),
      pong: () => {
        this.#note('peer', 'reader', 'pong');
        listener.pong();
      },
      drained: () => listener.drained(),
      failed: (code, reason) => listener.failed(code, reason),
      closed: (code, reason) => {
        this.#note('peer', 'reader', code === 1006 ? 'gone' : 'close frame, and gone');
        listener.closed(code, reason);
      },
    };
  }
}

/** The types of the messages in some bytes: `welcome, joined`. */
function typesIn(text: string): string {
  const counts = new Map<string, number>();
  for (const message of text.split('{"type":"').slice(1)) {
    const type = /"event":"(\w+)"/.exec(message)?.[1] ?? /^\w+/.exec(message)?.[0] ?? '';
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return [...counts].map(([type, count]) => (count > 1 ? `${count} ${type}` : type)).join(', ');
}

function channelLabel(channel: string, what: string, room: string | undefined): string {
  return `${what === 'accepted' ? '' : `${what}: `}${channel}${room === undefined ? '' : ` in ${room}`}`;
}

/** All states in a state value, the outer ones first: `open`, `open.heartbeat`, … */
function statesIn(value: unknown, prefix = ''): string[] {
  if (typeof value === 'string') return [`${prefix}${value}`];
  const states: string[] = [];
  for (const [state, inner] of Object.entries(value as object)) {
    states.push(`${prefix}${state}`, ...statesIn(inner, `${prefix}${state}.`));
  }
  return states;
}

function isConnection(actor: AnyActorRef): boolean {
  return actor.id.startsWith('connection-');
}

/** What the reader knows an actor as: `ada connection`, `ada reader`, `server hub`. */
function nameOf(actor: AnyActorRef): string {
  const parent = actor._parent;
  if (isConnection(actor)) return `${clientOf(actor)} connection`;
  if (parent === undefined) return actor.id;
  return isConnection(parent) ? `${clientOf(parent)} ${actor.id}` : `${parent.id} ${actor.id}`;
}

function clientOf(connection: AnyActorRef): string {
  return (connection as Connection['actor']).getSnapshot().context.writer.name;
}
