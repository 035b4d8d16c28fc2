/**
 * What the HTTP transports share: each hears the server in its own way, and sends each message by a request of its
 * own, the answer to which is the `ack` or the `error`.
 */
import type { WelcomeMessage } from '../../protocol.ts';
import type { RequestSettings } from '../environment.ts';
import * as limits from '../limits.ts';
import type {
  Destination,
  Ending,
  OpenSocket,
  OutgoingChat,
  Platform,
  Socket,
  SocketListener,
} from '../socket.ts';
import { parseJson } from './json.ts';
import { messagesUrl } from './url.ts';

/** One connection's requests: all end with it. */
export class Exchange {
  readonly destination: Destination;
  readonly #platform: Platform;
  readonly #controller = new AbortController();
  #listener: SocketListener | undefined;
  /** Who we are to the server. */
  #me: { readonly you?: string; readonly name?: string | undefined };

  constructor(destination: Destination, platform: Platform, listener: SocketListener) {
    this.destination = destination;
    this.#platform = platform;
    this.#listener = listener;
    this.#me = destination;
  }

  /** The name to come in with: what the server has made of it, once it is known. */
  get name(): string | undefined {
    return this.#me.name;
  }

  /** Asks for it, unless it is to be posted. */
  request(url: string, post?: Pick<RequestSettings, 'method' | 'body'>): Promise<Response> {
    const { token } = this.destination;
    return this.#platform.fetch(url, {
      ...post,
      headers: {
        ...(post && { 'Content-Type': 'application/json' }),
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      },
      cache: 'no-store',
      signal: this.#controller.signal,
    });
  }

  heard(): void {
    this.#listener?.heard();
  }

  /** Hands over what the server said. */
  tell(said: unknown): void {
    const message = said as Partial<WelcomeMessage> | undefined;
    if (message?.type === 'welcome') this.#me = message;
    this.#listener?.message(said);
  }

  async post({ id, content }: OutgoingChat): Promise<void> {
    const { clock } = this.#platform;
    const timer = clock.setTimeout(() => this.end({ code: 1006, reason: 'no answer' }), limits.postTimeoutMs);
    try {
      const body = JSON.stringify({ id, content, name: this.#me.name, connection: this.#me.you });
      const response = await this.request(messagesUrl(this.destination), { method: 'POST', body });
      const answer = parseJson(await response.text()) as { type?: unknown } | undefined;
      // A server that did not read the message cannot name it.
      if (answer?.type === 'ack' || answer?.type === 'error') this.tell({ ref: id, ...answer });
      else this.end(endingOf(response));
    } catch (error) {
      this.end({ code: 1006, reason: String(error) });
    } finally {
      clock.clearTimeout(timer);
    }
  }

  end(ending: Ending): void {
    const listener = this.#listener;
    this.drop();
    listener?.closed(ending);
  }

  drop(): void {
    this.#listener = undefined;
    this.#controller.abort();
  }
}

/** @param hear hears the server until the connection's end. */
export function httpTransport(hear: (exchange: Exchange) => Promise<Ending>): OpenSocket {
  return (destination, platform, listener): Socket => {
    const exchange = new Exchange(destination, platform, listener);
    hear(exchange).then(
      (ending) => exchange.end(ending),
      (error: unknown) => exchange.end({ code: 1006, reason: String(error) }),
    );
    return {
      send: (chat) => void exchange.post(chat),
      // Like any other socket's, its end comes later: whoever has gone on to a new one by then is not told.
      close: () => queueMicrotask(() => exchange.end({ code: 1000, reason: '' })),
      drop: () => exchange.drop(),
    };
  };
}

/** @returns the ending that somebody else wrote, as far as it is one. */
export function endingTold(said: unknown): Ending {
  return { code: 1006, reason: '', ...(said as Partial<Ending> | undefined) };
}

const codesOfStatus: Readonly<Record<number, number>> = {
  401: 4501,
  403: 1008,
  413: 1009,
  429: 1013,
  503: 1013,
};

/** @returns the ending that an answer stands for which is none of the protocol: our server's, or a proxy's. */
export function endingOf({ status, headers }: Response): Ending {
  const retryAfterMs = 1_000 * Number(headers.get('Retry-After'));
  return {
    code: codesOfStatus[status] ?? 1006,
    reason: `HTTP ${status}`,
    ...(retryAfterMs > 0 && { retryAfterMs }),
  };
}
