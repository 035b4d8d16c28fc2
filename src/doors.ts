/** Doors are the addresses that one HTTP server listens on: it has every connection, whichever door that came by. */
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';

/** Connections that the system may hold ready for us: Node's 511 make a storm of clients wait for their next try. */
const backlog = 4_096;

/** At least one. */
type Addresses = readonly [string, ...string[]];

export class Doors {
  readonly #http: FastifyInstance;
  readonly #logger: Logger;
  readonly #others: Server[] = [];
  #closed: Promise<unknown> | undefined;

  constructor(http: FastifyInstance, logger: Logger) {
    this.#http = http;
    this.#logger = logger;
  }

  /** Begins to listen. @returns the URL of the first door. @throws the system's error where that one cannot be had. */
  async open([first, ...others]: Addresses, port: number): Promise<string> {
    const url = await this.#http.listen({ host: first, port, backlog });
    const address = this.#http.server.address() as AddressInfo;
    for (const other of others) await this.#openOther(other, address.port);
    return url;
  }

  /** Takes no connection any more; those that came stay. @returns what resolves once they are gone. */
  close(): Promise<unknown> {
    this.#closed ??= Promise.all([this.#http.server, ...this.#others].map(closed));
    return this.#closed;
  }

  async #openOther(host: string, port: number): Promise<void> {
    const door = createServer((socket) => void this.#http.server.emit('connection', socket));
    try {
      door.listen({ host, port, backlog });
      await once(door, 'listening');
      this.#others.push(door);
    } catch (err) {
      this.#logger.warn({ err }, `not listening on ${host}`);
    }
  }
}

/** @returns all that `localhost` stands for: some clients try only one of its addresses. Any other host is one door. */
export async function addressesOf(host: string): Promise<Addresses> {
  if (host !== 'localhost') return [host];
  const found = await lookup(host, { all: true });
  const [first = host, ...others] = new Set(found.map(({ address }) => address));
  return [first, ...others];
}

async function closed(server: Server): Promise<void> {
  if (server.listening) await new Promise((resolve) => void server.close(resolve));
}
