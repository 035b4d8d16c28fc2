/**
 * A virtual user joins its room, talks at its rate, and watches what comes: one of those that a load test is made of.
 *
 * When its session ends before its time, it comes back a second later, as the next iteration of a k6 script would.
 */
import { WebSocket } from 'ws';
import type { Clock } from '../clock.ts';
import { closeCodes } from '../close-codes.ts';
import { readContent, signatureOf, writeContent } from './content.ts';
import type { Message, Messages } from './messages.ts';
import { Offsets } from './offsets.ts';
import type { Statistics } from './statistics.ts';

/** What is the same for all users of a run. */
export interface Run {
  /** A few characters that tell this run's messages from others'. */
  readonly id: string;
  /** When it began, by the clock. */
  readonly startedAt: number;
  readonly rooms: number;
  /** Messages a second; 0 only listens. */
  readonly rate: number;
  readonly payloadBytes: number;
  /** The server's, as `ws://host:port` with nothing behind. */
  readonly url: string;
  readonly clock: Clock;
  readonly statistics: Statistics;
  readonly messages: Messages;
  /** From 0 to below 1: where in its period a user begins to talk. */
  readonly random: () => number;
}

/** Is told the edges of a user's life. */
export interface UserListener {
  /** A session begins. */
  began(): void;
  /** It was welcomed to its room. */
  joined(): void;
  /** It could not connect: why, in words. */
  refused(reason: string): void;
  /** One of its messages came back, or was refused. */
  answered(): void;
  /** Its session is over. */
  ended(): void;
}

/** A session that ended before its time begins anew after this long. */
const returnAfterMs = 1_000;

/** Messages that are more overdue than this are not sent any more: a tester that stood still must not burst. */
const overdueMs = 1_000;

/** Bytes that may wait for a server that does not read. */
const maxBufferedBytes = 256 * 1_024;

const handshakeTimeoutMs = 10_000;

export class VirtualUser {
  readonly #run: Run;
  readonly #listener: UserListener;
  readonly #url: string;
  readonly #signature: string;
  #webSocket: WebSocket | undefined;
  #startedAt = 0;
  #isOpen = false;
  #isClosing = false;
  #inFlight = 0;
  #offsets: Offsets | undefined;
  #dueAt = 0;
  #isTalking: boolean;
  #timer: unknown;

  constructor(index: number, run: Run, listener: UserListener) {
    this.#run = run;
    this.#listener = listener;
    this.#url = `${run.url}/ws/load-${index % run.rooms}?name=vu-${index}`;
    this.#signature = signatureOf(run.id, index);
    this.#isTalking = run.rate > 0;
  }

  /** Begins a session. */
  start(): void {
    const { clock } = this.#run;
    const webSocket = new WebSocket(this.#url, {
      perMessageDeflate: false,
      handshakeTimeout: handshakeTimeoutMs,
    });
    this.#webSocket = webSocket;
    this.#listener.began();
    this.#startedAt = clock.now();
    this.#isOpen = false;
    this.#inFlight = 0;
    this.#offsets = undefined;
    let problem: Problem | undefined;
    webSocket.on('open', () => {
      this.#isOpen = true;
      this.#run.statistics.opened(clock.now() - this.#startedAt);
    });
    webSocket.on('message', (data: Buffer) => this.#take(data));
    webSocket.on('unexpected-response', (_, { statusCode = 0, statusMessage = '' }) => {
      problem = { code: `HTTP ${statusCode}`, words: `it answers ${statusCode} ${statusMessage}` };
      webSocket.terminate();
    });
    webSocket.on('error', (error: NodeJS.ErrnoException) => {
      problem ??= { code: error.code ?? error.message, words: wordsOf(error) };
    });
    webSocket.on('close', (code, reason) => {
      problem ??= { code: String(code), words: `it closes with ${code} ${reason.toString()}`.trimEnd() };
      this.#end(code, problem);
    });
  }

  /** Says nothing more, but listens on. */
  quieten(): void {
    this.#isTalking = false;
    this.#run.clock.clearTimeout(this.#timer);
  }

  /** Ends the session with 1000, and begins no other. */
  close(): void {
    this.quieten();
    this.#isClosing = true;
    const webSocket = this.#webSocket;
    if (this.#isOpen) webSocket?.close(closeCodes.normal.code);
    else webSocket?.terminate();
  }

  /** Ends the session without waiting for the server. */
  terminate(): void {
    this.#webSocket?.terminate();
  }

  #end(code: number, problem: Problem): void {
    const { clock, statistics } = this.#run;
    const wasJoined = this.#offsets !== undefined;
    clock.clearTimeout(this.#timer);
    this.#webSocket = undefined;
    if (this.#isOpen) statistics.closed(code, clock.now() - this.#startedAt, this.#inFlight);
    else if (!this.#isClosing) statistics.notOpened(problem.code);
    if (!this.#isClosing) this.#timer = clock.setTimeout(() => this.start(), returnAfterMs);
    if (!wasJoined) this.#listener.refused(problem.words);
    this.#listener.ended();
  }

  #take(data: Buffer): void {
    const { statistics, messages } = this.#run;
    statistics.received += 1;
    const message = messages.read(data);
    if (message === undefined) {
      statistics.typeCheck.fails += 1;
      return;
    }
    statistics.typeCheck.passes += 1;
    if (message.type === 'chat') this.#hear(message);
    else if (message.type === 'welcome') this.#join(message);
    else if (message.type === 'error') this.#bear(message);
  }

  #join({ offset }: Message): void {
    const isFirst = this.#offsets === undefined;
    this.#offsets = new Offsets(typeof offset === 'number' ? offset : 0);
    if (!isFirst) return;
    this.#listener.joined();
    if (!this.#isTalking) return;
    const { clock, rate, random } = this.#run;
    this.#dueAt = clock.now() + (random() * 1_000) / rate;
    this.#talkWhenDue();
  }

  #hear({ offset, content }: Message): void {
    const { statistics, clock, startedAt } = this.#run;
    if (typeof offset === 'number' && this.#offsets !== undefined) {
      const lost = this.#offsets.see(offset);
      if (lost > 0) statistics.lost += lost;
      else if (lost < 0) statistics.duplicated += 1;
    }
    const sentAtMs = typeof content === 'string' ? readContent(this.#signature, content) : undefined;
    // A duplicate of an own message is no answer to another one.
    if (sentAtMs === undefined || this.#inFlight === 0) return;
    this.#inFlight -= 1;
    statistics.cameBack(clock.now() - startedAt - sentAtMs);
    this.#listener.answered();
  }

  #bear({ code }: Message): void {
    const { statistics } = this.#run;
    statistics.errors.add(typeof code === 'string' ? code : 'error');
    if (this.#inFlight === 0) return;
    this.#inFlight -= 1;
    statistics.refused += 1;
    this.#listener.answered();
  }

  #talkWhenDue(): void {
    const { clock } = this.#run;
    this.#timer = clock.setTimeout(() => this.#talk(), Math.max(0, this.#dueAt - clock.now()));
  }

  #talk(): void {
    const { clock, rate, statistics } = this.#run;
    const now = clock.now();
    const overdueSince = now - overdueMs;
    if (this.#dueAt < overdueSince) {
      statistics.sendDelay.add(now - this.#dueAt);
      this.#dueAt = overdueSince;
    }
    while (this.#dueAt <= now) {
      statistics.sendDelay.add(now - this.#dueAt);
      this.#say();
      this.#dueAt += 1_000 / rate;
    }
    this.#talkWhenDue();
  }

  #say(): void {
    const { clock, startedAt, statistics, payloadBytes } = this.#run;
    const webSocket = this.#webSocket;
    if (webSocket === undefined || webSocket.bufferedAmount > maxBufferedBytes) {
      statistics.heldBack += 1;
      return;
    }
    this.#inFlight += 1;
    statistics.sent += 1;
    const content = writeContent(this.#signature, clock.now() - startedAt, payloadBytes);
    webSocket.send(`{"type":"chat","content":"${content}"}`);
  }
}

interface Problem {
  /** What it is counted under. */
  readonly code: string;
  readonly words: string;
}

function wordsOf({ code, message }: NodeJS.ErrnoException): string {
  const words: Record<string, string> = {
    ECONNREFUSED: 'nobody listens there',
    ENOTFOUND: 'no such host is known',
    EAI_AGAIN: 'its address cannot be looked up now',
    ECONNRESET: 'it ends the connection',
  };
  // A host with several addresses gives an error whose message is empty.
  return words[code ?? ''] ?? (message || (code ?? 'unknown error'));
}
