/** The door lets viewers in over WebSockets: pages of the inspector, and those who speak the Stately Inspector's schema. */
import type { IncomingMessage } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../clock.ts';
import type { HttpRefusal } from '../admission.ts';
import { closeCodes } from '../close-codes.ts';
import { parseTarget } from '../target.ts';
import { refuse } from '../upgrade.ts';
import type { Guard } from './guard.ts';
import { StatelyOutlet } from './stately.ts';
import type { Outlet } from './viewer.ts';

/** What viewers can be let in to: a running inspector, or a recording. */
export interface Host {
  join(outlet: Outlet): { command: (text: string) => void; leave: () => void };
}

export interface DoorOptions {
  readonly host: Host;
  readonly guard: Guard;
  readonly clock: Clock;
}

const paths: ReadonlySet<string> = new Set(['/inspect/socket', '/inspect/stately/socket']);

const maxCommandBytes = 16 * 1_024;

/** How many may watch at once: each holds what it has not read yet. */
const mostViewers = 250;

/** Whoever asks on while this much of what it asked for is unread will never read it. */
const mostUnreadBytes = 4 * 1_024 * 1_024;

/** How often a viewer is asked for a sign of life, without which it would be watched for in vain. */
const beatMs = 20_000;

const closeTimeoutMs = 1_000;

export class Door {
  readonly #options: DoorOptions;
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: maxCommandBytes,
    closeTimeout: closeTimeoutMs,
  } as ConstructorParameters<typeof WebSocketServer>[0]);
  readonly #viewers = new Map<WebSocket, { leave: () => void; isAlive: boolean }>();
  #timer: unknown;

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  /** Whether a request to upgrade is for here. */
  isFor(request: IncomingMessage): boolean {
    return paths.has(parseTarget(request.url).path);
  }

  handle(request: IncomingMessage, tcp: NetSocket, head: Buffer): void {
    const refusal = this.#options.guard.refusal(request) ?? this.#fullness();
    if (refusal !== undefined) {
      refuse(tcp, refusal);
      return;
    }
    const speaksStately = parseTarget(request.url).path.includes('/stately/');
    this.#server.handleUpgrade(request, tcp, head, (webSocket) => this.#letIn(webSocket, speaksStately));
  }

  /** Has everybody leave. */
  close(): void {
    this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const webSocket of this.#viewers.keys()) webSocket.close(closeCodes.goingAway.code);
  }

  #fullness(): HttpRefusal | undefined {
    if (this.#viewers.size < mostViewers) return undefined;
    return { status: 503, reason: `${mostViewers} watch already: no more can` };
  }

  #letIn(webSocket: WebSocket, speaksStately: boolean): void {
    const outlet = outletTo(webSocket);
    const { command, leave } = this.#options.host.join(speaksStately ? new StatelyOutlet(outlet) : outlet);
    const viewer = { leave, isAlive: true };
    this.#viewers.set(webSocket, viewer);
    this.#timer ??= this.#options.clock.setTimeout(() => this.#beat(), beatMs);
    webSocket.on('message', (data: Buffer) => {
      if (webSocket.bufferedAmount > mostUnreadBytes) webSocket.terminate();
      // What had come by then is told all the same.
      if (!speaksStately && webSocket.readyState === WebSocket.OPEN) command(data.toString());
    });
    webSocket.on('pong', () => {
      viewer.isAlive = true;
    });
    // `close` follows.
    webSocket.on('error', () => undefined);
    webSocket.once('close', () => {
      this.#viewers.delete(webSocket);
      leave();
      if (this.#viewers.size === 0) this.#stopBeating();
    });
  }

  #beat(): void {
    this.#timer = this.#options.clock.setTimeout(() => this.#beat(), beatMs);
    for (const [webSocket, viewer] of this.#viewers) {
      if (!viewer.isAlive) webSocket.terminate();
      viewer.isAlive = false;
      webSocket.ping();
    }
  }

  #stopBeating(): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

function outletTo(webSocket: WebSocket): Outlet {
  return {
    send: (text) => webSocket.send(text),
    get bufferedBytes() {
      return webSocket.bufferedAmount;
    },
    close: () => webSocket.close(closeCodes.goingAway.code),
  };
}
