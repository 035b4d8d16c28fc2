/**
 * A member is one client of the server under test: a raw TCP connection that does the WebSocket upgrade by hand
 * and then reads little more than frame headers, so that it costs much less than what it measures.
 */
import { connect, type Socket } from 'node:net';
import { headBytes, plainMark, senderAt, stampedMark } from './content.ts';
import type { Dialect } from './dialects.ts';
import { maskedFrame, opClose, opPing, opPong, opText } from './frames.ts';

/** What a member tells of itself. */
export interface MemberListener {
  /** The 101 has come. */
  upgraded(member: Member): void;
  /** The member is in its room. */
  ready(member: Member): void;
  /** A chat message has come. */
  delivered(): void;
  /** A stamped one has come; the content begins here. */
  stamped(bytes: Buffer, contentAt: number): void;
  /** So many of its own messages came back, in one read. */
  returned(member: Member, count: number): void;
  /** A message of another kind has come. */
  other(): void;
  /** The connection is gone, or never came to be. */
  gone(member: Member, reason: string): void;
}

export interface MemberOptions {
  readonly dialect: Dialect;
  readonly port: number;
  readonly room: string;
  readonly index: number;
  /** Offers permessage-deflate as browsers do. Compressed frames are counted, and not looked into. */
  readonly compress: boolean;
}

// Reading is synchronous, so that all members read into the same bytes, one after the other.
const inbox = Buffer.allocUnsafe(256 * 1024);

/** As much of a payload as must be there at once before it is looked into: a message's members up to its content. */
const peekBytes = 256;

const finalBit = 0x80;
const compressedBit = 0x40;

export class Member {
  readonly index: number;
  readonly room: string;
  readonly startedMs = performance.now();
  /** A member that sends wants to know when its own messages come back. */
  sends = false;

  readonly #dialect: Dialect;
  readonly #listener: MemberListener;
  readonly #socket: Socket;
  #upgraded = false;
  #reading = true;
  #gone = false;
  /** The beginning of a frame that has not all come yet. */
  #rest: Buffer | undefined;
  /** What is still to come of a payload that is already dealt with. */
  #skip = 0;
  /** Own messages that came back in this read. */
  #returned = 0;
  /** Where contents begin in chat messages' payloads, once one has been seen. */
  #contentAt = -1;

  constructor(options: MemberOptions, listener: MemberListener) {
    this.index = options.index;
    this.room = options.room;
    this.#dialect = options.dialect;
    this.#listener = listener;
    this.#socket = connect({
      host: '127.0.0.1',
      port: options.port,
      noDelay: true,
      onread: { buffer: inbox, callback: (length, bytes) => this.#read(bytes as Buffer, length) },
    });
    this.#socket.write(upgradeRequest(options));
    this.#socket.on('error', (error) => this.#leave(error.message));
    this.#socket.on('close', () => this.#leave('closed by the server'));
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** Reads nothing from now on. */
  stopReading(): void {
    this.#reading = false;
    this.#socket.pause();
  }

  readAgain(): void {
    this.#reading = true;
    this.#socket.resume();
  }

  /** Ends the connection without a handshake, so that no local port is left waiting. */
  reset(): void {
    this.#gone = true;
    this.#socket.resetAndDestroy();
  }

  #leave(reason: string): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#socket.destroy();
    this.#listener.gone(this, reason);
  }

  #read(chunk: Buffer, length: number): boolean {
    let bytes = chunk;
    let end = length;
    if (this.#rest !== undefined) {
      bytes = Buffer.concat([this.#rest, chunk.subarray(0, length)]);
      end = bytes.length;
      this.#rest = undefined;
    }
    const at = this.#upgraded ? 0 : this.#readUpgrade(bytes, end);
    if (this.#upgraded) this.#readFrames(bytes, at, end);
    return this.#reading;
  }

  /** @returns where the frames begin. */
  #readUpgrade(bytes: Buffer, end: number): number {
    const text = bytes.toString('latin1', 0, end);
    const headEnd = text.indexOf('\r\n\r\n');
    if (headEnd < 0) {
      this.#keep(bytes, 0, end);
      return end;
    }
    if (!text.startsWith('HTTP/1.1 101 ')) {
      this.#leave(text.slice(0, text.indexOf('\r\n')));
      return end;
    }
    this.#upgraded = true;
    this.#listener.upgraded(this);
    if (this.#dialect.readyAtUpgrade) this.#listener.ready(this);
    return headEnd + 4;
  }

  #readFrames(bytes: Buffer, from: number, end: number): void {
    let at = from + this.#skip;
    this.#skip = 0;
    while (at < end) {
      if (end - at < 10 && end - at < headerLength(bytes, at, end)) break;
      const short = bytes[at + 1]! & 0x7f;
      let payloadAt = at + 2;
      let length = short;
      if (short === 126) {
        length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
        payloadAt = at + 4;
      } else if (short === 127) {
        length = bytes.readUInt32BE(at + 6);
        payloadAt = at + 10;
      }
      if (payloadAt + Math.min(length, peekBytes) > end) break;
      this.#frame(bytes, bytes[at]!, payloadAt, length);
      at = payloadAt + length;
    }
    if (at > end) this.#skip = at - end;
    else this.#keep(bytes, at, end);
    if (this.#returned > 0) this.#tellReturned();
  }

  #tellReturned(): void {
    const count = this.#returned;
    this.#returned = 0;
    this.#listener.returned(this, count);
  }

  #keep(bytes: Buffer, at: number, end: number): void {
    // A copy: the inbox is the next member's in a moment.
    if (at < end) this.#rest = Buffer.from(bytes.subarray(at, end));
  }

  #frame(bytes: Buffer, first: number, payloadAt: number, length: number): void {
    if (first === (finalBit | compressedBit | opText)) {
      this.#listener.delivered();
      return;
    }
    if (first === (finalBit | opText)) {
      this.#text(bytes, payloadAt, length);
      return;
    }
    const payload = bytes.subarray(payloadAt, payloadAt + length);
    const opcode = first & 0x0f;
    if (opcode === opPing) this.write(maskedFrame(opPong, payload));
    else if (opcode === opClose) this.#leave(`close code ${length < 2 ? 1005 : payload.readUInt16BE(0)}`);
    else this.#leave(`unexpected frame of type ${opcode}`);
  }

  #text(bytes: Buffer, payloadAt: number, length: number): void {
    const kind = this.#dialect.kindAt(bytes, payloadAt);
    switch (kind) {
      case 'chat':
        this.#listener.delivered();
        this.#chat(bytes, payloadAt, length);
        break;
      case 'ready':
        this.#listener.other();
        this.#listener.ready(this);
        break;
      case 'knock':
        this.write(maskedFrame(opText, Buffer.from(this.#dialect.knockAnswer)));
        break;
      case 'ping':
        this.write(maskedFrame(opText, Buffer.from(this.#dialect.pingAnswer)));
        break;
      case 'other':
        this.#listener.other();
        break;
      default:
        kind satisfies never;
    }
  }

  #chat(bytes: Buffer, payloadAt: number, length: number): void {
    let mark = bytes[payloadAt + this.#contentAt];
    if (mark !== plainMark && mark !== stampedMark) {
      this.#contentAt = findContent(bytes, payloadAt, length);
      mark = bytes[payloadAt + this.#contentAt];
    }
    const contentAt = payloadAt + this.#contentAt;
    if (mark === stampedMark) this.#listener.stamped(bytes, contentAt);
    if (this.sends && senderAt(bytes, contentAt) === this.index) this.#returned += 1;
  }
}

function headerLength(bytes: Buffer, at: number, end: number): number {
  if (end - at < 2) return 2;
  const short = bytes[at + 1]! & 0x7f;
  if (short < 126) return 2;
  return short === 126 ? 4 : 10;
}

const contentMember = '"content":"';

/** @returns where the content begins in a chat message's payload. */
function findContent(bytes: Buffer, payloadAt: number, length: number): number {
  const at = bytes.toString('latin1', payloadAt, payloadAt + length).indexOf(contentMember) + contentMember.length;
  if (at + headBytes > Math.min(length, peekBytes)) throw new Error('the content is too far from the head');
  return at;
}

function upgradeRequest({ dialect, port, room, index, compress }: MemberOptions): string {
  const name = `member-${String(index).padStart(5, '0')}`;
  const extensions = 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n';
  return (
    `GET ${dialect.path(room, name)} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n` +
    'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
    `Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${compress ? extensions : ''}\r\n`
  );
}
