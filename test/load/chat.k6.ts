/**
 * The scenario of `hubbub load` as a k6 script: the same rooms, messages and checks, for those who have k6.
 *
 *     k6 run -e URL=ws://127.0.0.1:8080 -e VUS=1000 -e DURATION=60 -e RAMP=10 test/load/chat.k6.ts
 *
 * Times are in seconds. The latency is as fine as k6's clock: a millisecond.
 */
import { check, sleep } from 'k6';
import exec from 'k6/execution';
import { Counter, Trend } from 'k6/metrics';
import type { Options } from 'k6/options';
import ws, { type Socket } from 'k6/ws';
import { readContent, signatureOf, writeContent } from '../../src/load/content.ts';
import { Offsets } from '../../src/load/offsets.ts';

const url = __ENV['URL'] ?? 'ws://127.0.0.1:8080';
const vus = setting('VUS', 1_000);
const duration = setting('DURATION', 60);
const ramp = setting('RAMP', duration / 6);
const rooms = setting('ROOMS', 10);
const rate = setting('RATE', 1);
const payloadBytes = setting('PAYLOAD', 64);

/** How long the last messages may take to come back. */
const answerWaitMs = 2_000;

export const options: Options = {
  scenarios: {
    chat: {
      executor: 'ramping-vus',
      startVUs: 1,
      stages: [
        { duration: `${ramp}s`, target: vus },
        { duration: `${duration - ramp}s`, target: vus },
      ],
      gracefulStop: '10s',
    },
  },
};

const latency = new Trend('chat_latency', true);
const lost = new Counter('chat_lost');
const duplicated = new Counter('chat_duplicated');
const unanswered = new Counter('chat_unanswered');
const errors = new Counter('chat_errors');

/** What k6 hands to every user. */
interface Run {
  readonly id: string;
}

export function setup(): Run {
  const digits = 6;
  return {
    id: Math.floor(Math.random() * 36 ** digits)
      .toString(36)
      .padStart(digits, '0'),
  };
}

/** One session of one user: k6 calls it again when it ends before its time. */
export default function chat(run: Run): void {
  const user = __VU - 1;
  const address = `${url}/ws/load-${user % rooms}?name=vu-${user}`;
  const response = ws.connect(address, null, (socket) => new Session(socket, signatureOf(run.id, user)));
  check(response, { 'status is 101': ({ status }) => status === 101 });
  if (Date.now() < endsAt()) sleep(1);
}

class Session {
  readonly #socket: Socket;
  readonly #signature: string;
  #offsets: Offsets | undefined;
  #inFlight = 0;
  #isQuiet = false;

  constructor(socket: Socket, signature: string) {
    this.#socket = socket;
    this.#signature = signature;
    socket.on('message', (text) => this.#take(text));
    socket.on('close', () => unanswered.add(this.#inFlight));
    socket.setTimeout(() => this.#quieten(), Math.max(1, endsAt() - Date.now()));
  }

  #take(text: string): void {
    const message = parse(text);
    check(message, { 'has type field': ({ type }) => typeof type === 'string' });
    if (message.type === 'welcome') this.#join(message);
    else if (message.type === 'chat') this.#hear(message);
    else if (message.type === 'error') this.#bear(message);
  }

  #join({ offset }: Message): void {
    const isFirst = this.#offsets === undefined;
    this.#offsets = new Offsets(offset ?? 0);
    if (!isFirst || rate === 0) return;
    const periodMs = 1_000 / rate;
    this.#socket.setTimeout(
      () => {
        this.#say();
        this.#socket.setInterval(() => this.#say(), periodMs);
      },
      Math.max(1, Math.random() * periodMs),
    );
  }

  #say(): void {
    if (this.#isQuiet) return;
    this.#inFlight += 1;
    const content = writeContent(this.#signature, Date.now() - exec.scenario.startTime, payloadBytes);
    this.#socket.send(JSON.stringify({ type: 'chat', content }));
  }

  #hear({ offset, content }: Message): void {
    if (offset !== undefined && this.#offsets !== undefined) {
      const missed = this.#offsets.see(offset);
      if (missed > 0) lost.add(missed);
      else if (missed < 0) duplicated.add(1);
    }
    const sentAtMs = content === undefined ? undefined : readContent(this.#signature, content);
    if (sentAtMs === undefined || this.#inFlight === 0) return;
    latency.add(Date.now() - exec.scenario.startTime - sentAtMs);
    this.#answered();
  }

  #bear({ code }: Message): void {
    errors.add(1, { code: code ?? 'error' });
    if (this.#inFlight > 0) this.#answered();
  }

  #answered(): void {
    this.#inFlight -= 1;
    if (this.#isQuiet && this.#inFlight === 0) this.#socket.close(1000);
  }

  /** Says nothing more, and leaves when all has come back. */
  #quieten(): void {
    this.#isQuiet = true;
    if (this.#inFlight === 0) this.#socket.close(1000);
    else this.#socket.setTimeout(() => this.#socket.close(1000), answerWaitMs);
  }
}

interface Message {
  readonly type?: string;
  readonly offset?: number;
  readonly content?: string;
  readonly code?: string;
}

function parse(text: string): Message {
  try {
    return (JSON.parse(text) as Message | null) ?? {};
  } catch {
    return {};
  }
}

function endsAt(): number {
  return exec.scenario.startTime + duration * 1_000;
}

function setting(name: string, otherwise: number): number {
  const text = __ENV[name];
  return text === undefined ? otherwise : Number(text);
}
