/**
 * Socket is a transport's two-way byte pipe, behind the one small port that readers and writers know.
 *
 * A transport MUST call its listener in the order in which things happened on the wire; MUST call `closed`
 * exactly once, and last; MUST NOT throw from any method here; MUST ignore `send`, `ping` and `close` once
 * the closing handshake has begun.
 */
import type { Encoding } from './batch.ts';

export interface Socket {
  readonly transport: 'websocket' | 'sse' | 'longpoll' | 'memory';
  /** The address the peer comes from, for logs and limits. */
  readonly remoteAddress: string;
  /** How this socket's peer wants batches on the wire. */
  readonly encoding: Encoding;
  /** Bytes handed to `send` that the kernel has not taken yet. */
  readonly bufferedBytes: number;

  /** Names the one that hears this socket. There is one listener; undefined silences the socket. */
  listen(listener: SocketListener | undefined): void;
  /** Writes bytes that are already in this socket's encoding. `SocketListener.drained` follows once they are taken. */
  send(bytes: Buffer): void;
  /** Asks the peer for a sign of life. */
  ping(): void;
  /** Stops reading, so that the transport pushes back on the peer; what was read already may still come. */
  pause(): void;
  resume(): void;
  /** Begins the closing handshake. `SocketListener.closed` follows, or never does where the peer is gone. */
  close(code: number, reason: string): void;
  /** Ends the socket now, without a handshake. `SocketListener.closed` follows. */
  terminate(): void;
}

export interface SocketListener {
  /** A whole message came, text or binary, as its bytes; text is valid UTF-8. */
  frame(data: Buffer, isBinary: boolean): void;
  /** The peer asks for a sign of life; the transport answers. */
  pinged(): void;
  /** The peer answered a ping. */
  pong(): void;
  /** Everything handed to `send` has been taken by the kernel. */
  drained(): void;
  /** The peer broke the transport's rules, which the transport has answered with this code; `closed` follows. */
  failed(code: number, reason: string): void;
  /** The socket is gone, with the code that the transport or the peer gave (1006: none). */
  closed(code: number, reason: string): void;
}
