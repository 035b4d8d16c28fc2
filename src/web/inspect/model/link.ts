/** The link is the page's WebSocket to the inspector's server: when it is lost, it comes back by itself. */
import type { InspectorMessage, PageMessage } from '../../../inspector/messages.ts';
import { Signal } from '../../model/signal.ts';

export type LinkState =
  | { readonly status: 'connecting' }
  | { readonly status: 'open' }
  | { readonly status: 'waiting'; readonly until: number }; // before the next try

const firstWaitMs = 500;
const longestWaitMs = 8_000;

export class Link {
  readonly state = new Signal<LinkState>({ status: 'connecting' });
  readonly #hear: (message: InspectorMessage) => void;
  #socket: WebSocket | undefined;
  #waitMs = firstWaitMs;

  constructor(hear: (message: InspectorMessage) => void) {
    this.#hear = hear;
  }

  connect(): void {
    const url = new URL(`socket${location.search}`, location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    url.hash = '';
    const socket = new WebSocket(url);
    this.#socket = socket;
    this.state.set({ status: 'connecting' });
    socket.addEventListener('open', () => {
      this.#waitMs = firstWaitMs;
      this.state.set({ status: 'open' });
    });
    socket.addEventListener('message', ({ data }: MessageEvent<string>) =>
      this.#hear(JSON.parse(data) as InspectorMessage),
    );
    // A failed try closes too.
    socket.addEventListener('close', () => this.#wait());
  }

  /** @returns whether there was a link to send it by. */
  send(message: PageMessage): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #wait(): void {
    this.#socket = undefined;
    this.state.set({ status: 'waiting', until: Date.now() + this.#waitMs });
    setTimeout(() => this.connect(), this.#waitMs);
    this.#waitMs = Math.min(2 * this.#waitMs, longestWaitMs);
  }
}
