/**
 * The registry of connections: it makes each one an actor of its own, below the `connections` actor, knows those that
 * live, and counts how the others died.
 */
import type { Logger } from 'pino';
import { newId } from './ids.ts';
import { createActor, type AnyActorRef, type StateValue } from 'xstate';
import type { Position } from './broker.ts';
import { Chat } from './chat.ts';
import { closeCodes, firstPrivateCode, otherCode } from './close-codes.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { connectionMachine, type Close, type ConnectionActor, type Keeper } from './connection.ts';
import { Echo } from './echo.ts';
import type { Hub } from './hub.ts';
import type { Place } from './limits.ts';
import { Refusal } from './refusal.ts';
import { Reader, type Session } from './reader.ts';
import type { Socket } from './socket.ts';
import type { Traffic } from './traffic.ts';
import { Writer } from './writer.ts';

/** What a new socket is for. */
export type Purpose =
  | {
      readonly kind: 'chat';
      readonly room: string;
      readonly name: string;
      /** Where to go on from, for one that was there before. */
      readonly since?: Position | undefined;
    }
  | { readonly kind: 'echo' }
  | { readonly kind: 'refused'; readonly code: number; readonly reason: string };

/** A living connection, with what its actors work on. */
export interface Connection {
  readonly id: string;
  readonly actor: ConnectionActor;
  readonly socket: Socket;
  readonly reader: Reader;
  readonly writer: Writer;
  readonly purpose: Purpose;
  /** What it counts for; none where nobody counts. */
  readonly place: Place | undefined;
  readonly session: Session;
}

export interface ConnectionsOptions {
  readonly hub: Hub;
  readonly config: Config;
  readonly clock: Clock;
  readonly traffic: Traffic;
  readonly logger: Logger;
}

/** One that keeps account of connections. It MUST NOT throw. */
export interface Witness {
  /** A connection is there; its actor starts right after this. */
  opening(connection: Connection): void;
  /** Its machine has taken an event, and is in this state. */
  stepped(connectionId: string, eventType: string, value: StateValue): void;
  closed(connection: Connection, close: Close): void;
}

const namePrefix = 'connection-';

/** @returns the id of the connection whose actor goes by this name. */
export function connectionIdOf(actorName: string): string {
  return actorName.slice(namePrefix.length);
}

/** Ends that an operator should hear of. */
const notableCodes: ReadonlySet<number> = new Set([
  closeCodes.internalError.code,
  closeCodes.slowConsumer.code,
  closeCodes.noPong.code,
  closeCodes.rateLimitAbuse.code,
]);

export class Connections implements Keeper {
  readonly closedByCode = new Map<number, number>();
  /** How many there were since the server started. */
  total = 0;
  /** Is told each time the last one is gone. */
  onEmpty: (() => void) | undefined;
  witness: Witness | undefined;
  readonly #options: ConnectionsOptions;
  readonly #living = new Map<string, Connection>();
  #parent: AnyActorRef | undefined;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#living.size;
  }

  [Symbol.iterator](): IterableIterator<Connection> {
    return this.#living.values();
  }

  get(id: string): Connection | undefined {
    return this.#living.get(id);
  }

  /** Begins to make connections, as the children of this actor; it calls `ended` when one of them has. */
  start(parent: AnyActorRef): void {
    this.#parent = parent;
  }

  /** Makes no more of them, for nobody would hear of their ends; of those that outlive their parent it hears by itself. */
  stop(): void {
    this.#parent = undefined;
    for (const { actor } of this) {
      const hear = () => this.ended(actor.id);
      actor.subscribe({ complete: hear, error: hear });
    }
  }

  /**
   * Makes a socket a connection, and starts it; its place is given back when it is gone.
   * @throws Error where no parent has started.
   */
  open(socket: Socket, purpose: Purpose, place?: Place): Connection {
    const parent = this.#parent;
    if (parent === undefined) throw new Error('no connection can be opened while the server does not run');
    const { config, clock, traffic, logger } = this.#options;
    const id = newId();
    const name = purpose.kind === 'chat' ? purpose.name : purpose.kind;
    const writer = new Writer({ id, name, socket, limits: config, traffic });
    const session = this.#sessionFor(purpose, writer);
    const limits = purpose.kind === 'chat' ? config : { ...config, rate: 0 };
    const reader = new Reader({ id, socket, session, writer, limits, clock, traffic });
    const actor = createActor(connectionMachine, {
      id: `${namePrefix}${id}`,
      parent,
      input: {
        reader,
        writer,
        session,
        timeouts: config,
        clock,
        keeper: this,
      },
    });
    const connection = { id, actor, socket, reader, writer, purpose, place, session };
    this.total += 1;
    this.#living.set(id, connection);
    this.witness?.opening(connection);
    actor.start();
    if (purpose.kind === 'refused') actor.send({ type: 'close', code: purpose.code, reason: purpose.reason });
    logger.debug({ connection: id, address: socket.remoteAddress, ...purpose }, 'connection opened');
    return connection;
  }

  stepped(id: string, eventType: string, value: StateValue): void {
    this.witness?.stepped(id, eventType, value);
  }

  threw(id: string, thrown: unknown): void {
    this.#options.logger.error({ err: thrown, connection: id }, 'a transition threw');
  }

  /** Strikes out a connection whose actor, by this name, has ended. */
  ended(actorName: string): void {
    const connection = this.#living.get(connectionIdOf(actorName));
    if (connection === undefined) return;
    const { status, output, error } = connection.actor.getSnapshot();
    if (status === 'error') this.#salvage(connection, error);
    else this.#remove(connection, output);
  }

  #sessionFor(purpose: Purpose, writer: Writer): Session {
    const { hub, config, clock } = this.#options;
    if (purpose.kind === 'echo') return new Echo(writer);
    if (purpose.kind === 'refused') return new Refusal(writer);
    return new Chat({
      hub,
      writer,
      clock,
      room: purpose.room,
      since: purpose.since,
      roomsPerConnection: config.roomsPerConnection,
    });
  }

  #remove(connection: Connection, close: Close = { ...closeCodes.internalError, by: 'server' }): void {
    const { id, reader, writer, place } = connection;
    const { code, reason, by } = close;
    this.#living.delete(id);
    place?.leave();
    // What a peer closes with is its own to choose, and must not fill our books.
    const counted = by === 'peer' && code >= firstPrivateCode ? otherCode : code;
    this.closedByCode.set(counted, (this.closedByCode.get(counted) ?? 0) + 1);
    const { messagesIn } = reader;
    const { messagesOut } = writer;
    const level = notableCodes.has(code) ? 'info' : 'debug';
    this.#options.logger[level](
      { connection: id, code, reason, by, messagesIn, messagesOut },
      'connection closed',
    );
    this.witness?.closed(connection, close);
    if (this.#living.size === 0) this.onEmpty?.();
  }

  /** The actor died of an error in its own teardown: what it held is given back here. */
  #salvage(connection: Connection, thrown: unknown): void {
    const { logger } = this.#options;
    const { session } = connection;
    logger.error({ err: thrown, connection: connection.id }, 'connection failed');
    // XState leaves the children of an actor that ended in error running; this is the event it stops others with.
    const children: Record<string, AnyActorRef | undefined> = connection.actor.getSnapshot().children;
    for (const child of Object.values(children)) child?.send({ type: 'xstate.stop' });
    connection.reader.release();
    connection.writer.release();
    session.close();
    connection.socket.terminate();
    this.#remove(connection, undefined);
  }
}
