/**
 * The reader is the only one that listens to a connection's socket: it turns frames into messages for the
 * session, and owns every listener for the socket's whole life.
 *
 * A frame is weighed by the rate limiter before anything is parsed. When the session's message was parked, the
 * reader pauses the socket, so that TCP pushes back on the peer, and keeps what had been read already until the
 * message has moved in. It tells the machine the edges, never a message.
 */
import { fromCallback } from 'xstate';
import { assertNever } from './assert.ts';
import type { Sender } from './channel.ts';
import type { Clock } from './clock.ts';
import { commanded } from './commanded.ts';
import { Limiter } from './limiter.ts';
import type { Socket, SocketListener } from './socket.ts';
import type { Traffic } from './traffic.ts';
import type { Writer } from './writer.ts';

export type ReaderEdge =
  | { type: 'pong' } // the peer answered our ping, or gave another sign of life instead
  | { type: 'blocked' } // our message was parked: the socket is paused
  | { type: 'unblocked' } // it has moved in: the socket flows again
  | { type: 'throttled' } // the rate limiter said no
  | { type: 'abused' } // it said no more often than anyone has to bear
  | { type: 'socket.failed'; code: number; reason: string } // the peer or the network broke the rules
  | { type: 'socket.closed'; code: number; reason: string }; // the socket is gone

/** What the machine asks of the reader. */
export type ReaderCommand = { type: 'stop' }; // take no more messages; still listen for the end

/** What a connection is for: a chat, or an echo. Implementations MUST NOT throw. */
export interface Session {
  /** Asks to be let in. @returns false when the request was parked: `sender` will be told. */
  open(sender: Sender): boolean;
  /** Takes one whole message. @returns false when it was parked: `sender` will be told. */
  take(data: Buffer, isBinary: boolean, sender: Sender): boolean;
  /** Says that a message was refused, unread, by the rate limiter. */
  refuse(retryAfterMs: number): void;
  /** Gives back what `open` and `take` got. */
  close(): void;
}

export interface ReaderLimits {
  /** Messages a second; 0 is no limit. */
  readonly rate: number;
  readonly burst: number;
  readonly abuseLimit: number;
}

export interface ReaderOptions {
  readonly id: string;
  readonly socket: Socket;
  readonly session: Session;
  readonly writer: Writer;
  readonly limits: ReaderLimits;
  readonly clock: Clock;
  readonly traffic: Traffic;
}

interface Frame {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

export class Reader implements SocketListener, Sender {
  readonly id: string;
  /** Until when the rate limiter says no. */
  throttledUntil = 0;
  /** Frames taken so far. */
  messagesIn = 0;
  readonly #socket: Socket;
  readonly #session: Session;
  readonly #writer: Writer;
  readonly #clock: Clock;
  readonly #traffic: Traffic;
  readonly #limiter: Limiter | undefined;
  readonly #patience: Limiter | undefined;
  #tell: ((edge: ReaderEdge) => void) | undefined;
  #stopped = false;
  #blocked = false;
  #lastHeardAt: number;
  #awaitsSign = false;
  #replays = false;
  #throttledMeanwhile = false;
  // What the socket still gave after it was paused: at most what one read of it held.
  #backlog: Frame[] = [];

  constructor(options: ReaderOptions) {
    this.id = options.id;
    this.#socket = options.socket;
    this.#session = options.session;
    this.#writer = options.writer;
    this.#clock = options.clock;
    this.#traffic = options.traffic;
    this.#lastHeardAt = options.clock.now();
    const { rate, burst, abuseLimit } = options.limits;
    if (rate === 0) return;
    this.#limiter = new Limiter(rate, burst);
    this.#patience = new Limiter(rate, abuseLimit);
  }

  /** When the peer last gave a sign of life. While we do not listen it cannot, and is not to blame. */
  get lastHeardAt(): number {
    return this.#blocked ? this.#clock.now() : this.#lastHeardAt;
  }

  /** Begins to listen, and to tell the machine the edges; `release` ends it. */
  start(tell: (edge: ReaderEdge) => void): void {
    this.#tell = tell;
    this.#socket.listen(this);
  }

  /** Ends it, and leaves the socket silent. */
  release(): void {
    this.#tell = undefined;
    this.stop();
    this.#socket.listen(undefined);
  }

  /** Asks the session to begin. */
  open(): void {
    if (!this.#session.open(this)) this.#block();
  }

  /** Takes no more messages, but lets the socket flow so that its end is heard. */
  stop(): void {
    this.#stopped = true;
    this.#backlog = [];
    if (this.#blocked) this.#socket.resume();
    this.#blocked = false;
  }

  /** Has the next sign of life told to the machine, as a pong. */
  awaitSign(): void {
    this.#awaitsSign = true;
  }

  frame(data: Buffer, isBinary: boolean): void {
    this.#hear();
    this.#traffic.framesIn += 1;
    this.#traffic.bytesIn += data.length;
    if (this.#stopped) return;
    if (this.#blocked) this.#backlog.push({ data, isBinary });
    else this.#take(data, isBinary);
  }

  /**
   * Weighs a message that came in this peer's name by another way than its socket: the same limits hold for it.
   * @returns 0 when it may pass, else the milliseconds after which it would
   */
  weigh(): number {
    this.messagesIn += 1;
    const now = this.#clock.now();
    const retryAfterMs = this.#limiter?.take(now) ?? 0;
    if (retryAfterMs > 0) this.#throttle(retryAfterMs, now);
    return retryAfterMs;
  }

  pinged(): void {
    this.#hearControl();
  }

  pong(): void {
    this.#hearControl();
  }

  drained(): void {
    this.#writer.drained();
  }

  failed(code: number, reason: string): void {
    this.#tell?.({ type: 'socket.failed', code, reason });
  }

  closed(code: number, reason: string): void {
    this.#tell?.({ type: 'socket.closed', code, reason });
  }

  unparked(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    const backlog = this.#backlog;
    this.#backlog = [];
    this.#replays = true;
    for (const { data, isBinary } of backlog) {
      if (this.#stopped) break;
      if (this.#blocked) this.#backlog.push({ data, isBinary });
      else this.#take(data, isBinary);
    }
    this.#replays = false;
    if (this.#blocked) return;
    // Where a message of the backlog has ended the connection, the socket flows all the same: its end is to be heard.
    this.#socket.resume();
    if (this.#stopped) return;
    this.#tell?.({ type: 'unblocked' });
    if (this.#throttledMeanwhile) this.#tell?.({ type: 'throttled' });
    this.#throttledMeanwhile = false;
  }

  /** Pings and pongs cost work like messages do: a flood of them is abuse as well. */
  #hearControl(): void {
    this.#hear();
    if (!this.#stopped && this.#patience !== undefined) this.#bear(this.#patience);
  }

  #hear(): void {
    this.#lastHeardAt = this.#clock.now();
    if (!this.#awaitsSign) return;
    this.#awaitsSign = false;
    this.#tell?.({ type: 'pong' });
  }

  #take(data: Buffer, isBinary: boolean): void {
    this.messagesIn += 1;
    const retryAfterMs = this.#limiter?.take(this.#lastHeardAt) ?? 0;
    if (retryAfterMs > 0) this.#refuse(retryAfterMs);
    else if (!this.#session.take(data, isBinary, this)) this.#block();
  }

  #refuse(retryAfterMs: number): void {
    this.#session.refuse(retryAfterMs);
    this.#throttle(retryAfterMs, this.#lastHeardAt);
  }

  #throttle(retryAfterMs: number, now: number): void {
    if (this.throttledUntil <= now) {
      this.throttledUntil = now + retryAfterMs;
      // While the backlog is replayed the machine is still blocked: it hears of this once it is not.
      if (this.#replays) this.#throttledMeanwhile = true;
      else this.#tell?.({ type: 'throttled' });
    }
    if (this.#patience !== undefined) this.#bear(this.#patience, now);
  }

  #bear(patience: Limiter, now = this.#lastHeardAt): void {
    if (patience.take(now) > 0) this.#tell?.({ type: 'abused' });
  }

  #block(): void {
    this.#blocked = true;
    this.#socket.pause();
    this.#tell?.({ type: 'blocked' });
  }
}

/** The reader as the connection's child actor: it lives as long as the connection. */
export const readerLogic = commanded(
  fromCallback<ReaderCommand, { reader: Reader }>(({ input: { reader }, sendBack }) => {
    reader.start(sendBack);
    return () => reader.release();
  }),
  ({ reader }, command) => {
    switch (command.type) {
      case 'stop':
        return reader.stop();
      default:
        return assertNever(command.type);
    }
  },
);
