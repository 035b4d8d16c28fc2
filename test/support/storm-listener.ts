/** A storm listener listens, and is cut off again and again: it comes back with the last offset that it has. */
import { connect, type Socket as NetSocket } from 'node:net';
import type { ServerMessage } from '../../src/index.ts';
import { FrameReader } from '../bench/load/frame-reader.ts';
import type { Random } from './random.ts';
import { StormPlace } from './storm-place.ts';

export interface StormListenerOptions {
  /** Where it goes with its next visit: a server's URL. */
  readonly pick: () => string;
  readonly room: string;
  readonly name: string;
  readonly random: Random;
  /** How many messages are said in the room: with the last one it is done. */
  readonly messages: number;
  /** How many messages it hears at most before it is cut off. */
  readonly longestVisit: number;
  /** Whether it may be closed by a server; unless so that is wrong. */
  readonly serversMayGo?: boolean;
}

const textFrame = 0x81;
const zero = 0x30;
const nine = 0x39;

/** It reads of a chat no more than its offset, at the end of its text. */
export class StormListener {
  readonly done: Promise<void>;
  visits = 0;
  readonly #options: StormListenerOptions;
  #tcp: NetSocket | undefined;
  readonly #place = new StormPlace();
  #hearsUntil = 0;
  #isWelcome = false;
  #finish: () => void = () => undefined;

  constructor(options: StormListenerOptions) {
    this.#options = options;
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  get wrong(): readonly string[] {
    return this.#place.wrong;
  }

  visit(): void {
    this.visits += 1;
    this.#isWelcome = false;
    const { pick, room, name, random, longestVisit } = this.#options;
    this.#hearsUntil = this.#place.offset + random.int(1, longestVisit);
    const { hostname, port } = new URL(pick());
    const tcp = connect({ host: hostname, port: Number(port) });
    this.#tcp = tcp;
    tcp.write(
      `GET /ws/${room}?name=${name}${this.#place.since} HTTP/1.1\r\nHost: ${hostname}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
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
      if (!head.toString('latin1').startsWith('HTTP/1.1 101')) return this.#leave(() => this.visit());
      isUpgraded = true;
      reader.read(head, end + 4, head.length);
    });
    tcp.on('error', () => undefined);
    tcp.on('close', () => {
      if (tcp !== this.#tcp) return;
      if (this.#options.serversMayGo === true) return this.visit();
      this.#place.wrong.push(`closed by the server after ${this.#place.offset}`);
      this.#finish();
    });
  }

  #hear(bytes: Buffer, at: number, length: number): void {
    if (!this.#isWelcome) {
      const message = JSON.parse(bytes.toString('utf8', at, at + length)) as ServerMessage;
      if (message.type !== 'welcome') return this.#leave(() => this.visit());
      this.#isWelcome = true;
      this.#place.enter(message);
      return;
    }
    // {"type":"chat" … against {"type":"system" …
    if (bytes[at + 9] !== 'c'.charCodeAt(0)) return;
    const offset = numberBefore(bytes, at + length - 1);
    this.#place.hear(offset);
    if (offset === this.#options.messages) this.#leave(this.#finish);
    else if (offset >= this.#hearsUntil) this.#leave(() => this.visit());
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
