/**
 * Admission decides who may come in, by whatever transport: newcomers to a server that drains, pages of foreign
 * origins, and those beyond the limits are refused before there is a connection.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Config } from './config.ts';
import type { Connections } from './connections.ts';
import { isOriginAllowed } from './origin.ts';
import { remoteAddressReader } from './remote-address.ts';

/** A plain HTTP answer to a request that is not served. */
export interface HttpRefusal {
  readonly status: 401 | 403 | 404 | 426 | 429 | 503;
  readonly reason: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface AdmissionOptions {
  readonly config: Config;
  readonly connections: Connections;
  readonly isDraining: () => boolean;
}

/** How long a client that was refused for lack of room should wait. */
export const retryAfterSeconds = 5;

const later = { 'Retry-After': String(retryAfterSeconds) };

export class Admission {
  /** The address that a request comes from, for logs and limits. */
  readonly addressOf: (request: IncomingMessage) => string;
  readonly #options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.addressOf = remoteAddressReader(options.config.trustProxy);
  }

  /** @returns why a request may not become a connection, or undefined where it may. */
  refusal(request: IncomingMessage): HttpRefusal | undefined {
    return (
      this.drainRefusal() ??
      this.originRefusal(request.headers) ??
      this.#limitRefusal(this.addressOf(request))
    );
  }

  /** Whoever is in stays until it is asked to go; nobody else comes in any more. */
  drainRefusal(): HttpRefusal | undefined {
    if (!this.#options.isDraining()) return undefined;
    return { status: 503, reason: 'the server is restarting', headers: later };
  }

  originRefusal(headers: IncomingHttpHeaders): HttpRefusal | undefined {
    if (isOriginAllowed(headers, this.#options.config.origin)) return undefined;
    return { status: 403, reason: `pages of ${headers.origin} may not connect to this server` };
  }

  #limitRefusal(address: string): HttpRefusal | undefined {
    const { config, connections } = this.#options;
    if (connections.size >= config.maxConnections) {
      return { status: 503, reason: 'the server is at capacity', headers: later };
    }
    const perAddress = config.maxConnectionsPerAddress;
    if (perAddress > 0 && connections.from(address) >= perAddress) {
      return { status: 429, reason: 'too many connections from your address', headers: later };
    }
    return undefined;
  }
}
