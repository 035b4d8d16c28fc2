/**
 * The ledger is the truth that clients and hub are held to: what was asked of the hub, in which order, and what the
 * broker numbered. It is kept at the edges of the hub, and knows nothing of how the hub works.
 */
import type { Position } from '../../src/broker.ts';
import type { Channel } from '../../src/channel.ts';
import type { Hub } from '../../src/hub.ts';
import type { Registration } from '../../src/requests.ts';
import type { Minutes } from './minutes.ts';

/** What a client says is its name and a running number, which no one else says. */
export interface Saying {
  readonly sender: string;
  readonly number: number;
}

export function contentOf({ sender, number }: Saying, padding = 0): string {
  return `${sender}#${number} ${'.'.repeat(padding)}`;
}

export function sayingIn(content: string): Saying {
  const [sender = '', number] = content.slice(0, content.indexOf(' ')).split('#');
  return { sender, number: Number(number) };
}

/** Stands in a channel for everyone who has gone; it may be parked many times over. */
const leaver = 'leaver';

export class Ledger {
  /** The rooms that each client, by name, has asked to be in and not to leave. */
  readonly #asked = new Map<string, Set<string>>();
  /** What was numbered in each epoch, the first message at 0. */
  readonly #numbered = new Map<string, string[]>();
  /** The last number of each sender in each room. */
  readonly #last = new Map<string, number>();
  readonly #parkedAt = new Map<string, number>();
  /** Who waits behind each channel, first come first. */
  readonly #queues = new Map<string, string[]>();
  readonly #unparkedAt = new Map<string, number>();
  readonly #minutes: Minutes;
  readonly #now: () => number;
  /** For each broadcast that the hub's channel has taken, by which it was said. */
  readonly #spokenBy: Registration[] = [];

  constructor(minutes: Minutes, now: () => number) {
    this.#minutes = minutes;
    this.#now = now;
  }

  /** Keeps account of what goes through the hub's channels. */
  watch({ register, unregister, broadcast }: Hub): void {
    register.tap = (what, { subscriber, room }, sender) => {
      this.#passed(register, what, sender.id);
      if (what !== 'unparked') this.askedBy(subscriber.name).add(room);
    };
    unregister.tap = (what, { subscriber, room }, sender) => {
      this.#passed(unregister, what, sender.id);
      if (what === 'unparked') return;
      if (room === undefined) this.#asked.delete(subscriber.name);
      else this.askedBy(subscriber.name).delete(room);
    };
    broadcast.tap = (what, { registration }, sender) => {
      this.#passed(broadcast, what, sender.id);
      if (what !== 'parked') this.#spokenBy.push(registration);
    };
  }

  /** How many broadcasts were taken of those that had come in; who left before that is told so, and not heard. */
  get taken(): number {
    return this.#spokenBy.filter(({ entered }) => entered).length;
  }

  askedBy(name: string): Set<string> {
    let rooms = this.#asked.get(name);
    if (rooms === undefined) this.#asked.set(name, (rooms = new Set()));
    return rooms;
  }

  /** How many have asked to be anywhere. */
  get askers(): number {
    return [...this.#asked.values()].filter(({ size }) => size > 0).length;
  }

  /** The names of all who have asked to be in a room. */
  askersOf(room: string): string[] {
    return [...this.#asked].flatMap(([name, rooms]) => (rooms.has(room) ? [name] : []));
  }

  isParked(id: string): boolean {
    return this.#parkedAt.has(id);
  }

  /** Whether the sender has been parked since an earlier moment. */
  wasParked(id: string): boolean {
    return (this.#parkedAt.get(id) ?? Infinity) < this.#now();
  }

  /** When the sender was last let go on; 0 where it never had to wait. */
  unparkedAt(id: string): number {
    return this.#unparkedAt.get(id) ?? 0;
  }

  /** The broker has numbered a message. */
  numbered(room: string, { epoch, offset }: Position, content: string): void {
    let contents = this.#numbered.get(epoch);
    if (contents === undefined) this.#numbered.set(epoch, (contents = []));
    contents.push(content);
    if (offset !== contents.length) this.#minutes.breaks(`${room}: number ${offset} follows no predecessor`);
    const { sender, number } = sayingIn(content);
    const last = this.#last.get(`${sender} ${room}`) ?? 0;
    if (number <= last) this.#minutes.breaks(`${room}: ${sender}#${number} is numbered after #${last}`);
    this.#last.set(`${sender} ${room}`, number);
  }

  /** What was said at a place in a room's numbering. */
  at({ epoch, offset }: Position): string | undefined {
    return this.#numbered.get(epoch)?.[offset - 1];
  }

  #passed(
    channel: Pick<Channel<never>, 'name' | 'depth' | 'capacity'>,
    what: 'accepted' | 'parked' | 'unparked',
    id: string,
  ): void {
    const { name, depth, capacity } = channel;
    if (depth > capacity) this.#minutes.breaks(`${name} holds ${depth}, above its ${capacity}`);
    this.#queued(name, what, id);
    if (id === leaver) return;
    if (what === 'unparked') {
      this.#parkedAt.delete(id);
      this.#unparkedAt.set(id, this.#now());
      return;
    }
    if (this.#parkedAt.has(id)) this.#minutes.breaks(`${name} is offered more by a sender that is parked`);
    if (what === 'parked') this.#parkedAt.set(id, this.#now());
  }

  #queued(channel: string, what: 'accepted' | 'parked' | 'unparked', id: string): void {
    const queue = this.#queues.get(channel) ?? [];
    this.#queues.set(channel, queue);
    if (what === 'parked') queue.push(id);
    else if (what === 'unparked' && queue.shift() !== id)
      this.#minutes.breaks(`${channel} lets someone jump the queue`);
    else if (what === 'accepted' && queue.length > 0)
      this.#minutes.breaks(`${channel} is full and takes more`);
  }
}
