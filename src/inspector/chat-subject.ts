/** hubbub's own server as what is inspected: its actors, its channels and its connections. */
import type { AnyActorRef } from 'xstate';
import type { Batch } from '../batch.ts';
import type { Channel } from '../channel.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { connectionIdOf, type Connection, type Connections } from '../connections.ts';
import type { Hub } from '../hub.ts';
import type { Subscriber } from '../room.ts';
import type { ServerActor } from '../server.ts';
import { topState } from '../state-value.ts';
import type { Traffic } from '../traffic.ts';
import type { Flights } from './flights.ts';
import type { ConnectionFigures, DataPlaneListener, Description, Subject, SubjectGauges } from './subject.ts';
import type { ActorType, ChannelRecord, OutboxGauge } from './messages.ts';

export interface ChatSubjectOptions {
  readonly title: string;
  readonly server: ServerActor;
  readonly hub: Hub;
  readonly connections: Connections;
  readonly traffic: Traffic;
  readonly config: Config;
  readonly clock: Clock;
  readonly flights: Flights;
  /** The state of the broker. */
  readonly brokerState: () => string;
  /** What is on its way to a broker that is another process; left out where there is none. */
  readonly brokerLoad?: BrokerLoad | undefined;
}

export interface BrokerLoad {
  /** How many publications were not answered yet. */
  readonly onTheirWay: number;
}

/** How many parked senders and full outboxes are named. */
const parkedNamed = 20;
const fullestNamed = 10;

/** How many messages of a batch are shown, and how much of each. */
const messagesShown = 5;
const charactersShown = 200;

export class ChatSubject implements Subject {
  readonly title: string;
  readonly contentShown: boolean;
  readonly #options: ChatSubjectOptions;

  constructor(options: ChatSubjectOptions) {
    this.#options = options;
    this.title = options.title;
    this.contentShown = options.config.inspectContent;
  }

  now(): number {
    return this.#options.clock.now();
  }

  roots(): Iterable<AnyActorRef> {
    return [this.#options.server];
  }

  /** There will be no other. */
  onRoot(): void {
    return undefined;
  }

  describe(actor: AnyActorRef): Description {
    const { flights } = this.#options;
    const type = this.#typeOf(actor);
    if (type !== 'connection') return { type };
    const id = connectionIdOf(actor.id);
    const facts = flights.factsOf(id);
    const lastEvent = flights.lastEventOf(id);
    return {
      type,
      ...(facts === undefined ? {} : { connection: facts, since: facts.openedAt }),
      ...(lastEvent === undefined ? {} : { lastEvent }),
    };
  }

  contextOf(actor: AnyActorRef, context: object): unknown {
    const allowed = allowedContext[this.#typeOf(actor)];
    return (
      allowed && Object.fromEntries(allowed.map((name) => [name, (context as Record<string, unknown>)[name]]))
    );
  }

  /** The parent of all connections makes a list of them only when it is asked for one. */
  childCountOf(actor: AnyActorRef): number | undefined {
    return isCrowd(actor) ? this.#options.connections.size : undefined;
  }

  factsOf(actor: AnyActorRef): unknown {
    const connection = this.#connectionOf(actor);
    if (connection === undefined) return undefined;
    const { reader, writer, socket } = connection;
    const { outboxMessages, outboxBytes } = this.#options.config;
    const silentMs = Math.max(0, this.now() - reader.lastHeardAt);
    const { messages, bytes } = writer.outbox;
    switch (actor.id) {
      case 'reader':
        return { messagesIn: reader.messagesIn, silentMs, throttledUntil: reader.throttledUntil };
      case 'writer':
        return {
          messagesOut: writer.messagesOut,
          outbox: { messages, bytes, capacity: { messages: outboxMessages, bytes: outboxBytes } },
          bufferedBytes: socket.bufferedBytes,
        };
      default:
        return { messagesIn: reader.messagesIn, messagesOut: writer.messagesOut, silentMs };
    }
  }

  tap(listener: DataPlaneListener | undefined): void {
    const { hub } = this.#options;
    this.#tapChannel(hub.register, listener, ({ subscriber, room }) => ({ subscriber, room }));
    this.#tapChannel(hub.unregister, listener, ({ subscriber, room }) => ({ subscriber, room }));
    this.#tapChannel(hub.broadcast, listener, ({ registration: { subscriber, room }, content }) => ({
      subscriber,
      room,
      content,
    }));
    hub.tap = listener && ((batch, subscriber) => this.#delivered(listener, batch, subscriber));
  }

  gauges(): SubjectGauges {
    const { hub, connections, traffic, config, brokerState, brokerLoad } = this.#options;
    // The hub's own snapshot is fresh while somebody looks, and only then.
    this.#hubActor()?.send({ type: 'look' });
    const { channels, rooms } = hub.view();
    const { framesIn, messagesIn, deliveries, bytesIn, bytesOut } = traffic;
    return {
      channels: channels.map(({ name, depth, capacity, parked }) => {
        return { name, depth, capacity, parked: parked.length, parkedIds: parked.slice(0, parkedNamed) };
      }),
      connections: this.#byState(),
      rooms,
      outboxes: this.#outboxes(),
      ...(brokerLoad === undefined
        ? {}
        : {
            broker: {
              state: brokerState(),
              inFlight: brokerLoad.onTheirWay,
              window: config.brokerWindow,
            },
          }),
      totals: { connections: connections.total, framesIn, messagesIn, deliveries, bytesIn, bytesOut },
    };
  }

  *figures(): Generator<ConnectionFigures> {
    for (const { actor, reader, writer } of this.#options.connections) {
      yield {
        actor,
        messagesIn: reader.messagesIn,
        messagesOut: writer.messagesOut,
        outboxMessages: writer.outbox.messages,
        outboxBytes: writer.outbox.bytes,
      };
    }
  }

  /** By names and places alone, for an actor tells its last things when it is in no registry any more. */
  #typeOf(actor: AnyActorRef): ActorType {
    const parent = actor._parent;
    if (parent === undefined) return actor === (this.#options.server as AnyActorRef) ? 'server' : 'other';
    if (parent._parent === undefined) return serverParts.find((name) => name === actor.id) ?? 'other';
    if (isCrowd(parent)) return 'connection';
    return isCrowd(parent._parent) ? (connectionParts.find((name) => name === actor.id) ?? 'other') : 'other';
  }

  /** The connection that an actor is, or is a part of. */
  #connectionOf(actor: AnyActorRef): Connection | undefined {
    const { connections } = this.#options;
    return (
      connections.get(connectionIdOf(actor.id)) ?? connections.get(connectionIdOf(actor._parent?.id ?? ''))
    );
  }

  #hubActor(): AnyActorRef | undefined {
    return this.#options.server.getSnapshot().children.hub;
  }

  #childOf(connectionId: string, name: 'reader' | 'writer'): AnyActorRef | undefined {
    return this.#options.connections.get(connectionId)?.actor.getSnapshot().children[name];
  }

  /** Who offered a request: the reader for its client, or, to be forgotten, the connection itself. */
  #askerOf({ id }: Subscriber, room: string | undefined): AnyActorRef | undefined {
    return room === undefined ? this.#options.connections.get(id)?.actor : this.#childOf(id, 'reader');
  }

  #tapChannel<T>(
    channel: Channel<T>,
    listener: DataPlaneListener | undefined,
    read: (value: T) => { subscriber: Subscriber; room: string | undefined; content?: string },
  ): void {
    if (listener === undefined) {
      channel.tap = undefined;
      return;
    }
    channel.tap = (what, value) => {
      if (!listener.wants()) return;
      const hub = this.#hubActor();
      if (hub === undefined) return;
      const { subscriber, room, content } = read(value);
      listener.channel(this.#askerOf(subscriber, room), hub, {
        channel: channel.name as ChannelRecord['channel'],
        what,
        ...(room === undefined ? {} : { room }),
        ...(content === undefined ? {} : { length: content.length }),
        ...(content === undefined || !this.contentShown
          ? {}
          : { content: content.slice(0, charactersShown) }),
      });
    };
  }

  #delivered(listener: DataPlaneListener, batch: Batch, subscriber: Subscriber): void {
    if (!listener.wants()) return;
    const hub = this.#hubActor();
    const writer = this.#childOf(subscriber.id, 'writer');
    if (hub === undefined || writer === undefined) return;
    const texts = batch.messages.map(String);
    listener.delivery(hub, writer, {
      messages: batch.size,
      characters: texts.reduce((sum, text) => sum + text.length, 0),
      types: typesIn(texts),
      ...(this.contentShown
        ? { content: texts.slice(0, messagesShown).map((text) => text.slice(0, charactersShown)) }
        : {}),
    });
  }

  #byState(): NonNullable<SubjectGauges['connections']> {
    const counts = { connecting: 0, open: 0, closing: 0 };
    for (const { actor } of this.#options.connections) {
      const state = topState(actor.getSnapshot().value);
      if (state === 'connecting' || state === 'open' || state === 'closing') counts[state] += 1;
    }
    return counts;
  }

  #outboxes(): OutboxGauge {
    const { connections, config } = this.#options;
    const filled: OutboxGauge['fullest'][number][] = [];
    let messages = 0;
    let bytes = 0;
    for (const { id, writer } of connections) {
      const { outbox } = writer;
      if (outbox.bytes === 0) continue;
      messages += outbox.messages;
      bytes += outbox.bytes;
      filled.push({ id, messages: outbox.messages, bytes: outbox.bytes });
    }
    const fullest = filled.toSorted((a, b) => b.bytes - a.bytes).slice(0, fullestNamed);
    return {
      messages,
      bytes,
      capacity: { messages: config.outboxMessages, bytes: config.outboxBytes },
      fullest,
    };
  }
}

/** What may be seen of a context, in this order; of the others nothing is. */
const allowedContext: Partial<Record<ActorType, readonly string[]>> = {
  server: ['url', 'error'],
  hub: ['channels', 'rooms', 'subscribers'],
  connection: ['close', 'isGone'],
};

const serverParts: readonly ActorType[] = ['hub', 'broker', 'connections'];
const connectionParts: readonly ActorType[] = ['reader', 'writer'];

/** Whether this is the parent of the connections. */
function isCrowd({ id, _parent: parent }: AnyActorRef): boolean {
  return id === 'connections' && parent !== undefined && parent._parent === undefined;
}

/** How many messages there are of each type; a `system` one goes by its event. */
function typesIn(texts: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const text of texts) {
    const [, type = 'binary'] = /^\{"type":"(\w+)"/.exec(text) ?? [];
    const [, event = type] = type === 'system' ? (/"event":"(\w+)"/.exec(text) ?? []) : [];
    counts[event] = (counts[event] ?? 0) + 1;
  }
  return counts;
}
