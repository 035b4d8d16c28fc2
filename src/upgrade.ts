/**
 * Upgrades: which requests for a WebSocket become connections. The others get a plain HTTP answer before
 * the upgrade, or, where only the room's name is bad, a close code with the reason after it.
 */
import { ServerResponse, STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import type { Logger } from 'pino';
import { adjectives, animals, uniqueNamesGenerator } from 'unique-names-generator';
import type { Position } from './broker.ts';
import { closeCodes } from './close-codes.ts';
import type { Config } from './config.ts';
import type { Connections } from './connections.ts';
import { isOriginAllowed } from './origin.ts';
import { defaultRoom, errorCodes, parseDisplayName, parseRoomName } from './protocol.ts';
import type { Socket } from './socket.ts';

/** The part of a transport that upgrades need. */
export interface Upgrader {
  accept(request: IncomingMessage, tcp: NetSocket, head: Buffer, then: (socket: Socket) => void): void;
}

export interface UpgradeOptions {
  readonly config: Config;
  readonly connections: Connections;
  readonly transport: Upgrader;
  readonly random: () => number;
  readonly logger: Logger;
  readonly isDraining: () => boolean;
}

interface HttpRefusal {
  readonly status: 403 | 404 | 426 | 429 | 503;
  readonly reason: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How long a client that was refused for lack of room should wait. */
const retryAfterSeconds = 5;

export class Upgrades {
  readonly #options: UpgradeOptions;

  constructor(options: UpgradeOptions) {
    this.#options = options;
  }

  /** Answers one request for a WebSocket. */
  handle(request: IncomingMessage, tcp: NetSocket, head: Buffer): void {
    const target = parseTarget(request.url ?? '');
    const refusal = this.#refusal(target, request, tcp);
    if (refusal === undefined) {
      this.#options.transport.accept(request, tcp, head, (socket) => this.#open(socket, target));
      return;
    }
    const { status, reason } = refusal;
    this.#options.logger.debug({ status, reason, address: tcp.remoteAddress }, 'upgrade refused');
    refuse(tcp, refusal);
  }

  #refusal(target: Target, request: IncomingMessage, tcp: NetSocket): HttpRefusal | undefined {
    const { config, connections, isDraining } = this.#options;
    if (!this.#serves(target.path)) {
      return { status: 404, reason: 'there is no WebSocket here: try /ws/{room}' };
    }
    const version = request.headers['sec-websocket-version'];
    if (version !== undefined && version !== '13') {
      const headers = { 'Sec-WebSocket-Version': '13' };
      return { status: 426, reason: 'this server speaks version 13 (RFC 6455)', headers };
    }
    const headers = { 'Retry-After': String(retryAfterSeconds) };
    if (isDraining()) return { status: 503, reason: 'the server is restarting', headers };
    if (!isOriginAllowed(request.headers, config.origin)) {
      return { status: 403, reason: `pages of ${request.headers.origin} may not connect to this server` };
    }
    if (connections.size >= config.maxConnections) {
      return { status: 503, reason: 'the server is at capacity', headers };
    }
    const perAddress = config.maxConnectionsPerAddress;
    if (perAddress > 0 && connections.from(tcp.remoteAddress ?? 'unknown') >= perAddress) {
      return { status: 429, reason: 'too many connections from your address', headers };
    }
    return undefined;
  }

  #serves(path: string): boolean {
    return path.startsWith('/ws/') || path === '/ws' || (this.#options.config.echo && path === '/echo');
  }

  #open(socket: Socket, { path, query }: Target): void {
    const { connections, random } = this.#options;
    if (path === '/echo') {
      connections.open(socket, { kind: 'echo' });
      return;
    }
    const room = roomIn(path);
    const name = parseDisplayName(query.get('name') ?? '') ?? guestName(random);
    if (room !== undefined) connections.open(socket, { kind: 'chat', room, name, since: sinceIn(query) });
    else connections.open(socket, { kind: 'refused', ...closeCodes.badRequest, reason: errorCodes.bad_room });
  }
}

/** What a request asks for. */
interface Target {
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Reads a request's target as it came: a URL's parser would take room names of dots for steps in a path. */
function parseTarget(target: string): Target {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  return { path, query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)) };
}

/** @returns the room that a path such as `/ws/tea` names, or undefined where the name is none. */
function roomIn(path: string): string | undefined {
  const encoded = path.slice('/ws/'.length);
  if (encoded === '') return defaultRoom;
  try {
    return parseRoomName(decodeURIComponent(encoded));
  } catch {
    return undefined;
  }
}

/** @returns the last message that the client has, where it says so in full. */
function sinceIn(query: URLSearchParams): Position | undefined {
  const after = query.get('after');
  const epoch = query.get('epoch');
  if (after === null || epoch === null || !/^\d{1,15}$/.test(after)) return undefined;
  return { epoch, offset: Number(after) };
}

/** A readable name for someone who gave none, such as `brave-otter-482`. */
function guestName(random: () => number): string {
  const seed = Math.floor(random() * Number.MAX_SAFE_INTEGER);
  const name = uniqueNamesGenerator({ dictionaries: [adjectives, animals], separator: '-', seed });
  return `${name}-${Math.floor(random() * 1_000)}`;
}

function refuse(tcp: NetSocket, { status, reason, headers = {} }: HttpRefusal): void {
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

/** Whether a request to upgrade asks for a WebSocket. */
export function isForWebSocket(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket';
}

/** Answers a request to upgrade to something else as if it had not asked to (RFC 9110 section 7.8). */
export function answerAnyway(server: Server, request: IncomingMessage, tcp: NetSocket): void {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(tcp);
  response.once('finish', () => tcp.end());
  tcp.on('error', () => tcp.destroy());
  server.emit('request', request, response);
}
