/**
 * Admission decides who may come in, by whatever transport: newcomers to a server that drains, pages of foreign
 * origins, and those beyond the limits are refused before there is a connection. Who has too many already as a user is let in
 * to be told so, because a client learns only from a close code that it should stay away.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Config } from './config.ts';
import { closeCodes } from './close-codes.ts';
import type { Connections, Purpose } from './connections.ts';
import { Place, type Limits } from './limits.ts';
import { isOriginAllowed } from './origin.ts';
import { remoteAddressReader } from './remote-address.ts';
import { userOf } from './user.ts';

/** A plain HTTP answer to a request that is not served. */
export interface HttpRefusal {
  readonly status: 401 | 403 | 404 | 426 | 429 | 503;
  readonly reason: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One that is let in: what for, and what it counts for until it leaves. */
export interface Admitted {
  readonly purpose: Purpose;
  readonly place: Place;
}

export interface AdmissionOptions {
  readonly config: Config;
  readonly connections: Connections;
  readonly limits: Limits;
  readonly isDraining: () => boolean;
  /** Whether others listen at the same place, and take whoever comes back by a new connection. */
  readonly areOthersThere: () => boolean;
}

/** How long a client that was refused should wait; and where others would take it, which it need not wait for. */
const retryAfterSeconds = 5;
const retryElsewhereSeconds = 1;

export class Admission {
  /** The address that a request comes from, for logs and limits. */
  readonly addressOf: (request: IncomingMessage) => string;
  readonly #options: AdmissionOptions;
  /** How many ask for a place, and have none yet. */
  #asking = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.addressOf = remoteAddressReader(options.config.trustProxy);
  }

  /** @returns why a request may not become a connection, as far as this server alone can say, or undefined. */
  refusal(request: IncomingMessage): HttpRefusal | undefined {
    return this.drainRefusal() ?? this.originRefusal(request.headers) ?? this.#capacityRefusal();
  }

  /**
   * Lets a request in that wants to become a connection, at once or later, or says why not. Whoever is told of a place sees to
   * it that it is given back.
   */
  admit(request: IncomingMessage, purpose: Purpose, then: (answer: Admitted | HttpRefusal) => void): void {
    const refusal = this.refusal(request);
    if (refusal !== undefined) return then(refusal);
    const place = new Place(this.#options.limits);
    this.#asking += 1;
    const answer = (admitted: Admitted | HttpRefusal) => {
      this.#asking -= 1;
      then(this.#unlessDraining(admitted));
    };
    place.enter('address', this.addressOf(request), (isIn) => {
      if (!isIn)
        return answer({
          status: 429,
          reason: 'too many connections from your address',
          headers: retryAfter(retryAfterSeconds),
        });
      if (purpose.kind !== 'chat') return answer({ purpose, place });
      place.enter('user', userOf(purpose), (isOne) => {
        const { code, reason } = closeCodes.limitReached;
        answer({ purpose: isOne ? purpose : { kind: 'refused', code, reason }, place });
      });
    });
  }

  /** How long a client that was refused because of a drain should wait. */
  get retryAfterDrainSeconds(): number {
    return this.#options.areOthersThere() ? retryElsewhereSeconds : retryAfterSeconds;
  }

  /** Whoever is in stays until it is asked to go; nobody else comes in any more. */
  drainRefusal(): HttpRefusal | undefined {
    if (!this.#options.isDraining()) return undefined;
    const headers = retryAfter(this.retryAfterDrainSeconds);
    return { status: 503, reason: 'the server is restarting', headers };
  }

  originRefusal(headers: IncomingHttpHeaders): HttpRefusal | undefined {
    if (isOriginAllowed(headers, this.#options.config.origin)) return undefined;
    return { status: 403, reason: `pages of ${headers.origin} may not connect to this server` };
  }

  /** It may have begun to drain since somebody asked. */
  #unlessDraining(answer: Admitted | HttpRefusal): Admitted | HttpRefusal {
    const refusal = this.drainRefusal();
    if (refusal === undefined || 'status' in answer) return answer;
    answer.place.leave();
    return refusal;
  }

  #capacityRefusal(): HttpRefusal | undefined {
    const { config, connections } = this.#options;
    if (connections.size + this.#asking < config.maxConnections) return undefined;
    return { status: 503, reason: 'the server is at capacity', headers: retryAfter(retryAfterSeconds) };
  }
}

function retryAfter(seconds: number): { 'Retry-After': string } {
  return { 'Retry-After': String(seconds) };
}
