/** A joined room is all of it put together: the machine, the line, the outbox, and those who listen. */
import { createActor, type ActorRefFrom, type EventFrom } from 'xstate';
import type { ChatMessage } from '../protocol.ts';
import type { JoinOptions, Room, RoomEvents, RoomState, SendOptions, Sent } from './api.ts';
import { Emitter } from './emitter.ts';
import { globals, platformClock, platformFetch, platformPage, platformStorage } from './environment.ts';
import * as limits from './limits.ts';
import { Line } from './line.ts';
import { roomMachine, type Transports } from './machine.ts';
import { Membership } from './membership.ts';
import { Memory } from './memory.ts';
import { Outbox } from './outbox.ts';
import { transportNames, type Destination, type Platform, type TransportName } from './socket.ts';
import { lookOf, stateOf } from './state.ts';
import { messagesOf } from './stream.ts';
import { transports } from './transports/all.ts';

/**
 * Joins a room, and stays in it until it is closed or the server says to stay away.
 * @throws {TypeError} where the options make no sense: a URL that is none, a room that no URL can name, no transport.
 */
export function joinRoom(options: JoinOptions): Room {
  return new JoinedRoom(options);
}

class JoinedRoom implements Room {
  readonly actor: ActorRefFrom<typeof roomMachine>;
  readonly #emitter = new Emitter<RoomEvents>();
  readonly #outbox: Outbox;
  readonly #membership: Membership;
  readonly #ended: Promise<void>;
  readonly #signal: AbortSignal | undefined;
  readonly #abort = () => this.#tell({ type: 'close' });
  #state: RoomState;
  #newName: string | undefined;

  constructor(options: JoinOptions) {
    const { clock = platformClock, random = Math.random, storage = platformStorage() } = options;
    const platform: Platform = {
      clock,
      WebSocket: options.WebSocket ?? globals.WebSocket,
      fetch: options.fetch ?? platformFetch,
    };
    const destination = destinationOf(options);
    const usable = usableTransports(options.transports, platform);
    this.#outbox = new Outbox(
      options.queueLimit ?? limits.queueLimit,
      clock,
      (chat) => line.send(chat),
      () => this.#renameIfClear(),
    );
    const membership = new Membership(destination, this.#outbox, (event, value) =>
      this.#emitter.emit(event, value),
    );
    this.#membership = membership;
    const line = new Line(membership, clock, (transport, listener) =>
      transports[transport](membership.destination, platform, listener),
    );
    this.actor = createActor(roomMachine, {
      id: 'room',
      clock,
      ...(options.inspect !== undefined && { inspect: options.inspect }),
      input: {
        line,
        sending: this.#outbox,
        page: options.pageEvents ?? platformPage,
        memory: new Memory(destination.base, storage),
        transports: usable,
        clock,
        random,
      },
    });
    this.#state = stateOf(this.actor.getSnapshot(), this.#membership.destination.after);
    this.#ended = new Promise((resolve) => {
      this.actor.subscribe({
        next: () => this.#follow(),
        complete: resolve,
        // Only what throws again while it is torn down leads here; the line is dropped all the same.
        error: () => {
          line.drop();
          this.#follow();
          resolve();
        },
      });
    });
    this.#signal = options.signal;
    this.#signal?.addEventListener('abort', this.#abort);
    this.actor.start();
    if (this.#signal?.aborted === true) this.#abort();
  }

  get state(): RoomState {
    const { after: position } = this.#membership.destination;
    if (this.#state.position !== position && position !== undefined) {
      this.#state = { ...this.#state, position };
    }
    return this.#state;
  }

  send(content: string, options: SendOptions = {}): Promise<Sent> {
    return this.#outbox.add(content, options);
  }

  rename(name: string): void {
    this.#newName = name;
    this.#renameIfClear();
  }

  on<E extends keyof RoomEvents>(event: E, listener: (value: RoomEvents[E]) => void): () => void {
    return this.#emitter.on(event, listener);
  }

  retryNow(): void {
    this.#tell({ type: 'retry' });
  }

  close(): Promise<void> {
    this.#tell({ type: 'close' });
    return this.#ended;
  }

  [Symbol.asyncIterator](): AsyncIterator<ChatMessage, void, undefined> {
    return messagesOf(this);
  }

  /** A message that the server may have under one name would be another message under another. */
  #renameIfClear(): void {
    if (this.#newName === undefined || this.#outbox.hasOneUnderWay) return;
    this.#membership.rename(this.#newName);
    this.#newName = undefined;
    this.#tell({ type: 'rejoin' });
  }

  #follow(): void {
    const before = this.#state;
    const state = stateOf(this.actor.getSnapshot(), this.#membership.destination.after);
    if (lookOf(state) === lookOf(before)) return;
    this.#state = state;
    this.#emitter.emit('state', state);
    if (state.status !== 'closed' || before.status === 'closed') return;
    this.#outbox.close(`the room is closed${state.close ? `: ${state.close.reason}` : ''}`);
    this.#signal?.removeEventListener('abort', this.#abort);
  }

  /** Whoever is told something when it is over need not be told any more. */
  #tell(event: EventFrom<typeof roomMachine>): void {
    if (this.actor.getSnapshot().status === 'active') this.actor.send(event);
  }
}

/** Nothing; what a URL's parser takes for steps in a path; and half a character, which has no UTF-8. */
const unnameable = /^\.{0,2}$|\p{Surrogate}/u;

/** @throws {TypeError} */
function destinationOf({ url, room = 'general', name, token, after }: JoinOptions): Destination {
  const [base = ''] = new URL(url).href.replace(/^ws/, 'http').split(/\/*(?:$|[?#])/);
  if (!/^https?:/.test(base)) throw new TypeError(`no server is at ${String(url)}`);
  if (unnameable.test(room)) throw new TypeError(`no URL can name ${JSON.stringify(room)}`);
  return { base, room, name, token, after };
}

/** @throws {TypeError} */
function usableTransports(
  wanted: readonly TransportName[] = transportNames,
  { WebSocket }: Platform,
): Transports {
  const usable = wanted.filter((transport) => transport !== 'websocket' || WebSocket !== undefined);
  if (usable.length === 0) throw new TypeError('no transport can be used here');
  return usable as unknown as Transports;
}
