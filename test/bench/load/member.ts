/**
 * A member is one client of the server under test: a raw TCP connection that does the WebSocket upgrade by hand
 * and then reads little more than frame headers, so that it costs much less than what it measures.
 */
import { connect, type Socket } from 'node:net';
import { headBytes, plainMark, senderAt, stampedMark } from './content.ts';
import type { Dialect } from './dialects.ts';
import { FrameReader, peekBytes } from './frame-reader.ts';
import { maskedFrame, opClose, opPing, opPong, opText } from './frames.ts';

/** What a member tells of itself. */
export interface MemberListener {
  /** The 101 has come. */
  upgraded(member: Member): void;
  /** The member is in its room. */
  ready(member: Member): void;
  /** So many bytes have come. */
  read(bytes: number): void;
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
  readonly localAddress?: string | undefined;
  readonly room: string;
  readonly index: number;
  /** Offers permessage-deflate as browsers do. Compressed frames are counted, and not looked into. */
  readonly compress: boolean;
}

// Reading is synchronous, so that all members read into the same bytes, one after the other.
const inbox = Buffer.allocUnsafe(256 * 1024);

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
  readonly #frames = new FrameReader((bytes, first, payloadAt, length) =>
    this.#frame(bytes, first, payloadAt, length),
  );
  #upgraded = false;
  #reading = true;
  #gone = false;
  /** The response's head as far as it has come. */
  #head = '';
  /** Own messages that came back in this read. */
  #returned = 0;
  /** Where contents begin in the room's chat messages, once one has been seen: always in the same place. */
  #contentAt = -1;

  constructor(options: MemberOptions, listener: MemberListener) {
    this.index = options.index;
    this.room = options.room;
    this.#dialect = options.dialect;
    this.#listener = listener;
    this.#socket = connect({
      host: '127.0.0.1',
      port: options.port,
      localAddress: options.localAddress,
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

  #read(bytes: Buffer, length: number): boolean {
    this.#listener.read(length);
    const framesAt = this.#upgraded ? 0 : this.#readUpgrade(bytes, length);
    if (this.#upgraded) this.#frames.read(bytes, framesAt, length);
    if (this.#returned > 0) this.#tellReturned();
    return this.#reading;
  }

  /** @returns where the frames begin. */
  #readUpgrade(bytes: Buffer, length: number): number {
    const before = this.#head.length;
    this.#head += bytes.toString('latin1', 0, length);
    const headEnd = this.#head.indexOf('\r\n\r\n');
    if (headEnd < 0) return length;
    if (!this.#head.startsWith('HTTP/1.1 101 ')) {
      this.#leave(this.#head.slice(0, this.#head.indexOf('\r\n')));
      return length;
    }
    this.#head = '';
    this.#upgraded = true;
    this.#listener.upgraded(this);
    if (this.#dialect.readyAtUpgrade) this.#listener.ready(this);
    return headEnd + 4 - before;
  }

  #tellReturned(): void {
    const count = this.#returned;
    this.#returned = 0;
    this.#listener.returned(this, count);
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
    if (this.#contentAt < 0) this.#contentAt = findContent(bytes, payloadAt, length);
    const contentAt = payloadAt + this.#contentAt;
    const mark = bytes[contentAt];
    if (mark !== plainMark && mark !== stampedMark) throw new Error('a content is not where it was before');
    if (mark === stampedMark) this.#listener.stamped(bytes, contentAt);
    if (this.sends && senderAt(bytes, contentAt) === this.index) this.#returned += 1;
  }
}

const contentMember = '"content":"';

/** @returns where the content begins in a chat message's payload. */
function findContent(bytes: Buffer, payloadAt: number, length: number): number {
  const at =
    bytes.toString('latin1', payloadAt, payloadAt + length).indexOf(contentMember) + contentMember.length;
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
