/**
 * A raw client speaks RFC 6455 by hand over TCP: it sends any bytes, right or wrong, and tells every frame that
 * comes back. Unlike a WebSocket library it answers nothing by itself.
 */
import { connect, type Socket as NetSocket } from 'node:net';
import { onTestFinished } from 'vitest';
import { Inbox } from './inbox.ts';

// Frames

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** The reserved bits of a frame's first octet. */
export const rsv = { first: 0x40, second: 0x20, third: 0x10 } as const;

export interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
  /** Whether it is the last of its message. */
  readonly fin: boolean;
  /** Its reserved bits, in place. */
  readonly rsv: number;
}

export interface FrameOptions {
  readonly fin?: boolean;
  readonly rsv?: number;
  /** A client MUST mask (RFC 6455 section 5.3); the mask is a fixed one, so that runs are alike. */
  readonly masked?: boolean;
  /** A length to announce that is not the payload's. */
  readonly announced?: bigint;
}

const mask = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

/** @returns one frame as a client sends it. */
export function frame(opcode: number, payload: string | Buffer = '', options: FrameOptions = {}): Buffer {
  const { fin = true, masked = true, announced } = options;
  const body = Buffer.from(payload as string);
  const head = [(fin ? 0x80 : 0) | (options.rsv ?? 0) | opcode];
  const maskBit = masked ? 0x80 : 0;
  const length = announced ?? BigInt(body.length);
  if (length < 126n) head.push(maskBit | Number(length));
  else if (length < 65_536n) head.push(maskBit | 126, ...bigEndian(length, 2));
  else head.push(maskBit | 127, ...bigEndian(length, 8));
  if (!masked) return Buffer.concat([Buffer.from(head), body]);
  for (let i = 0; i < body.length; i += 1) body[i] = (body[i] as number) ^ (mask[i & 3] as number);
  return Buffer.concat([Buffer.from(head), mask, body]);
}

export const text = (content: string | Buffer, options?: FrameOptions): Buffer =>
  frame(opcodes.text, content, options);
export const binary = (content: string | Buffer, options?: FrameOptions): Buffer =>
  frame(opcodes.binary, content, options);
export const continuation = (content: string | Buffer, options?: FrameOptions): Buffer =>
  frame(opcodes.continuation, content, options);
export const ping = (content: string | Buffer = '', options?: FrameOptions): Buffer =>
  frame(opcodes.ping, content, options);
export const pong = (content: string | Buffer = '', options?: FrameOptions): Buffer =>
  frame(opcodes.pong, content, options);

/** @returns a close frame; without a code, one that says nothing. */
export function close(code?: number, reason: string | Buffer = '', options?: FrameOptions): Buffer {
  return frame(opcodes.close, code === undefined ? '' : closePayload(code, reason), options);
}

function closePayload(code: number, reason: string | Buffer = ''): Buffer {
  return Buffer.concat([Buffer.from(bigEndian(BigInt(code), 2)), Buffer.from(reason as string)]);
}

/** @returns one message as frames of at most `size` octets of payload each. */
export function fragments(opcode: number, payload: Buffer, size: number): Buffer {
  const frames: Buffer[] = [];
  for (let at = 0; at === 0 || at < payload.length; at += size) {
    const fin = at + size >= payload.length;
    frames.push(frame(at === 0 ? opcode : opcodes.continuation, payload.subarray(at, at + size), { fin }));
  }
  return Buffer.concat(frames);
}

function bigEndian(value: bigint, octets: number): number[] {
  return Array.from({ length: octets }, (_, i) => Number((value >> BigInt(8 * (octets - 1 - i))) & 0xffn));
}

/** Takes frames out of bytes as they come. The server's are never masked; one that is says so by throwing. */
class FrameParser {
  #chunks: Buffer[] = [];
  #size = 0;

  /** @returns the frames that are whole now. @throws when a frame is masked. */
  push(chunk: Buffer): Frame[] {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    const frames: Frame[] = [];
    for (let next = this.#take(); next !== undefined; next = this.#take()) frames.push(next);
    return frames;
  }

  #take(): Frame | undefined {
    const head = this.#peek(10);
    const [first, second] = head;
    if (first === undefined || second === undefined) return undefined;
    if ((second & 0x80) !== 0) throw new Error('the server sent a masked frame');
    const short = second & 0x7f;
    const start = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (head.length < start) return undefined;
    const length =
      short < 126 ? short : short === 126 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2));
    if (this.#size < start + length) return undefined;
    const bytes = this.#peek(start + length);
    this.#chunks = [bytes.subarray(start + length), ...this.#chunks.slice(1)];
    this.#size -= start + length;
    return {
      opcode: first & 0x0f,
      payload: bytes.subarray(start, start + length),
      fin: (first & 0x80) !== 0,
      rsv: first & 0x70,
    };
  }

  /** @returns the first chunk, made at least so long where there is that much. */
  #peek(length: number): Buffer {
    const [first = Buffer.alloc(0)] = this.#chunks;
    if (first.length >= length || this.#chunks.length < 2 || (length > 10 && this.#size < length))
      return first;
    const whole = Buffer.concat(this.#chunks);
    this.#chunks = [whole];
    return whole;
  }
}

// The client

/** How the server answered the opening handshake, or any other request. */
export interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
}

export interface RawOptions {
  readonly path?: string;
  readonly method?: string;
  /** Further headers, in lower case, or others instead of the handshake's own; undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Sent with the handshake, before the server can have answered. */
  readonly head?: Buffer;
  /** The address to come from. */
  readonly from?: string;
}

const handshakeHeaders = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

/** What the server must answer to that key (RFC 6455 section 1.3). */
export const expectedAccept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

export class RawClient {
  readonly answer: Answer;
  readonly frames = new Inbox<Frame>();
  /** Resolves once the TCP connection is gone. */
  readonly ended: Promise<void>;
  readonly #socket: NetSocket;
  readonly #parser = new FrameParser();
  #body = '';

  /** Opens a connection that ends with the test, at the latest: see `open`. */
  static async connect(url: string, options: RawOptions = {}): Promise<RawClient> {
    const client = await RawClient.open(url, options);
    onTestFinished(() => client.vanish());
    return client;
  }

  /** Opens a connection, and waits for the answer to its request, whatever it is. */
  static async open(url: string, options: RawOptions = {}): Promise<RawClient> {
    const { hostname, port, host } = new URL(url);
    const socket = connect({ port: Number(port), host: hostname, localAddress: options.from ?? '127.0.0.1' });
    socket.setNoDelay(true);
    const { method = 'GET', path = '/ws/' } = options;
    const headers = Object.entries({ host, ...handshakeHeaders, ...options.headers })
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}: ${value}\r\n`);
    const request = Buffer.from(`${method} ${path} HTTP/1.1\r\n${headers.join('')}\r\n`);
    socket.write(options.head === undefined ? request : Buffer.concat([request, options.head]));
    const { answer, rest } = await readAnswer(socket);
    return new RawClient(socket, answer, rest);
  }

  constructor(socket: NetSocket, answer: Answer, rest: Buffer) {
    this.#socket = socket;
    this.answer = answer;
    this.ended = new Promise((resolve) => {
      socket.once('close', () => {
        this.frames.end('the connection is gone');
        resolve();
      });
    });
    // A reset is an end like any other; `close` follows.
    socket.on('error', () => undefined);
    this.#take(rest);
    socket.on('data', (chunk) => this.#take(chunk));
  }

  /** Sends bytes as they are; with `octets`, in pieces of that size, each its own write. */
  async send(bytes: Buffer, octets = bytes.length): Promise<void> {
    for (let at = 0; at < bytes.length && !this.#socket.destroyed; at += octets) {
      await new Promise<void>((resolve) => {
        this.#socket.write(bytes.subarray(at, at + octets), () => resolve());
      });
    }
  }

  /** Waits for the server's close frame. @returns its code, 1005 where it has none. */
  async closeFrame(): Promise<{ code: number; reason: string }> {
    const { payload } = await this.frames.next(({ opcode }) => opcode === opcodes.close);
    if (payload.length === 0) return { code: 1005, reason: '' };
    return { code: payload.readUInt16BE(0), reason: payload.subarray(2).toString() };
  }

  /** Waits for the end. @returns what came after the head of an answer that was no upgrade. */
  async body(): Promise<string> {
    await this.ended;
    return this.#body;
  }

  /** Stops reading: never sees, and so never answers, what comes. */
  stall(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends the sending side alone, as a peer that has nothing more to say. */
  finish(): void {
    this.#socket.end();
  }

  /** Is gone without a goodbye. */
  vanish(): void {
    this.#socket.destroy();
  }

  /** Is gone with a reset, as a crashed machine's connection is. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  #take(chunk: Buffer): void {
    if (this.answer.status !== 101) this.#body += chunk.toString();
    else for (const one of this.#parser.push(chunk)) this.frames.push(one);
  }
}

/** Reads an answer's head. @throws when the connection ends before it is whole. */
function readAnswer(socket: NetSocket): Promise<{ answer: Answer; rest: Buffer }> {
  let bytes = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    const gone = () => reject(new Error('the connection ended before the answer'));
    const read = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0) return;
      socket.off('data', read).off('close', gone).off('error', reject);
      resolve({ answer: parseHead(bytes.subarray(0, end).toString()), rest: bytes.subarray(end + 4) });
    };
    socket.on('data', read).once('close', gone).once('error', reject);
  });
}

function parseHead(head: string): Answer {
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { status: Number(statusLine.split(' ')[1]), headers: new Map(headers) };
}
