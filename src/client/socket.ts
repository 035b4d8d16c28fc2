/**
 * Socket is the port that every transport of the client implements: one connection to a room.
 *
 * A transport MUST hand over what the server says in its order; MUST call `closed` once, at the end, however it comes,
 * also after `close`; MUST NOT call its listener before it has returned the socket, nor after `drop`, which leaves
 * nothing behind: no timer, no request, no reader.
 */
import type { Position } from '../broker.ts';
import type { ClientClock, Fetch, WebSocketClass } from './environment.ts';

/** The ways to a server, best first. */
export const transportNames = ['websocket', 'sse', 'longpoll'] as const;
export type TransportName = (typeof transportNames)[number];

/** Who wants to be let in where. */
export interface Destination {
  /** The server's URL without a slash at its end, `http:` or `https:`. */
  readonly base: string;
  readonly room: string;
  readonly name: string | undefined;
  readonly token: string | undefined;
  /** Where to go on from. */
  readonly after: Position | undefined;
}

/** What the transports need of the platform. */
export interface Platform {
  readonly WebSocket: WebSocketClass | undefined;
  readonly fetch: Fetch;
  readonly clock: ClientClock;
}

/** A message on its way to the server. */
export interface OutgoingChat {
  readonly id: string;
  readonly content: string;
}

/** How a connection ended. */
export interface Ending {
  readonly code: number;
  readonly reason: string;
  /** How long the server asks us to stay away. */
  readonly retryAfterMs?: number;
}

export interface SocketListener {
  /** The server gave a sign of life. */
  heard(): void;
  /** It said this, whatever it is: a sign of life too. */
  message(said: unknown): void;
  closed(ending: Ending): void;
}

export interface Socket {
  /** Sends a message; the answer is an `ack` or an `error` like any other message. To be called once welcomed. */
  send(chat: OutgoingChat): void;
  /** Asks for a sign of life, where the transport can ask. */
  readonly ping?: () => void;
  /** Says goodbye. */
  close(): void;
  /** Is gone at once, without waiting for an answer. */
  drop(): void;
}

export type OpenSocket = (destination: Destination, platform: Platform, listener: SocketListener) => Socket;
