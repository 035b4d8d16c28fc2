/** What a program sees of a room: how it joins one, what it can do there, and what it is told. */
import type { ActorRefFrom, InspectionEvent, Observer } from 'xstate';
import type { Position } from '../broker.ts';
import type { ChatMessage, ErrorMessage, SystemMessage } from '../protocol.ts';
import type { ClientClock, Fetch, PageEvents, Storage, WebSocketClass } from './environment.ts';
import type { RoomError } from './errors.ts';
import type { roomMachine } from './machine.ts';
import type { Ending, TransportName } from './socket.ts';

export type { ChatMessage, Ending, ErrorMessage, Position, SystemMessage, TransportName };

export interface JoinOptions {
  /** Where the server is, such as `https://chat.example`; what it has of a path stands before the server's own paths. */
  readonly url: string | URL;
  /** `general` unless given. */
  readonly room?: string | undefined;
  /** The display name; without one the server makes one up, which is then kept. */
  readonly name?: string | undefined;
  /** Proves who one is: a bearer token over HTTP, `?token=` over a WebSocket. */
  readonly token?: string | undefined;
  /** Where to go on from: what came after it is told first, or a `gap`. */
  readonly after?: Position | undefined;
  /** Those that may be used, in the order in which they are tried: all unless given. */
  readonly transports?: readonly TransportName[] | undefined;
  /** How many messages may wait for their ack: 100 unless given. */
  readonly queueLimit?: number | undefined;
  /** Ends it, as `close` does. */
  readonly signal?: AbortSignal | undefined;

  // What the platform has, for runtimes that have not, and for tests.

  /** The class of the WHATWG, or one like it, such as that of ws. Without one the room is joined by SSE. */
  readonly WebSocket?: WebSocketClass | undefined;
  readonly fetch?: Fetch | undefined;
  readonly clock?: ClientClock | undefined;
  /** From 0 to below 1. */
  readonly random?: (() => number) | undefined;
  /** Where the transport that worked is remembered: `sessionStorage`, or else this process. */
  readonly storage?: Storage | undefined;
  /** Tells of the network and of the reader: the page's own events unless given. */
  readonly pageEvents?: PageEvents | undefined;
  /** Sees the room's actors, as XState's `inspect` does. */
  readonly inspect?: Observer<InspectionEvent> | ((event: InspectionEvent) => void) | undefined;
}

export interface SendOptions {
  /** The message's id, 1–64 characters: a random one unless given. Sent again with the same id it is published once. */
  readonly id?: string | undefined;
  /** Gives up waiting; a message that was on its way already may still be published. */
  readonly signal?: AbortSignal | undefined;
}

/** A message's place in its room's log. */
export interface Sent extends Position {
  readonly id: string;
}

/** Messages in their order, each once: `for await` gets those that come from then on, until the room is closed. */
export interface Room extends AsyncIterable<ChatMessage> {
  /** The machine that keeps one in the room: to watch. */
  readonly actor: ActorRefFrom<typeof roomMachine>;
  /** What people want to see of it. The same object until something in it changes. */
  readonly state: RoomState;
  /**
   * Says something. Resolves once it has its place in the room's log, however many connections that takes; it is
   * published once, and after what was sent before it.
   * @throws {SendError} by rejection: with the server's code where it will not take it, else `closed`, `queue_full`,
   * `aborted` or `bad_id`.
   */
  send(content: string, options?: SendOptions): Promise<Sent>;
  /** Comes back under another name, once what is on its way under this one has its place. Nothing is missed. */
  rename(name: string): void;
  /** Calls back for each event from now on. @returns what ends it. */
  on<E extends keyof RoomEvents>(event: E, listener: (value: RoomEvents[E]) => void): () => void;
  /** Tries at once where it would wait for the next try. */
  retryNow(): void;
  /** Says goodbye. What still waits for its ack is rejected with `closed`. Resolves when nothing is left. */
  close(): Promise<void>;
}

export interface RoomState {
  readonly status: 'connecting' | 'open' | 'backingOff' | 'closed';
  /** The one that is used or tried. */
  readonly transport?: TransportName;
  /** When the next try is made, in milliseconds since the epoch, while backing off. */
  readonly retryAt?: number;
  /** How many tries have failed since it was last up for a while. */
  readonly attempt: number;
  /** The connection's id, as the server's logs have it. */
  readonly you?: string;
  /** The display name that others see. */
  readonly name?: string;
  /** How many are in the room. */
  readonly members: number;
  /** The last message's place. It moves with every message, without a `state` event. */
  readonly position?: Position;
  /** How the last connection ended, while there is none. */
  readonly close?: Ending;
  /** Whether the server told everything that was missed when it let us in last. */
  readonly recovered?: boolean;
}

export interface RoomEvents {
  /** What a member said, oneself too: each once, in the order of the room's log. */
  message: ChatMessage;
  /** Someone came or went, or the server is about to restart. */
  presence: SystemMessage;
  state: RoomState;
  /** What went wrong and is told to nobody else; a room goes on after it. */
  error: RoomError | ErrorMessage;
  /** What came between these two was missed and is not kept any more, so that it will not come. */
  gap: Gap;
}

export interface Gap {
  /** The last message's place before it. */
  readonly from: Position;
  /** The place from which on nothing is missing. */
  readonly to: Position;
}
