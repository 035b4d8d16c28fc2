/** The environment is what the client takes from the platform it runs on; each part can be given instead. */
import type { Clock } from '../clock.ts';

export type ClientClock = Pick<Clock, 'now' | 'setTimeout' | 'clearTimeout'>;

/** The part of a request's settings that is used. */
export interface RequestSettings {
  readonly method?: 'POST';
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly cache: 'no-store';
  readonly signal: AbortSignal;
}

export type Fetch = (url: string, settings: RequestSettings) => Promise<Response>;

/** The part of the WHATWG's WebSocket that is used. */
export interface WebSocketLike {
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void;
  addEventListener(type: 'error', listener: () => void): void;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  /** Ends it without a handshake: what ws has beyond the standard. */
  terminate?(): void;
}

export type WebSocketClass = new (url: string) => WebSocketLike;

/** Keeps strings for a session, as `sessionStorage` does. */
export type Storage = Record<string, string | undefined>;

/** What a page hears of the network and of its reader. */
export type PageEvent = 'online' | 'offline' | 'visible';

/** Has each event of the page told from now on. @returns what ends it. */
export type PageEvents = (tell: (event: PageEvent) => void) => () => void;

interface EventSource {
  addEventListener(type: string, listener: () => void, options: { signal: AbortSignal }): void;
}

/** The globals that only some platforms have. */
interface Globals extends EventSource {
  readonly WebSocket?: WebSocketClass;
  readonly sessionStorage?: Storage;
  readonly document?: EventSource & { readonly visibilityState: string };
}

export const globals = globalThis as unknown as Globals;

export const platformClock: ClientClock = {
  now: () => Date.now(),
  setTimeout: (fn, delayMs) => setTimeout(fn, delayMs),
  clearTimeout: (id) => clearTimeout(id as ReturnType<typeof setTimeout>),
};

export const platformFetch: Fetch = (url, settings) => fetch(url, settings);

/** @returns undefined where there is none, or where the page may not use it. */
export function platformStorage(): Storage | undefined {
  try {
    return globals.sessionStorage;
  } catch {
    return undefined;
  }
}

export const platformPage: PageEvents = (tell) => {
  const { document } = globals;
  const controller = new AbortController();
  if (document !== undefined) {
    globals.addEventListener('online', () => tell('online'), controller);
    globals.addEventListener('offline', () => tell('offline'), controller);
    const look = () => document.visibilityState === 'visible' && tell('visible');
    document.addEventListener('visibilitychange', look, controller);
  }
  return () => controller.abort();
};
