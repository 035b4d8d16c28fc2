/**
 * The long-poll transport: sockets over one HTTP request after the other. Each poll hangs until there is something
 * to tell, is answered with all that there is, and the next one comes; between them what there is waits.
 *
 * A poll says which place in the room's numbering the client has come to, so that an answer that was lost on its way
 * shows. A client that polls no more is gone.
 */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Encoding } from '../batch.ts';
import type { Position } from '../broker.ts';
import { closeCodes } from '../close-codes.ts';
import type { Clock } from '../clock.ts';
import type { ChatMessage, WelcomeMessage } from '../protocol.ts';
import type { Socket, SocketListener } from '../socket.ts';

/** One request of a long-polling client. */
export interface Poll {
  readonly response: ServerResponse;
  /** Of the answer, beyond the transport's own. */
  readonly headers: OutgoingHttpHeaders;
  /** How long it may hang. */
  readonly waitMs: number;
}

export interface LongPollOptions {
  readonly remoteAddress: string;
  readonly clock: Clock;
  /** How long a client may be without a poll. */
  readonly lingerMs: number;
  /** Where the client goes on from, if it was there before. */
  readonly since: Position | undefined;
}

/** Items of a JSON array: each message with a comma and a line feed after it, of which no JSON text has one within. */
const items: Encoding = {
  name: 'items',
  encode: (messages) => Buffer.from(messages.map((message) => `${message.toString()},\n`).join('')),
};

interface HangingPoll extends Poll {
  readonly timer: unknown;
}

export class LongPollSocket implements Socket {
  readonly transport = 'longpoll';
  readonly encoding = items;
  readonly remoteAddress: string;
  readonly #clock: Clock;
  readonly #lingerMs: number;
  #listener: SocketListener | undefined;
  /** The connection's id, as the welcome says it. */
  #connection = '';
  /** Where the client is once it has everything, and once it has the last answer. */
  #position: Position;
  #told: Position;
  // Whoever comes back is welcomed again, which is no news: its first poll hangs until there is some.
  #awaitsNews: boolean;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #hanging: HangingPoll | undefined;
  /** Polls hanging or being answered. */
  readonly #open = new Set<ServerResponse>();
  #lastAnswer: ServerResponse | undefined;
  #linger: unknown;
  #isPinged = false;
  #goodbye: { readonly code: number; readonly reason: string } | undefined;
  #isGone = false;

  /** @param first the poll that this connection begins with. */
  constructor({ remoteAddress, clock, lingerMs, since }: LongPollOptions, first: Poll) {
    this.remoteAddress = remoteAddress;
    this.#clock = clock;
    this.#lingerMs = lingerMs;
    this.#position = since ?? { epoch: '', offset: 0 };
    this.#told = this.#position;
    this.#awaitsNews = since !== undefined;
    this.#hang(first);
  }

  /** What waits for the next poll, and what the kernel has not taken of the last answer. */
  get bufferedBytes(): number {
    const waiting = this.#hanging === undefined ? this.#waitingBytes : 0;
    return waiting + (this.#lastAnswer?.writableLength ?? 0);
  }

  listen(listener: SocketListener | undefined): void {
    this.#listener = listener;
  }

  /** Whether a client that has come to this place has had every answer: else one was lost, and this is over. */
  continuesFrom(place: Position | undefined): boolean {
    if (this.#isGone) return false;
    // Whoever is to hear that it is over needs no more than that.
    if (place === undefined || this.#goodbye !== undefined) return true;
    return place.epoch === this.#told.epoch && place.offset === this.#told.offset;
  }

  /** Takes the next poll. One that still hangs is answered first: its client has given it up. */
  poll(poll: Poll): void {
    if (this.#hanging !== undefined) this.#answer(this.#hanging, []);
    this.#hang(poll);
    if (this.#isPinged) {
      this.#isPinged = false;
      this.#listener?.pong();
    }
    if (this.#waitingBytes > 0 && !this.#awaitsNews) this.#answerWithAll();
    else if (this.#goodbye !== undefined) this.#answerNow();
  }

  send(bytes: Buffer): void {
    if (this.#isGone || this.#goodbye !== undefined) return;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#follow(bytes);
    if (!this.#awaitsNews) this.#answerNow();
  }

  /** The next poll is the sign of life: one that hangs is answered, so that there has to be a next one. */
  ping(): void {
    if (this.#isGone || this.#goodbye !== undefined) return;
    this.#isPinged = true;
    this.#answerNow();
  }

  /** There is nothing to read. */
  pause(): void {}

  resume(): void {}

  close(code: number, reason: string): void {
    if (this.#isGone || this.#goodbye !== undefined) return;
    this.#goodbye = { code, reason };
    this.#answerNow();
  }

  terminate(): void {
    this.#end(closeCodes.abnormal.code, closeCodes.abnormal.reason);
  }

  // Polls

  #hang(poll: Poll): void {
    const { response, waitMs } = poll;
    this.#clock.clearTimeout(this.#linger);
    this.#open.add(response);
    response.once('close', () => this.#closed(response));
    response.on('error', () => undefined);
    const timer = this.#clock.setTimeout(() => this.#waited(), waitMs);
    this.#hanging = { ...poll, timer };
  }

  #waited(): void {
    this.#awaitsNews = false;
    // Before its welcome a client has nothing to go on with, so it waits for that however short its patience.
    if (this.#connection !== '') this.#answerNow();
  }

  /** Answers a poll that comes when something waits, with what the writer has kept back because of that as well. */
  #answerWithAll(): void {
    if (this.bufferedBytes === 0) this.#listener?.drained();
    this.#answerNow();
  }

  #answerNow(): void {
    const hanging = this.#hanging;
    if (hanging === undefined) return;
    this.#hanging = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#awaitsNews = false;
    this.#told = this.#position;
    this.#answer(hanging, waiting);
  }

  #answer({ response, headers, timer }: HangingPoll, messages: readonly Buffer[]): void {
    this.#clock.clearTimeout(timer);
    const body = this.#bodyOf(messages);
    response.writeHead(200, {
      ...headers,
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': body.length,
      'Cache-Control': 'no-store',
      // Whoever comes back may be for another server, which this way does not lead to.
      ...(this.#goodbye !== undefined && { Connection: 'close' }),
    });
    this.#lastAnswer = response;
    response.end(body);
  }

  #bodyOf(messages: readonly Buffer[]): Buffer {
    const head = JSON.stringify({ connection: this.#connection, ...this.#told });
    const close = this.#goodbye === undefined ? '' : `,"close":${JSON.stringify(this.#goodbye)}`;
    const list = Buffer.concat(messages);
    return Buffer.concat([
      Buffer.from(`${head.slice(0, -1)},"messages":[`),
      list.subarray(0, Math.max(0, list.length - ',\n'.length)),
      Buffer.from(`]${close}}\n`),
    ]);
  }

  /** A poll is over: it was answered, or its client has gone away from it. */
  #closed(response: ServerResponse): void {
    this.#open.delete(response);
    if (this.#isGone) return;
    const isAnswered = response !== this.#hanging?.response;
    if (!isAnswered) {
      this.#clock.clearTimeout(this.#hanging?.timer);
      this.#hanging = undefined;
    } else if (this.#goodbye !== undefined && response === this.#lastAnswer) {
      this.#end(this.#goodbye.code, this.#goodbye.reason);
      return;
    }
    if (this.#open.size === 0) this.#linger = this.#clock.setTimeout(() => this.terminate(), this.#lingerMs);
    if (isAnswered && this.bufferedBytes === 0) this.#listener?.drained();
  }

  #end(code: number, reason: string): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#clock.clearTimeout(this.#linger);
    this.#clock.clearTimeout(this.#hanging?.timer);
    this.#hanging = undefined;
    this.#waiting = [];
    this.#waitingBytes = 0;
    // An answer that the kernel has taken is on its way, and needs no more of us.
    for (const response of this.#open)
      if (!response.writableEnded || response.writableLength > 0) response.destroy();
    this.#listener?.closed(code, reason);
  }

  // Position

  /** Follows where the client is once it has these messages: at the last chat message, or where a welcome says. */
  #follow(bytes: Buffer): void {
    const welcomeAt = bytes.lastIndexOf('{"type":"welcome"');
    const chatAt = bytes.lastIndexOf('{"type":"chat"');
    if (welcomeAt >= 0) {
      const { you, epoch, offset, recovered } = itemAt(bytes, welcomeAt) as WelcomeMessage;
      this.#connection = you;
      // A recovered client is where it was until it has what it missed.
      if (!recovered) this.#move({ epoch, offset });
    }
    if (chatAt > welcomeAt) {
      this.#move({ epoch: this.#position.epoch, offset: (itemAt(bytes, chatAt) as ChatMessage).offset });
    }
  }

  #move(position: Position): void {
    this.#position = position;
    this.#awaitsNews = false;
  }
}

function itemAt(bytes: Buffer, at: number): unknown {
  return JSON.parse(bytes.subarray(at, bytes.indexOf(',\n', at)).toString());
}
