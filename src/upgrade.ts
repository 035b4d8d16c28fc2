/**
 * Upgrades: which requests for a WebSocket become connections. The others get a plain HTTP answer before
 * the upgrade, or, where only the room's name is bad, a close code with the reason after it.
 */
import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import type { Logger } from 'pino';
import type { Admission, Admitted, HttpRefusal } from './admission.ts';
import type { Connections, Purpose } from './connections.ts';
import type { Socket } from './socket.ts';
import { parseTarget, purposeOf, type Target } from './target.ts';
import type { Handshake } from './transports/websocket.ts';

/** The part of a transport that upgrades need. */
export interface Upgrader {
  /** Hands over a socket before it returns, or answers by itself that there is none. */
  accept(handshake: Handshake, then: (socket: Socket) => void): void;
}

export interface UpgradeOptions {
  /** Whether `/echo` is served. */
  readonly echo: boolean;
  readonly admission: Admission;
  readonly connections: Connections;
  readonly transport: Upgrader;
  readonly random: () => number;
  readonly logger: Logger;
}

export class Upgrades {
  readonly #options: UpgradeOptions;

  constructor(options: UpgradeOptions) {
    this.#options = options;
  }

  /** Answers one request for a WebSocket. */
  handle(request: IncomingMessage, tcp: NetSocket, head: Buffer): void {
    const target = parseTarget(request.url);
    const unsupported = this.#unsupported(target, request);
    if (unsupported !== undefined) return this.#refuse(request, tcp, unsupported);
    // Nobody else listens to it until it is let in.
    tcp.on('error', destroy);
    this.#options.admission.admit(request, this.#purposeOf(target), (answer) => {
      tcp.off('error', destroy);
      if ('status' in answer) this.#refuse(request, tcp, answer);
      else this.#open({ request, tcp, head }, answer);
    });
  }

  #refuse(request: IncomingMessage, tcp: NetSocket, refusal: HttpRefusal): void {
    const { admission, logger } = this.#options;
    const { status, reason } = refusal;
    logger.debug({ status, reason, address: admission.addressOf(request) }, 'upgrade refused');
    refuse(tcp, refusal);
  }

  #unsupported({ path }: Target, request: IncomingMessage): HttpRefusal | undefined {
    if (!this.#serves(path)) return { status: 404, reason: 'there is no WebSocket here: try /ws/{room}' };
    const version = request.headers['sec-websocket-version'];
    if (version === undefined || version === '13') return undefined;
    const headers = { 'Sec-WebSocket-Version': '13' };
    return { status: 426, reason: 'this server speaks version 13 (RFC 6455)', headers };
  }

  #serves(path: string): boolean {
    return path.startsWith('/ws/') || path === '/ws' || (this.#options.echo && path === '/echo');
  }

  #purposeOf(target: Target): Purpose {
    if (target.path === '/echo') return { kind: 'echo' };
    return purposeOf({ target, prefix: '/ws/', random: this.#options.random });
  }

  #open(handshake: Omit<Handshake, 'remoteAddress'>, { purpose, place }: Admitted): void {
    const { admission, connections, transport } = this.#options;
    const remoteAddress = admission.addressOf(handshake.request);
    let isOpen = false;
    transport.accept({ ...handshake, remoteAddress }, (socket) => {
      isOpen = true;
      connections.open(socket, purpose, place);
    });
    if (!isOpen) place.leave();
  }
}

function destroy(this: NetSocket): void {
  this.destroy();
}

/** Answers a request to upgrade with a plain HTTP answer instead. */
export function refuse(tcp: NetSocket, { status, reason, headers = {} }: HttpRefusal): void {
  const body = `${reason}\n`;
  const lines = Object.entries({
    Connection: 'close',
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  // A peer that is gone already changes nothing.
  tcp.on('error', () => tcp.destroy());
  tcp.once('finish', () => tcp.destroy());
  tcp.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
}

/**
 * Watches which connections still owe an answer: what is asked for ahead of it cannot be upgraded to, for its bytes would
 * mix with the answer's.
 */
export function watchAnswers(server: Server): (tcp: NetSocket) => boolean {
  const last = new WeakMap<NetSocket, ServerResponse>();
  server.on('request', ({ socket }, response) => last.set(socket, response));
  return (tcp) => last.get(tcp)?.writableFinished === false;
}

/** Whether a request to upgrade asks for a WebSocket. */
export function isForWebSocket(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket';
}

/**
 * Serves a request to upgrade to something else as if it had not asked to (RFC 9110 section 7.8). The HTTP server has
 * let go of the connection and has not read the body, so it is given both anew, without the offer.
 */
export function serveAnyway(server: Server, request: IncomingMessage, tcp: NetSocket, rest: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.toLowerCase() !== 'upgrade') lines.push(`${name}: ${rawHeaders[at + 1]}`);
  }
  tcp.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), rest]));
  server.emit('connection', tcp);
}
