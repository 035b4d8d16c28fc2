/**
 * Membership is one's being in a room, over all connections: one's name, the place in the room's numbering that one
 * has come to, and what one says. It takes each message of the server, tells each chat once and in order, and says plainly
 * where something was missed.
 */
import type { ChatMessage, ErrorMessage, ServerMessage, SystemMessage, WelcomeMessage } from '../protocol.ts';
import type { Position } from '../broker.ts';
import type { RoomEvents } from './api.ts';
import { RoomError } from './errors.ts';
import type { Correspondent, LineEdge } from './line.ts';
import type { Outbox } from './outbox.ts';
import type { Destination, Ending } from './socket.ts';

type Emit = <E extends keyof RoomEvents>(event: E, value: RoomEvents[E]) => void;

export class Membership implements Correspondent {
  readonly #outbox: Outbox;
  readonly #emit: Emit;
  #destination: Destination;

  constructor(destination: Destination, outbox: Outbox, emit: Emit) {
    this.#destination = destination;
    this.#outbox = outbox;
    this.#emit = emit;
  }

  /** Where the next connection goes: to the place that was come to, under the name that the server gave. */
  get destination(): Destination {
    return this.#destination;
  }

  /** From the next connection on. */
  rename(name: string): void {
    this.#destination = { ...this.#destination, name };
  }

  take(said: unknown): LineEdge | undefined {
    const message = (said ?? {}) as ServerMessage;
    switch (message.type) {
      case 'welcome':
        return this.#enter(message);
      case 'chat':
        return this.#hear(message);
      case 'ack':
        this.#outbox.acked(message);
        return undefined;
      case 'system':
        return this.#observe(message);
      case 'error':
        this.#learn(message);
        return undefined;
      case 'pong':
        return undefined;
      default:
        // A newer server may say more than we know.
        if (typeof (message satisfies never as { type?: unknown }).type === 'string') return undefined;
        this.#emit('error', new RoomError('bad_message', 'that is no message'));
        return undefined;
    }
  }

  forgives(ending: Ending): boolean {
    return this.#outbox.takesBlameFor(ending);
  }

  #enter(welcome: WelcomeMessage): LineEdge {
    this.rename(welcome.name);
    // What a recovered client has missed follows; any other goes on from here.
    if (!welcome.recovered) this.#skipTo({ epoch: welcome.epoch, offset: welcome.offset });
    return { type: 'welcomed', welcome };
  }

  #skipTo(to: Position): void {
    const from = this.#destination.after;
    this.#moveTo(to);
    if (from === undefined || (from.epoch === to.epoch && from.offset === to.offset)) return;
    this.#emit('gap', { from, to });
  }

  #moveTo(after: Position): void {
    this.#destination = { ...this.#destination, after };
  }

  #hear(message: ChatMessage): LineEdge | undefined {
    const { epoch, offset } = this.#destination.after ?? { epoch: '', offset: 0 };
    if (message.offset <= offset) return undefined;
    if (message.offset > offset + 1) return { type: 'missed' };
    this.#moveTo({ epoch, offset: message.offset });
    this.#emit('message', message);
    return undefined;
  }

  #observe(message: SystemMessage): LineEdge {
    this.#emit('presence', message);
    const { event, spreadMs, members } = message;
    return event === 'draining' ? { type: 'draining', spreadMs } : { type: 'counted', members };
  }

  #learn(message: ErrorMessage): void {
    if (!this.#outbox.refused(message)) this.#emit('error', message);
  }
}
