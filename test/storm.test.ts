/**
 * A storm: 200 clients that lose their connections at random, and come back with the last offset that they have, while
 * 50,000 messages are said. Each one hears every message, in order and once.
 */
import { connect, type Socket as NetSocket } from 'node:net';
import { expect, test } from 'vitest';
import type { ChatServer, WelcomeMessage } from '../src/index.ts';
import { FrameReader } from './bench/load/frame-reader.ts';
import { joinByWebSocket, type Member } from './support/peers.ts';
import { Random } from './support/random.ts';
import { patient, serve } from './support/test-server.ts';

const seed = Number(process.env['STORM_SEED'] ?? Date.now() % 1_000_000);
const rooms = ['tea', 'coffee', 'milk', 'juice'];
const clientsPerRoom = 50;
const messagesPerRoom = 12_500;
const inFlight = 50;

const textFrame = 0x81;
const zero = 0x30;
const nine = 0x39;

/** One who listens, and is cut off again and again. It reads of a chat no more than its offset, at the end of its text. */
class Listener {
  readonly done: Promise<void>;
  readonly wrong: string[] = [];
  visits = 0;
  readonly #server: ChatServer;
  readonly #room: string;
  readonly #random: Random;
  #tcp: NetSocket | undefined;
  #epoch = '';
  #offset = 0;
  #hearsUntil = 0;
  #isWelcome = false;
  #finish: () => void = () => undefined;

  constructor(server: ChatServer, room: string, random: Random) {
    this.#server = server;
    this.#room = room;
    this.#random = random;
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  visit(): void {
    this.visits += 1;
    this.#isWelcome = false;
    this.#hearsUntil = this.#offset + this.#random.int(1, 3_000);
    const { hostname, port } = new URL(this.#server.url);
    const since = this.#epoch === '' ? '' : `?after=${this.#offset}&epoch=${this.#epoch}`;
    const tcp = connect({ host: hostname, port: Number(port) });
    this.#tcp = tcp;
    tcp.write(
      `GET /ws/${this.#room}${since} HTTP/1.1\r\nHost: ${hostname}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    const reader = new FrameReader((bytes, first, at, length) => {
      if (tcp === this.#tcp && first === textFrame) this.#hear(bytes, at, length);
    });
    let head = Buffer.alloc(0);
    let isUpgraded = false;
    tcp.on('data', (bytes) => {
      if (isUpgraded) return reader.read(bytes, 0, bytes.length);
      head = Buffer.concat([head, bytes]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      isUpgraded = true;
      reader.read(head, end + 4, head.length);
    });
    tcp.on('error', () => undefined);
    tcp.on('close', () => {
      if (tcp !== this.#tcp) return;
      this.wrong.push(`closed by the server after ${this.#offset}`);
      this.#finish();
    });
  }

  #hear(bytes: Buffer, at: number, length: number): void {
    if (!this.#isWelcome) {
      this.#isWelcome = true;
      this.#enter(JSON.parse(bytes.toString('utf8', at, at + length)) as WelcomeMessage);
      return;
    }
    // {"type":"chat" … against {"type":"system" …
    if (bytes[at + 9] !== 'c'.charCodeAt(0)) return;
    const offset = numberBefore(bytes, at + length - 1);
    if (offset !== this.#offset + 1) this.wrong.push(`${offset} after ${this.#offset}`);
    this.#offset = offset;
    if (offset === messagesPerRoom) this.#leave(this.#finish);
    else if (offset >= this.#hearsUntil) this.#leave(() => this.visit());
  }

  #enter({ epoch, offset, recovered }: WelcomeMessage): void {
    const isNew = this.#epoch === '';
    if (!isNew && (!recovered || epoch !== this.#epoch))
      this.wrong.push(`not recovered after ${this.#offset}`);
    if (isNew && offset !== 0) this.wrong.push(`came late, at ${offset}`);
    this.#epoch = epoch;
  }

  /** Crashes, and does what is next as soon as the kernel lets go of it. */
  #leave(next: () => void): void {
    const tcp = this.#tcp;
    this.#tcp = undefined;
    tcp?.once('close', next);
    tcp?.resetAndDestroy();
  }
}

/** @returns the number whose last digit is before `end`. */
function numberBefore(bytes: Buffer, end: number): number {
  let number = 0;
  let place = 1;
  for (let at = end - 1; (bytes[at] ?? 0) >= zero && (bytes[at] ?? 0) <= nine; at -= 1, place *= 10) {
    number += ((bytes[at] ?? zero) - zero) * place;
  }
  return number;
}

/** Says all messages of a room with so many in flight, some of them twice, and sees each acknowledged with its place. */
async function talk(member: Member, random: Random): Promise<void> {
  let said = 0;
  const sayNext = () => {
    if (said === messagesPerRoom) return;
    said += 1;
    const message = { type: 'chat', content: `message ${said}`, id: `id-${said}` } as const;
    member.send(message);
    if (random.chance(0.02)) member.send(message);
  };
  for (let i = 0; i < inFlight; i += 1) sayNext();
  for (let acked = 0; acked < messagesPerRoom;) {
    const { id, offset } = await member.next('ack');
    if (id !== `id-${offset}`) throw new Error(`${id} has the place ${offset}`);
    if (offset <= acked) continue;
    acked = offset;
    sayNext();
  }
}

test(
  `200 clients that come and go hear 50,000 messages in order, each once (seed ${seed})`,
  patient,
  async () => {
    const random = new Random(seed);
    const server = await serve({ rate: 0, historyMessages: messagesPerRoom, presenceIntervalMs: 1_000 });
    const listeners = rooms.flatMap((room) =>
      Array.from({ length: clientsPerRoom }, () => new Listener(server, room, random.fork())),
    );
    const talkers = await Promise.all(
      rooms.map((room) => joinByWebSocket(server, { room, name: `talker ${room}` })),
    );
    for (const listener of listeners) listener.visit();
    await Promise.all(
      talkers.map((talker) => talker.next('system', ({ members }) => members === clientsPerRoom + 1)),
    );
    await Promise.all([
      ...talkers.map((talker) => talk(talker, random.fork())),
      ...listeners.map(({ done }) => done),
    ]);
    expect(listeners.flatMap(({ wrong }) => wrong)).toEqual([]);
    const visits = listeners.reduce((sum, listener) => sum + listener.visits, 0);
    expect(visits).toBeGreaterThan(3 * listeners.length);
  },
);
