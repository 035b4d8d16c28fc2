/**
 * The writer owns one connection's outbox, and is the only code that writes to its socket: one write a round,
 * whatever the number of messages.
 *
 * It holds back while the kernel has not taken the last write, and tells the machine the edges: its outbox rose
 * to the high-water mark, fell below it, or was full when one more batch came.
 */
import { fromCallback } from 'xstate';
import { assertNever } from './assert.ts';
import type { Batch } from './batch.ts';
import type { Sender } from './channel.ts';
import { closeCodes } from './close-codes.ts';
import { commanded } from './commanded.ts';
import { Outbox, type OutboxLimits } from './outbox.ts';
import type { Subscriber } from './room.ts';
import type { Socket } from './socket.ts';
import type { Traffic } from './traffic.ts';

export type WriterEdge =
  | { type: 'registered' } // the hub entered us into our first room
  | { type: 'close'; code: number; reason: string } // it cannot, and there is nothing else to stay for
  | { type: 'unregistered' } // the hub has forgotten us
  | { type: 'high' } // the outbox rose to its high-water mark
  | { type: 'low' } // the outbox fell below it
  | { type: 'overflow' }; // the outbox was full when one more batch came

/** What the machine asks of the writer. */
export type WriterCommand =
  | { type: 'ping' } // ask the peer for a sign of life
  | { type: 'finish'; code: number; reason: string; flush: boolean } // say goodbye, after what waits or without it
  | { type: 'terminate' }; // the peer does not answer the goodbye

export interface WriterOptions {
  readonly id: string;
  readonly name: string;
  readonly socket: Socket;
  readonly limits: OutboxLimits;
  readonly traffic: Traffic;
}

export class Writer implements Subscriber {
  readonly id: string;
  readonly name: string;
  readonly outbox: Outbox;
  /** Messages given to the socket so far. */
  messagesOut = 0;
  readonly #socket: Socket;
  readonly #traffic: Traffic;
  #tell: ((edge: WriterEdge) => void) | undefined;
  #registered = false;
  #high = false;
  // Takes no more batches: the outbox overflowed, or the goodbye was said.
  #shut = false;
  #finished = false;
  #waiting: Sender | undefined;

  constructor(options: WriterOptions) {
    this.id = options.id;
    this.name = options.name;
    this.#socket = options.socket;
    this.#traffic = options.traffic;
    this.outbox = new Outbox(options.socket.encoding, options.limits);
  }

  /** Begins to tell the machine the edges; `release` ends it. */
  start(tell: (edge: WriterEdge) => void): void {
    this.#tell = tell;
  }

  /** Ends it, and lets go of the outbox. */
  release(): void {
    this.#tell = undefined;
    this.#shut = true;
    this.#finished = true;
    this.#waiting = undefined;
    this.outbox.clear();
  }

  offer(batch: Batch): void {
    if (this.#shut) return;
    // Several rooms of one member may have much to say in one round, which is not the member's fault.
    if (this.outbox.isFull) this.flush();
    if (this.outbox.isFull) {
      this.#overflow();
      return;
    }
    this.outbox.add(batch);
    this.messagesOut += batch.size;
    if (this.outbox.isInFlight) this.#mark();
  }

  flush(): void {
    if (this.#shut || this.outbox.isInFlight) return;
    this.#write();
  }

  /** The kernel has taken everything: what waited meanwhile goes out as one write. */
  drained(): void {
    if (this.#shut) return;
    this.outbox.settle();
    this.#write();
    this.#mark();
  }

  /**
   * Parks a sender that would rather wait than overflow the outbox.
   * @returns true when there is no need to wait; false when the sender will be told.
   */
  hasRoomFor(sender: Sender): boolean {
    if (!this.#high) return true;
    this.#waiting = sender;
    return false;
  }

  registered(): void {
    if (this.#registered) return;
    this.#registered = true;
    this.#tell?.({ type: 'registered' });
  }

  /** Whoever is in another room stays there. */
  turnedAway(): void {
    if (this.#registered) return;
    const { code, reason } = closeCodes.roomUnavailable;
    this.#tell?.({ type: 'close', code, reason });
  }

  unregistered(): void {
    this.#tell?.({ type: 'unregistered' });
  }

  ping(): void {
    this.#socket.ping();
  }

  /** Writes what waits, where `flush` says so, and begins the closing handshake. Nothing is written after it. */
  finish(code: number, reason: string, flush: boolean): void {
    if (this.#finished) return;
    this.#finished = true;
    if (flush) this.#write();
    this.#shut = true;
    this.outbox.clear();
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #write(): void {
    const bytes = this.outbox.take();
    if (bytes === undefined) return;
    this.#traffic.bytesOut += bytes.length;
    this.#socket.send(bytes);
    if (this.#socket.bufferedBytes === 0) this.outbox.settle();
    else this.#mark();
  }

  /** Tells the machine when the outbox has crossed its high-water mark. */
  #mark(): void {
    const high = this.outbox.isHigh;
    if (high === this.#high) return;
    this.#high = high;
    this.#tell?.({ type: high ? 'high' : 'low' });
    if (high || this.#waiting === undefined) return;
    const sender = this.#waiting;
    this.#waiting = undefined;
    sender.unparked();
  }

  #overflow(): void {
    this.#shut = true;
    this.outbox.clear();
    this.#tell?.({ type: 'overflow' });
  }
}

/** The writer as the connection's child actor: it lives as long as the connection. */
export const writerLogic = commanded(
  fromCallback<WriterCommand, { writer: Writer }>(({ input: { writer }, sendBack }) => {
    writer.start(sendBack);
    return () => writer.release();
  }),
  ({ writer }, command) => {
    switch (command.type) {
      case 'ping':
        return writer.ping();
      case 'finish':
        return writer.finish(command.code, command.reason, command.flush);
      case 'terminate':
        return writer.terminate();
      default:
        return assertNever(command);
    }
  },
);
