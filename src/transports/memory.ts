/**
 * The memory transport: a socket and its peer in one process, with a wire between them that takes time and can be
 * cut. For simulations and for the lab: everything that a network does to a connection can be done to it.
 */
import type { Encoding, Payload } from '../batch.ts';
import { closeCodes } from '../close-codes.ts';
import type { Clock } from '../clock.ts';
import type { Socket, SocketListener } from '../socket.ts';

export interface MemoryOptions {
  readonly clock: Clock;
  /** How long bytes are on the wire, each way. */
  readonly latencyMs?: number;
  /** How many bytes the wire holds for a peer that does not read, before they pile up at the sender's. */
  readonly wireBytes?: number;
  readonly remoteAddress?: string;
}

const defaultWireBytes = 64 * 1_024;

/** Makes a connected pair: the server's socket and the client's end of it. */
export function memoryPair(options: MemoryOptions): { socket: Socket; peer: MemoryPeer } {
  const peer = new MemoryPeer(options);
  return { socket: peer.socket, peer };
}

/** Records: each message with one byte for its kind and four for its length before it. */
const records: Encoding = {
  name: 'records',
  encode(messages) {
    const parts = messages.flatMap((message) => {
      const header = Buffer.alloc(5);
      header[0] = typeof message === 'string' ? 1 : 2;
      header.writeUInt32BE(Buffer.byteLength(message), 1);
      return [header, Buffer.from(message as string)];
    });
    return Buffer.concat(parts);
  },
};

function decode(bytes: Buffer): Payload[] {
  const messages: Payload[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 5 + bytes.readUInt32BE(at + 1);
    const body = bytes.subarray(at + 5, end);
    messages.push(bytes[at] === 1 ? body.toString() : body);
    at = end;
  }
  return messages;
}

/** Something on the wire to the client: what happens once the client reads it, and the room it takes till then. */
interface Parcel {
  readonly open: () => void;
  readonly size: number;
}

/** The client's end of a memory socket. */
export class MemoryPeer {
  readonly socket: Socket;
  onMessage: ((message: Payload) => void) | undefined;
  onPing: (() => void) | undefined;
  onClosed: ((code: number, reason: string) => void) | undefined;
  /** Whether it answers pings, as every honest peer does. */
  answersPings = true;
  readonly #clock: Clock;
  readonly #latencyMs: number;
  readonly #wireBytes: number;
  #listener: SocketListener | undefined;
  // What is on the wire to the client, oldest first, and how much of it has come to its end.
  #outgoing: Parcel[] = [];
  #outgoingBytes = 0;
  #arrived = 0;
  // What has come to the server while its side is paused.
  #held: (() => void)[] = [];
  #paused = false;
  #reads = true;
  #behind = false;
  #cut = false;
  #closing = false;
  #gone = false;

  constructor({
    clock,
    latencyMs = 0,
    wireBytes = defaultWireBytes,
    remoteAddress = 'memory',
  }: MemoryOptions) {
    this.#clock = clock;
    this.#latencyMs = latencyMs;
    this.#wireBytes = wireBytes;
    this.socket = this.#makeSocket(remoteAddress);
  }

  /** Whether the connection is over, for both ends. */
  get isClosed(): boolean {
    return this.#gone;
  }

  /** Sends messages. Those sent together come in one read: where the first has the server pause, the others still come. */
  send(...messages: Payload[]): void {
    this.#toServer(() => {
      for (const message of messages) {
        if (this.#gone) return;
        this.#listener?.frame(Buffer.from(message as string), typeof message !== 'string');
      }
    });
  }

  ping(): void {
    this.#toServer(() => this.#listener?.pinged());
  }

  /** Sends what no peer may send: the transport answers with this code and closes. */
  breakRules(code: number, reason: string): void {
    this.#toServer(() => {
      this.#closing = true;
      this.#listener?.failed(code, reason);
      this.#toClient(() => this.#end(code, reason));
    });
  }

  /** Says goodbye; the server's side answers by itself, like a WebSocket's. */
  close(code: number = closeCodes.normal.code, reason = ''): void {
    this.#toServer(() => this.#end(code, reason));
  }

  /** Ends without a goodbye, as a crash does. */
  reset(): void {
    if (!this.#cut) this.#end(closeCodes.abnormal.code, '');
  }

  /** Stops reading, so that what is sent to it piles up. */
  stall(): void {
    this.#reads = false;
  }

  /** Reads again. */
  resume(): void {
    this.#reads = true;
    this.#deliver();
  }

  /** Pulls the plug: from now on nothing comes through either way, and nobody is told. */
  cut(): void {
    this.#cut = true;
  }

  #makeSocket(remoteAddress: string): Socket {
    const bufferedBytes = () => Math.max(0, this.#outgoingBytes - this.#wireBytes);
    return {
      transport: 'memory',
      remoteAddress,
      encoding: records,
      get bufferedBytes() {
        return bufferedBytes();
      },
      listen: (listener) => {
        this.#listener = listener;
      },
      send: (bytes) => this.#send(bytes),
      ping: () => this.#pinged(),
      pause: () => {
        this.#paused = true;
      },
      resume: () => this.#resumeServer(),
      close: (code, reason) => this.#closeFromServer(code, reason),
      terminate: () => this.#end(closeCodes.abnormal.code, ''),
    };
  }

  // Server → client

  #send(bytes: Buffer): void {
    if (this.#closing || this.#gone) return;
    this.#toClient(() => {
      const { onMessage } = this;
      // Most peers of the lab only have to have read it.
      if (onMessage !== undefined) for (const message of decode(bytes)) onMessage(message);
    }, bytes.length);
    this.#behind = this.socket.bufferedBytes > 0;
  }

  #pinged(): void {
    if (this.#closing) return;
    this.#toClient(() => {
      this.onPing?.();
      if (this.answersPings) this.#toServer(() => this.#listener?.pong());
    });
  }

  #closeFromServer(code: number, reason: string): void {
    if (this.#closing || this.#gone) return;
    this.#closing = true;
    this.#toClient(() => this.#toServer(() => this.#end(code, reason), true));
  }

  #toClient(open: () => void, size = 0): void {
    this.#outgoing.push({ open, size });
    this.#outgoingBytes += size;
    this.#clock.setTimeout(() => {
      this.#arrived += 1;
      this.#deliver();
    }, this.#latencyMs);
  }

  /** Has the client read what has arrived, in order, while it reads. */
  #deliver(): void {
    while (this.#arrived > 0 && this.#reads && !this.#cut && !this.#gone) {
      this.#arrived -= 1;
      const parcel = this.#outgoing.shift();
      this.#outgoingBytes -= parcel?.size ?? 0;
      parcel?.open();
    }
    if (!this.#behind || this.#gone || this.socket.bufferedBytes > 0) return;
    this.#behind = false;
    this.#listener?.drained();
  }

  // Client → server

  #toServer(arrive: () => void, evenPaused = false): void {
    this.#clock.setTimeout(() => {
      if (this.#cut || this.#gone) return;
      if (this.#paused && !evenPaused) this.#held.push(arrive);
      else arrive();
    }, this.#latencyMs);
  }

  #resumeServer(): void {
    this.#paused = false;
    while (this.#held.length > 0 && !this.#paused && !this.#gone) this.#held.shift()?.();
  }

  #end(code: number, reason: string): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#outgoing = [];
    this.#held = [];
    this.#listener?.closed(code, reason);
    this.onClosed?.(code, reason);
  }
}
