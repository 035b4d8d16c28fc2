/**
 * The WebSocket transport: sockets over RFC 6455, by ws.
 *
 * ws reads, answers pings and closes; data frames are ours: a batch's frames are laid out once, and every member
 * writes the same bytes straight to its upgraded connection. That is safe because whole frames never interleave,
 * and because ws keeps no state between the frames that it sends unless it compresses, which we do ourselves.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import type { Encoding } from '../batch.ts';
import { closeCodes, type CloseCode } from '../close-codes.ts';
import type { Socket, SocketListener } from '../socket.ts';
import { Frames } from './frames.ts';

export interface WebSocketOptions {
  readonly maxMessageBytes: number;
  readonly closeTimeoutMs: number;
  readonly compress: boolean;
  readonly compressThresholdBytes: number;
}

/** A request to upgrade, with the connection it came by. */
export interface Handshake {
  readonly request: IncomingMessage;
  readonly tcp: NetSocket;
  /** What came together with the request. */
  readonly head: Buffer;
  readonly remoteAddress: string;
}

/** Makes sockets of upgraded HTTP connections. */
export class WebSocketTransport {
  readonly #server: WebSocketServer;
  readonly #thresholdBytes: number;
  readonly #plain = new Frames();
  readonly #deflated = new Map<number, Frames>();
  // The extensions that ws has agreed to for the handshake in hand.
  #agreed = '';

  constructor(options: WebSocketOptions) {
    this.#thresholdBytes = options.compressThresholdBytes;
    const serverOptions = {
      noServer: true,
      clientTracking: false,
      maxPayload: options.maxMessageBytes,
      // A large message may come in small fragments, but nobody needs more of them than this.
      maxFragments: Math.max(minFragmentsBorne, options.maxMessageBytes / smallestFragmentBytes),
      // How long ws waits for a peer that began the closing handshake to end the connection. Where we began it, the
      // machine's own timer has to come first.
      closeTimeout: 2 * options.closeTimeoutMs,
      // Without context takeover each message is compressed by itself, and so once for all members.
      perMessageDeflate: options.compress && { serverNoContextTakeover: true, clientNoContextTakeover: true },
    };
    this.#server = new WebSocketServer(serverOptions);
    this.#server.on('headers', (headers) => {
      this.#agreed = headers.find((header) => header.startsWith('Sec-WebSocket-Extensions:')) ?? '';
    });
  }

  /** Answers the opening handshake and hands over the socket; a request that is no handshake gets a 400. */
  accept({ request, tcp, head, remoteAddress }: Handshake, then: (socket: Socket) => void): void {
    this.#server.handleUpgrade(request, tcp, head, (webSocket) => {
      then(new WebSocketSocket(webSocket, tcp, remoteAddress, this.#encodingAgreed()));
    });
  }

  #encodingAgreed(): Encoding {
    const windowBits = windowBitsIn(this.#agreed);
    if (windowBits === undefined) return this.#plain;
    let frames = this.#deflated.get(windowBits);
    if (frames === undefined) {
      frames = new Frames({ windowBits, thresholdBytes: this.#thresholdBytes });
      this.#deflated.set(windowBits, frames);
    }
    return frames;
  }
}

/** How many fragments any message may come in, and how small those of a large one may be. */
const minFragmentsBorne = 16 * 1_024;
const smallestFragmentBytes = 64;

const minWindowBits = 9;
const maxWindowBits = 15;

/** @returns the window to compress with (RFC 7692 section 7.1.2.1), or undefined where nothing is compressed. */
function windowBitsIn(extensions: string): number | undefined {
  if (!extensions.includes('permessage-deflate')) return undefined;
  const agreed = /server_max_window_bits=(\d+)/.exec(extensions)?.[1];
  const windowBits = agreed === undefined ? maxWindowBits : Number(agreed);
  // zlib makes no raw stream with a window of 8 bits; a server may always send a message uncompressed.
  return windowBits < minWindowBits ? undefined : windowBits;
}

const nothing = Buffer.alloc(0);

/** The socket that a ws object is behind, so that its listeners need no closure each. */
const behind = Symbol('socket');
type OwnedWebSocket = WebSocket & { [behind]: WebSocketSocket };

class WebSocketSocket implements Socket {
  readonly transport = 'websocket';
  readonly remoteAddress: string;
  readonly encoding: Encoding;
  listener: SocketListener | undefined;
  readonly #webSocket: WebSocket;
  readonly #tcp: NetSocket;
  // Our writes that the kernel has not taken yet. What ws writes between them, such as a pong, is not ours to wait for.
  #pending = 0;

  constructor(webSocket: WebSocket, tcp: NetSocket, remoteAddress: string, encoding: Encoding) {
    this.#webSocket = webSocket;
    this.#tcp = tcp;
    this.remoteAddress = remoteAddress;
    this.encoding = encoding;
    (webSocket as OwnedWebSocket)[behind] = this;
    webSocket.on('message', onMessage);
    webSocket.on('ping', onPing);
    webSocket.on('pong', onPong);
    webSocket.on('error', onError);
    webSocket.on('close', onClose);
  }

  get bufferedBytes(): number {
    return this.#tcp.writableLength;
  }

  listen(listener: SocketListener | undefined): void {
    this.listener = listener;
  }

  send(bytes: Buffer): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    this.#tcp.write(bytes);
    if (this.#tcp.writableLength === 0) return;
    // Nearly always the kernel takes it at once, and a write that is called back for costs more than one that is not. So
    // an empty one comes after those that it did not.
    this.#pending += 1;
    this.#tcp.write(nothing, () => this.#taken());
  }

  ping(): void {
    this.#webSocket.ping();
  }

  pause(): void {
    this.#webSocket.pause();
  }

  resume(): void {
    this.#webSocket.resume();
  }

  close(code: number, reason: string): void {
    // A code that no close frame may bear (RFC 6455 section 7.4.1) says that the connection is gone already.
    if (code === closeCodes.noStatus.code || code === closeCodes.abnormal.code) this.#webSocket.close();
    else this.#webSocket.close(code, reason);
  }

  terminate(): void {
    this.#webSocket.terminate();
  }

  #taken(): void {
    this.#pending -= 1;
    if (this.#pending === 0) this.listener?.drained();
  }
}

function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  (this as OwnedWebSocket)[behind].listener?.frame(data as Buffer, isBinary);
}

function onPing(this: WebSocket): void {
  (this as OwnedWebSocket)[behind].listener?.pinged();
}

function onPong(this: WebSocket): void {
  (this as OwnedWebSocket)[behind].listener?.pong();
}

function onError(this: WebSocket, error: Error & { code?: string }): void {
  const { code, reason } = codeAnswered(error.code);
  (this as OwnedWebSocket)[behind].listener?.failed(code, reason);
}

function onClose(this: WebSocket, code: number, reason: Buffer): void {
  (this as OwnedWebSocket)[behind].listener?.closed(code, reason.toString());
}

/** @returns the close code with which ws has answered an error of its own or of zlib. */
function codeAnswered(error = ''): CloseCode {
  if (error.startsWith('Z_')) return closeCodes.invalidData;
  return codesAnswered.get(error) ?? closeCodes.protocolError;
}

const codesAnswered = new Map<string, CloseCode>([
  ['WS_ERR_INVALID_UTF8', closeCodes.invalidData],
  ['WS_ERR_TOO_MANY_BUFFERED_PARTS', closeCodes.policyViolation],
  ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', closeCodes.messageTooBig],
  ['WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH', closeCodes.messageTooBig],
]);
