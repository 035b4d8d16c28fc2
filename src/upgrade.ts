/**
 * The upgrade desk: which requests for a WebSocket become connections. The others get a plain HTTP answer before
 * the upgrade, or, where only the room's name is bad, a close code with the reason after it.
 */
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import { adjectives, animals, uniqueNamesGenerator } from 'unique-names-generator';
import { closeCodes } from './close-codes.ts';
import type { Config } from './config.ts';
import type { Connections } from './connections.ts';
import { isOriginAllowed } from './origin.ts';
import { defaultRoom, errorCodes, parseDisplayName, parseRoomName } from './protocol.ts';
import type { Socket } from './socket.ts';

/** The part of a transport that the desk needs. */
export interface Upgrader {
  accept(request: IncomingMessage, connection: NetSocket, head: Buffer, then: (socket: Socket) => void): void;
}

export interface UpgradeOptions {
  readonly config: Config;
  readonly connections: Connections;
  readonly transport: Upgrader;
  readonly random: () => number;
  readonly isDraining: () => boolean;
}

interface Refusal {
  readonly status: 403 | 404 | 426 | 429 | 503;
  readonly reason: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How long a client that was refused for lack of room should wait. */
const retryAfterSeconds = 5;

export class UpgradeDesk {
  readonly #options: UpgradeOptions;

  constructor(options: UpgradeOptions) {
    this.#options = options;
  }

  /** Answers one request to upgrade: listen for a server's `upgrade` event with it. */
  readonly handle = (request: IncomingMessage, connection: NetSocket, head: Buffer): void => {
    const url = parseUrl(request.url);
    const refusal = this.#refusal(url, request, connection);
    if (refusal !== undefined) return refuse(connection, refusal);
    this.#options.transport.accept(request, connection, head, (socket) => this.#open(socket, url as URL));
  };

  #refusal(url: URL | undefined, request: IncomingMessage, connection: NetSocket): Refusal | undefined {
    const { config, connections, isDraining } = this.#options;
    if (url === undefined || !this.#serves(url.pathname)) {
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
    if (perAddress > 0 && connections.from(connection.remoteAddress ?? 'unknown') >= perAddress) {
      return { status: 429, reason: 'too many connections from your address', headers };
    }
    return undefined;
  }

  #serves(path: string): boolean {
    return path.startsWith('/ws/') || path === '/ws' || (this.#options.config.echo && path === '/echo');
  }

  #open(socket: Socket, url: URL): void {
    const { connections, random } = this.#options;
    if (url.pathname === '/echo') {
      connections.open(socket, { kind: 'echo' });
      return;
    }
    const room = roomIn(url.pathname);
    const name = parseDisplayName(url.searchParams.get('name') ?? '') ?? guestName(random);
    if (room !== undefined) connections.open(socket, { kind: 'chat', room, name });
    else connections.open(socket, { kind: 'refused', ...closeCodes.badRequest, reason: errorCodes.bad_room });
  }
}

function parseUrl(target: string | undefined): URL | undefined {
  const base = 'http://hubbub.invalid';
  return target !== undefined && URL.canParse(target, base) ? new URL(target, base) : undefined;
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

/** A readable name for someone who gave none, such as `brave-otter-482`. */
function guestName(random: () => number): string {
  const seed = Math.floor(random() * Number.MAX_SAFE_INTEGER);
  const name = uniqueNamesGenerator({ dictionaries: [adjectives, animals], separator: '-', seed });
  return `${name}-${Math.floor(random() * 1_000)}`;
}

function refuse(connection: NetSocket, { status, reason, headers = {} }: Refusal): void {
  const body = `${reason}\n`;
  const lines = Object.entries({
    Connection: 'close',
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  // A peer that is gone already changes nothing.
  connection.on('error', () => connection.destroy());
  connection.once('finish', () => connection.destroy());
  connection.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
}
