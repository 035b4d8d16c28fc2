/**
 * The SSE transport: sockets over server-sent events (the HTML standard, section 9.2), one event for each message.
 *
 * Nothing comes in by it: what the client says comes by HTTP requests of its own. An event that moves the client's
 * position bears it as its id, so that a browser that comes back tells by itself where to go on from.
 */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import type { Encoding } from '../batch.ts';
import { closeCodes } from '../close-codes.ts';
import type { ServerMessage } from '../protocol.ts';
import type { Socket, SocketListener } from '../socket.ts';

/** How long a browser waits before it comes back by itself. */
const retryMs = 3_000;

export const eventStream = 'text/event-stream';

const ping = ': ping\n\n';

/** Events: for each message its position, where it has one that a client can go on from, and its text. */
const events: Encoding = {
  name: 'events',
  encode(messages, epoch) {
    return Buffer.from(messages.map((message) => eventOf(message.toString(), epoch)).join(''));
  },
};

function eventOf(text: string, epoch: string): string {
  const message = JSON.parse(text) as ServerMessage;
  // What a recovered welcome says is where the client will be once it has what follows, and it may never come.
  const isPlace = message.type === 'chat' || (message.type === 'welcome' && !message.recovered);
  if (!isPlace) return `data: ${text}\n\n`;
  return `id: ${message.type === 'welcome' ? message.epoch : epoch}:${message.offset}\ndata: ${text}\n\n`;
}

export interface SseOptions {
  readonly remoteAddress: string;
  /** Of the answer, beyond the transport's own. */
  readonly headers: OutgoingHttpHeaders;
  /** How long TCP waits in silence before it probes the peer. */
  readonly keepAliveMs: number;
}

export class SseSocket implements Socket {
  readonly transport = 'sse';
  readonly encoding = events;
  readonly remoteAddress: string;
  readonly #response: ServerResponse;
  readonly #tcp: NetSocket;
  readonly #onTaken: () => void;
  #listener: SocketListener | undefined;
  // Our writes that are still to be called back for.
  #writes = 0;
  #isBehind = false;
  #goodbye: { readonly code: number; readonly reason: string } | undefined;
  #isTerminated = false;
  #isGone = false;

  /** Answers a request with a stream of events. */
  constructor(response: ServerResponse, tcp: NetSocket, options: SseOptions) {
    this.remoteAddress = options.remoteAddress;
    this.#response = response;
    this.#tcp = tcp;
    this.#onTaken = () => this.#taken();
    tcp.setKeepAlive(true, options.keepAliveMs);
    response.once('close', () => this.#closed());
    // A write to a peer that is gone fails; that it is gone shows in the close.
    response.on('error', () => undefined);
    response.writeHead(200, {
      ...options.headers,
      'Content-Type': `${eventStream}; charset=utf-8`,
      'Cache-Control': 'no-cache, no-transform',
      // Asks nginx not to keep events back until it has a buffer full of them.
      'X-Accel-Buffering': 'no',
    });
    response.write(`retry: ${retryMs}\n\n`);
  }

  get bufferedBytes(): number {
    return this.#response.writableLength;
  }

  listen(listener: SocketListener | undefined): void {
    this.#listener = listener;
  }

  send(bytes: Buffer): void {
    if (this.#isOver) return;
    this.#writes += 1;
    this.#response.write(bytes, this.#onTaken);
    this.#isBehind = this.bufferedBytes > 0;
  }

  /** Nobody can answer a comment. That the kernel has taken it, after all before it, is the sign of life there is. */
  ping(): void {
    if (this.#isOver) return;
    this.#response.write(ping, (error) => {
      if (!error && !this.#isGone) this.#listener?.pong();
    });
  }

  /** There is nothing to read. */
  pause(): void {}

  resume(): void {}

  close(code: number, reason: string): void {
    if (this.#isOver) return;
    this.#goodbye = { code, reason };
    this.#response.end(`event: close\ndata: ${JSON.stringify(this.#goodbye)}\n\n`);
  }

  terminate(): void {
    this.#isTerminated = true;
    this.#tcp.destroy();
  }

  get #isOver(): boolean {
    return this.#isGone || this.#goodbye !== undefined;
  }

  #taken(): void {
    this.#writes -= 1;
    if (this.#isGone || !this.#isBehind || this.#writes > 0) return;
    this.#isBehind = false;
    this.#listener?.drained();
  }

  #closed(): void {
    this.#isGone = true;
    const { code, reason } = this.#ending();
    this.#listener?.closed(code, reason);
  }

  /** A peer says goodbye by ending its connection: there is no other way. */
  #ending(): { readonly code: number; readonly reason: string } {
    if (this.#goodbye !== undefined && this.#response.writableFinished) return this.#goodbye;
    const isClean = this.#tcp.errored === null && !this.#isTerminated;
    return isClean ? closeCodes.goingAway : closeCodes.abnormal;
  }
}
