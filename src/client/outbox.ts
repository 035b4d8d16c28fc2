/**
 * The outbox holds what was sent until it has its place in the room's log: the promise of `send`.
 *
 * One message is on its way at a time, the next one once that has its answer. So they keep their order even where
 * one is refused for a while, and nobody is flooded; and whatever connections it takes, each goes with its own id, by
 * which the server knows it again.
 */
import type { AckMessage, ErrorMessage } from '../protocol.ts';
import type { SendOptions, Sent } from './api.ts';
import type { ClientClock } from './environment.ts';
import { SendError } from './errors.ts';
import { newId } from './ids.ts';
import * as limits from './limits.ts';
import type { Ending, OutgoingChat } from './socket.ts';

interface Waiting extends OutgoingChat {
  /** Ends the wait, the one way or the other. */
  settle(outcome: Sent | SendError): void;
}

const messageTooBig = 1009;

export class Outbox {
  readonly #limit: number;
  readonly #clock: ClientClock;
  readonly #transmit: (chat: OutgoingChat) => void;
  readonly #onClear: () => void;
  /** Oldest first; a Map keeps the order and finds the ids. */
  readonly #waiting = new Map<string, Waiting>();
  /** The message that the server may have by now. */
  #underWay: Waiting | undefined;
  /** Whether it was sent over the connection there is. */
  #isOut = false;
  #isOpen = false;
  /** Why nothing can be sent any more. */
  #ending: string | undefined;
  #hold: unknown;

  /**
   * @param transmit sends a message over the connection there is.
   * @param onClear is called whenever nothing is on its way any more.
   */
  constructor(
    limit: number,
    clock: ClientClock,
    transmit: (chat: OutgoingChat) => void,
    onClear: () => void,
  ) {
    this.#limit = limit;
    this.#clock = clock;
    this.#transmit = transmit;
    this.#onClear = onClear;
  }

  /** Whether the server may have a message that it has not acked. */
  get hasOneUnderWay(): boolean {
    return this.#underWay !== undefined;
  }

  /** Puts a message at the end. */
  add(content: string, { id = newId(), signal }: SendOptions): Promise<Sent> {
    return new Promise((resolve, reject) => {
      const refusal = this.#refusal(id, signal);
      if (refusal !== undefined) {
        reject(refusal);
        return;
      }
      const abort = () => settle(new SendError('aborted'));
      const settle = (outcome: Sent | SendError) => {
        signal?.removeEventListener('abort', abort);
        if (outcome instanceof SendError) reject(outcome);
        else resolve(outcome);
        this.#remove(id);
      };
      signal?.addEventListener('abort', abort);
      this.#waiting.set(id, { id, content, settle });
      this.#pump();
    });
  }

  /** There is a connection: what waits may go. */
  open(): void {
    this.#isOpen = true;
    this.#pump();
  }

  /** There is none any more: what was on its way goes again over the next one. */
  shut(): void {
    this.#isOpen = false;
    this.#isOut = false;
    this.#release();
  }

  acked({ id, offset, epoch }: AckMessage): void {
    if (this.#underWay?.id === id) this.#underWay.settle({ id, offset, epoch });
  }

  /** Takes the server's no. @returns whether it was about a message of ours. */
  refused({ code, content, ref, retryAfterMs = limits.resendMs }: ErrorMessage): boolean {
    const waiting = this.#out;
    // A frame that was refused unread is named by nothing, and may be another: to send ours again does no harm.
    const isOurs = ref === undefined ? code === 'rate_limited' : ref === waiting?.id;
    if (waiting === undefined || !isOurs) return false;
    if (code === 'rate_limited' || code === 'unavailable') this.#holdFor(retryAfterMs);
    else waiting.settle(new SendError(code, content));
    return true;
  }

  /** Whether a connection ended because of the message on its way: that one is given up, and the others may go. */
  takesBlameFor({ code }: Ending): boolean {
    const waiting = this.#out;
    if (code !== messageTooBig || waiting === undefined) return false;
    waiting.settle(new SendError('too_long'));
    return true;
  }

  /** Gives up everything. */
  close(reason: string): void {
    this.#ending = reason;
    this.shut();
    for (const waiting of this.#waiting.values()) waiting.settle(new SendError('closed', reason));
  }

  #refusal(id: string, signal: AbortSignal | undefined): SendError | undefined {
    if (this.#ending !== undefined) return new SendError('closed', this.#ending);
    if (signal?.aborted === true) return new SendError('aborted');
    if (id === '' || id.length > limits.maxIdLength || this.#waiting.has(id)) {
      return new SendError('bad_id', `an id has 1–${limits.maxIdLength} characters and is used once`);
    }
    if (this.#waiting.size < this.#limit) return undefined;
    return new SendError('queue_full', `${this.#limit} messages wait already`);
  }

  #remove(id: string): void {
    this.#waiting.delete(id);
    if (this.#underWay?.id !== id) return;
    this.#underWay = undefined;
    this.#isOut = false;
    this.#release();
    this.#onClear();
    this.#pump();
  }

  #pump(): void {
    if (!this.#isOpen || this.#isOut || this.#hold !== undefined) return;
    const [first] = this.#waiting.values();
    if (first === undefined) return;
    this.#underWay = first;
    this.#isOut = true;
    this.#transmit(first);
  }

  /** The message whose answer the connection owes us. */
  get #out(): Waiting | undefined {
    return this.#isOut ? this.#underWay : undefined;
  }

  #holdFor(ms: number): void {
    this.#release();
    this.#isOut = false;
    this.#hold = this.#clock.setTimeout(() => {
      this.#hold = undefined;
      this.#pump();
    }, ms);
  }

  #release(): void {
    this.#clock.clearTimeout(this.#hold);
    this.#hold = undefined;
  }
}
