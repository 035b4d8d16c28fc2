/**
 * An outbox is one member's bounded mailbox: the batches that are on their way to its socket, whether they wait
 * here or in the kernel's hands, measured in messages and in bytes.
 *
 * It is full when its limit of either waits. A batch is taken whole by an outbox that is not full, however large
 * the batch: so a burst that a healthy member can take never evicts it, and what an outbox can hold, waiting and in
 * flight, is bounded by twice its limit and a batch.
 */
import type { Batch, Encoding } from './batch.ts';

export interface OutboxLimits {
  readonly outboxMessages: number;
  readonly outboxBytes: number;
}

export class Outbox {
  readonly #limits: OutboxLimits;
  readonly #encoding: Encoding;
  // Nearly always one batch waits for the end of the round, so the first one has a place of its own.
  #first: Batch | undefined;
  #rest: Batch[] | undefined;
  #waitingMessages = 0;
  #waitingBytes = 0;
  #inFlightMessages = 0;
  #inFlightBytes = 0;

  constructor(encoding: Encoding, limits: OutboxLimits) {
    this.#encoding = encoding;
    this.#limits = limits;
  }

  /** Messages held, waiting and in flight. */
  get messages(): number {
    return this.#waitingMessages + this.#inFlightMessages;
  }

  /** Bytes held, waiting and in flight. */
  get bytes(): number {
    return this.#waitingBytes + this.#inFlightBytes;
  }

  /** Whether something was given to the socket that the kernel has not taken yet. */
  get isInFlight(): boolean {
    return this.#inFlightBytes > 0;
  }

  /** Whether no more may wait. What is in flight does not count: it was taken whole, and the peer has `writeWait` for it. */
  get isFull(): boolean {
    const { outboxMessages, outboxBytes } = this.#limits;
    return this.#waitingMessages >= outboxMessages || this.#waitingBytes >= outboxBytes;
  }

  /** Whether it holds half of either limit: its high-water mark. */
  get isHigh(): boolean {
    return this.messages * 2 >= this.#limits.outboxMessages || this.bytes * 2 >= this.#limits.outboxBytes;
  }

  add(batch: Batch): void {
    this.#waitingMessages += batch.size;
    this.#waitingBytes += batch.bytes(this.#encoding).length;
    if (this.#first === undefined) this.#first = batch;
    else (this.#rest ??= []).push(batch);
  }

  /** Takes all that waits as the bytes of one write; they are in flight until `settle`. */
  take(): Buffer | undefined {
    const first = this.#first?.bytes(this.#encoding);
    if (first === undefined) return undefined;
    const rest = this.#rest;
    this.#inFlightMessages += this.#waitingMessages;
    this.#inFlightBytes += this.#waitingBytes;
    this.#drop();
    if (rest === undefined) return first;
    return Buffer.concat([first, ...rest.map((batch) => batch.bytes(this.#encoding))]);
  }

  /** The kernel has taken all that was in flight. */
  settle(): void {
    this.#inFlightMessages = 0;
    this.#inFlightBytes = 0;
  }

  /** Lets go of everything. */
  clear(): void {
    this.#drop();
    this.settle();
  }

  #drop(): void {
    this.#first = undefined;
    this.#rest = undefined;
    this.#waitingMessages = 0;
    this.#waitingBytes = 0;
  }
}
