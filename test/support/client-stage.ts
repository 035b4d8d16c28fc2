/**
 * A client stage is a room of the client on fakes of the network and the page, under a simulated clock: the test plays
 * the server, and lets time pass.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { InspectionEvent } from 'xstate';
import {
  joinRoom,
  type Fetch,
  type JoinOptions,
  type PageEvent,
  type RequestSettings,
  type Room,
  type RoomEvents,
  type Storage,
  type WebSocketLike,
} from '../../src/client/index.ts';
import { trackActors } from '../../src/leaks.ts';
import type {
  AckMessage,
  ChatMessage,
  ErrorCode,
  ErrorMessage,
  PongMessage,
  ServerMessage,
  SystemMessage,
  WelcomeMessage,
} from '../../src/protocol.ts';
import { SimulatedClock } from './simulated-clock.ts';
import { TransitionLog } from './transitions.ts';

// What the server says

const common = { room: 'tea', sender: 'server', content: '', timestamp: '2026-01-01T00:00:00.000Z' };

export const epoch = 'first';
export const pingPeriodMs = 25_000;

export function welcome(more: Partial<WelcomeMessage> = {}): WelcomeMessage {
  const place = { epoch, offset: 0, members: 1, recovered: false };
  return { type: 'welcome', ...common, you: 'c1', name: 'Ann', ...place, pingPeriodMs, ...more };
}

export function chat(offset: number, content = `message ${offset}`): ChatMessage {
  return { type: 'chat', ...common, sender: 'Bob', content, id: `chat ${offset}`, offset };
}

export function ack(id: string, offset: number): AckMessage {
  return { type: 'ack', ...common, id, offset, epoch };
}

export function system(more: Partial<SystemMessage> = {}): SystemMessage {
  return { type: 'system', ...common, event: 'joined', members: 2, ...more };
}

export function refusal(code: ErrorCode, more: Partial<ErrorMessage> = {}): ErrorMessage {
  return { type: 'error', ...common, content: code, code, ...more };
}

export const pong: PongMessage = { type: 'pong', ...common };

// The network

type Listener = (event: { data: unknown; code: number; reason: string }) => void;

/** A WebSocket whose other end is the test. */
export class FakeWebSocket implements WebSocketLike {
  readonly url: URL;
  readonly sent: unknown[] = [];
  /** How the client has ended it, where it has. */
  endedBy: 'close' | 'terminate' | undefined;
  readonly #listeners = new Map<string, Listener>();

  constructor(url: string) {
    this.url = new URL(url);
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, listener);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.endedBy = 'close';
  }

  terminate(): void {
    this.endedBy = 'terminate';
  }

  say(message: ServerMessage): void {
    this.sayText(JSON.stringify(message));
  }

  sayText(data: string): void {
    this.#listeners.get('message')?.({ data, code: 0, reason: '' });
  }

  end(code: number, reason = ''): void {
    this.#listeners.get('close')?.({ data: undefined, code, reason });
  }

  /** The ids of what it was given to send, in order. */
  get ids(): string[] {
    return this.sent.flatMap((message) => (message as { id?: string }).id ?? []);
  }
}

/** A request whose answer is the test's to give. */
export interface FakeRequest {
  readonly url: URL;
  readonly settings: RequestSettings;
  answer(response: Response): void;
  fail(): void;
  /** Answers with a stream of events. */
  stream(): FakeStream;
}

/** A stream of events whose other end is the test. */
export interface FakeStream {
  say(message: ServerMessage): void;
  write(text: string): void;
  end(): void;
}

function streamTo(answer: (response: Response) => void, signal: AbortSignal): FakeStream {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const encoder = new TextEncoder();
  const write = (text: string) => void writer.write(encoder.encode(text)).catch(() => undefined);
  signal.addEventListener('abort', () => void writer.abort().catch(() => undefined));
  answer(new Response(readable, { headers: { 'Content-Type': 'text/event-stream' } }));
  return {
    say: (message) => write(`data: ${JSON.stringify(message)}\n\n`),
    write,
    end: () => void writer.close().catch(() => undefined),
  };
}

const manyTurns = 1_000;

/** The platform of a client: the page, the network, the time and chance, each of them the test's. */
export class FakePlatform {
  readonly clock = new SimulatedClock();
  readonly webSockets: FakeWebSocket[] = [];
  readonly requests: FakeRequest[] = [];
  readonly storage: Storage = {};
  /** What the next random numbers are. */
  chance = 0.5;
  /** Makes every new WebSocket fail at once, as a page's security policy does. */
  forbidsWebSockets = false;
  /** What to join a room with. */
  readonly options: JoinOptions;
  readonly #pages = new Set<(event: PageEvent) => void>();

  constructor() {
    const { webSockets } = this;
    const isForbidden = () => this.forbidsWebSockets;
    this.options = {
      url: 'http://chat.example',
      room: 'tea',
      WebSocket: class extends FakeWebSocket {
        constructor(url: string) {
          if (isForbidden()) throw new Error('forbidden');
          super(url);
          webSockets.push(this);
        }
      },
      fetch: this.#fetch,
      clock: this.clock,
      random: () => this.chance,
      storage: this.storage,
      pageEvents: (tell) => {
        this.#pages.add(tell);
        return () => this.#pages.delete(tell);
      },
    };
  }

  /** The last one that was opened. @throws where there is none. */
  get webSocket(): FakeWebSocket {
    const last = this.webSockets.at(-1);
    if (last === undefined) throw new Error('there is no WebSocket');
    return last;
  }

  /** The last one that was made. @throws where there is none. */
  get request(): FakeRequest {
    const last = this.requests.at(-1);
    if (last === undefined) throw new Error('there is no request');
    return last;
  }

  page(event: PageEvent): void {
    for (const tell of this.#pages) tell(event);
  }

  /** Lets what is under way arrive, turn by turn, until it has done so. */
  async until(isSo: () => boolean): Promise<void> {
    for (let turn = 0; !isSo(); turn += 1) {
      if (turn === manyTurns) throw new Error('it does not come');
      await nextTurn();
    }
  }

  /** What of it is still used: by nobody, once all rooms are closed. */
  inUse(): string[] {
    const requests = this.requests.filter(({ settings }) => !settings.signal.aborted);
    return [
      ...(this.clock.pending > 0 ? [`${this.clock.pending} timers`] : []),
      ...(this.#pages.size > 0 ? [`${this.#pages.size} listeners of the page`] : []),
      ...requests.map(({ url }) => `request for ${url.pathname}`),
    ];
  }

  readonly #fetch: Fetch = (url, settings) =>
    new Promise((resolve, reject) => {
      const fail = () => reject(new Error('failed'));
      const stream = () => streamTo(resolve, settings.signal);
      this.requests.push({ url: new URL(url), settings, answer: resolve, fail, stream });
      settings.signal.addEventListener('abort', fail, { once: true });
    });
}

/** A room on a platform of its own, and what it has told. */
export class ClientStage extends FakePlatform {
  readonly transitions = new TransitionLog();
  /** What it has told, by the event. */
  readonly told: { [E in keyof RoomEvents]: RoomEvents[E][] } = {
    message: [],
    presence: [],
    state: [],
    error: [],
    gap: [],
  };
  readonly room: Room;
  readonly #leaks = trackActors({ clock: this.clock, processResources: false });

  constructor(options: Partial<JoinOptions> = {}) {
    super();
    this.#leaks.watch('platform', () => this.inUse());
    const inspect = (event: InspectionEvent) => {
      this.#leaks.inspect(event);
      this.transitions.inspect(event);
    };
    this.room = joinRoom({ ...this.options, inspect, ...options });
    for (const event of Object.keys(this.told) as (keyof RoomEvents)[]) {
      this.room.on(event, (value) => void (this.told[event] as unknown[]).push(value));
    }
    onTestFinished(() => this.#finish());
  }

  /** Lets the client in. */
  open(more: Partial<WelcomeMessage> = {}): this {
    this.webSocket.say(welcome(more));
    return this;
  }

  /** Ends the connection without a word, and lets the time pass until the next one is made. */
  reconnect(): this {
    this.webSocket.end(1006);
    return this.waitForRetry();
  }

  waitForRetry(): this {
    const { retryAt } = this.room.state;
    if (retryAt === undefined) throw new Error('it does not wait to come back');
    this.clock.advance(retryAt - this.clock.now());
    return this;
  }

  /** The offsets of the messages told. */
  get heard(): number[] {
    return this.told.message.map(({ offset }) => offset);
  }

  async #finish(): Promise<void> {
    const closed = this.room.close();
    this.clock.advance(1_000);
    await closed;
    await this.#leaks.expectNone();
    this.#leaks.stop();
  }
}
