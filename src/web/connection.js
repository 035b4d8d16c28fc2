/**
 * Connection is the page's one WebSocket: it opens it, tells in which phase it is, and comes back when it is lost.
 *
 * @import { ClientMessage, ServerMessage } from '../protocol.ts'
 */

/**
 * @typedef {{ phase: 'connecting', attempt: number }
 *   | { phase: 'open' }
 *   | { phase: 'waiting', code: number, reason: string, dueAt: number }
 *   | { phase: 'closed', code: number, reason: string }} ConnectionState
 * `attempt` counts the tries since the connection was last stable, from 0; `dueAt` is when the next try begins,
 * in milliseconds since the epoch.
 */

/**
 * @typedef {object} ConnectionListener
 * @property {() => URL} url where to connect, asked at every try
 * @property {(state: ConnectionState) => void} changed
 * @property {(message: ServerMessage) => void} received
 */

const backoffBaseMs = 500;
const backoffCapMs = 20_000;
/** A connection that lived this long was a good one: the next loss starts again with the shortest wait. */
const stableAfterMs = 5_000;

/**
 * Whether to come back after a close: decided by the code's range alone, so that a server may add codes.
 * @param {number} code
 */
function comesBack(code) {
  return code !== 1000 && !(code >= 4500 && code <= 4999);
}

/**
 * How long to wait before a try: full jitter, so that a thousand clients of a restarted server do not come as one.
 * @param {number} attempt
 */
function backoffMs(attempt) {
  const spreadMs = Math.min(backoffCapMs, backoffBaseMs * 2 ** attempt);
  return Math.min(backoffCapMs, backoffBaseMs + Math.random() * spreadMs);
}

/** The codes a browser makes up itself, for which no reason ever comes over the wire (RFC 6455 section 7.4.1). */
const localReasons = new Map([
  [1001, 'going away'],
  [1005, 'no reason given'],
  [1006, 'connection lost'],
]);

export class Connection {
  /** @type {ConnectionListener} */
  #listener;
  /** @type {WebSocket | undefined} */
  #socket;
  /** Ends the listeners of the socket and the wait for the next try together. */
  #life = new AbortController();
  #attempt = 0;
  #openedAt = Number.NaN;
  /** @type {ConnectionState} */
  #state = { phase: 'closed', code: 1000, reason: '' };

  /** @param {ConnectionListener} listener */
  constructor(listener) {
    this.#listener = listener;
  }

  get phase() {
    return this.#state.phase;
  }

  /** Connects now, in place of whatever is there or planned. */
  connect() {
    this.#abandon();
    const { signal } = this.#life;
    const socket = new WebSocket(this.#listener.url());
    socket.addEventListener('open', () => this.#opened(), { signal });
    socket.addEventListener('message', ({ data }) => this.#listener.received(JSON.parse(data)), { signal });
    socket.addEventListener('close', ({ code, reason }) => this.#lost(code, reason), { signal });
    this.#socket = socket;
    this.#become({ phase: 'connecting', attempt: this.#attempt });
  }

  /** Ends the connection for good. */
  close() {
    this.#abandon();
    this.#attempt = 0;
    this.#become({ phase: 'closed', code: 1000, reason: 'you left' });
  }

  /**
   * @param {ClientMessage} message
   * @returns whether it could be sent
   */
  send(message) {
    if (this.#socket === undefined || this.#state.phase !== 'open') return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #abandon() {
    this.#life.abort();
    this.#life = new AbortController();
    this.#socket?.close(1000);
    this.#socket = undefined;
    this.#openedAt = Number.NaN;
  }

  #opened() {
    this.#openedAt = Date.now();
    this.#become({ phase: 'open' });
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #lost(code, reason) {
    const neverOpened = Number.isNaN(this.#openedAt);
    const words = reason || (neverOpened ? 'could not connect' : (localReasons.get(code) ?? ''));
    if (Date.now() - this.#openedAt >= stableAfterMs) this.#attempt = 0;
    this.#abandon();
    if (!comesBack(code)) {
      this.#attempt = 0;
      this.#become({ phase: 'closed', code, reason: words });
      return;
    }
    const waitMs = backoffMs(this.#attempt);
    this.#attempt += 1;
    const timer = setTimeout(() => this.connect(), waitMs);
    this.#life.signal.addEventListener('abort', () => clearTimeout(timer));
    this.#become({ phase: 'waiting', code, reason: words, dueAt: Date.now() + waitMs });
  }

  /** @param {ConnectionState} state */
  #become(state) {
    this.#state = state;
    this.#listener.changed(state);
  }
}
