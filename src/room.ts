/**
 * A room is plain data: its members, its place in the numbering, and what is to be told to the members at the
 * end of this round. It does nothing by itself; the hub, its only owner, does.
 */
import { Batch } from './batch.ts';
import type { History, Position } from './broker.ts';
import type { Entry } from './entry.ts';
import type { Limiter } from './limiter.ts';
import { Presence } from './presence.ts';
import type { SystemMessage } from './protocol.ts';
import type { Registration } from './requests.ts';

/** One that hears rooms: all that the hub knows of a connection. Implementations MUST NOT throw. */
export interface Subscriber {
  readonly id: string;
  readonly name: string;
  /** Takes a batch into the outbox: a channel operation. */
  offer(batch: Batch): void;
  /** Writes what was offered in this round, as one socket write. */
  flush(): void;
  /** The hub has entered this subscriber into a room. */
  registered(): void;
  /** The hub cannot let this subscriber into a room that it asked for, and has told it so. */
  turnedAway(): void;
  /** The hub has forgotten this subscriber. */
  unregistered(): void;
}

/** One who comes back, and whose history the broker is still to read. */
export interface Return {
  readonly request: Registration;
  /** The last message that it has. */
  readonly since: Position;
  /** What is said while the history is read, and so may be missing from it. */
  readonly meanwhile: Entry[];
}

export class Room {
  readonly name: string;
  /** Unknown until the broker has subscribed the room. */
  position: Position | undefined;
  readonly members: Subscriber[] = [];
  /** How many members there are on other servers. */
  elsewhere = 0;
  /** Those who asked to come in before the position was known. */
  readonly waiting = new Map<Subscriber, Registration>();
  /** Those who come back, until it is known what they have missed. */
  readonly returning = new Map<Subscriber, Return>();
  /** How many of the members are in other rooms too, and so may get several batches in one round. */
  shared = 0;
  readonly limiter: Limiter | undefined;
  readonly presence = new Presence();
  readonly #slots = new Map<Subscriber, number>();
  #said: string[] = [];

  constructor(name: string, limiter?: Limiter) {
    this.name = name;
    this.limiter = limiter;
  }

  /** @returns false when it is a member already. */
  enter(subscriber: Subscriber): boolean {
    if (this.#slots.has(subscriber)) return false;
    this.#slots.set(subscriber, this.members.length);
    this.members.push(subscriber);
    this.presence.joined(subscriber.name);
    return true;
  }

  /** @returns false when it was not a member. */
  leave(subscriber: Subscriber): boolean {
    const slot = this.#slots.get(subscriber);
    if (slot === undefined) return false;
    this.#slots.delete(subscriber);
    const last = this.members.pop();
    if (last !== undefined && last !== subscriber) {
      this.members[slot] = last;
      this.#slots.set(last, slot);
    }
    this.presence.left(subscriber.name);
    return true;
  }

  has(subscriber: Subscriber): boolean {
    return this.#slots.has(subscriber);
  }

  /** How many members there are, on all servers. */
  get size(): number {
    return this.members.length + this.elsewhere;
  }

  get isEmpty(): boolean {
    return this.members.length === 0 && this.waiting.size === 0 && this.returning.size === 0;
  }

  /** Whether there is something in this round's batch. */
  get hasNews(): boolean {
    return this.#said.length > 0;
  }

  /** Adds a message to this round's batch, and moves the room's position to it. */
  say(entry: Entry): void {
    const { offset, text } = entry;
    if (this.position !== undefined) this.position = { epoch: this.position.epoch, offset };
    for (const { meanwhile } of this.returning.values()) meanwhile.push(entry);
    this.#said.push(text);
  }

  announce(message: SystemMessage): void {
    this.#said.push(JSON.stringify(message));
  }

  /**
   * Takes what there is to tell, in the order in which it happened to the members: who came before what was
   * said, who went after it.
   * @param withPresence whether joins and leaves are told now, or gathered further.
   * @returns undefined where there is nothing.
   */
  takeBatch(withPresence: boolean, timestamp: string): Batch | undefined {
    const presence = withPresence ? this.presence.take(this.name, this.size, timestamp) : undefined;
    if (presence !== undefined) {
      const text = JSON.stringify(presence);
      const onlyLeft = presence.event === 'left' || presence.joined === 0;
      if (onlyLeft) this.#said.push(text);
      else this.#said.unshift(text);
    }
    if (this.#said.length === 0) return undefined;
    const batch = new Batch(this.#said, this.position?.epoch);
    this.#said = [];
    return batch;
  }
}

/** What one who enters a room is told, and where it stands then. */
export interface Recovery {
  /** The last message's place; where not everything was recovered, the place after which all that follows comes. */
  readonly position: Position;
  /** Whether `missed` is all that the room was told since. */
  readonly recovered: boolean;
  readonly missed: readonly Entry[];
}

/**
 * What one who comes back has missed: exactly what the room was told after `since`. Where its numbering began anew
 * meanwhile that cannot be known; but all of the new one is told, for whoever comes back after a restart is not to miss
 * what those say who were quicker.
 * @param meanwhile what was said since the history was asked for
 */
export function recoveryOf(
  since: Position,
  history: History | undefined,
  meanwhile: readonly Entry[],
  position: Position,
): Recovery {
  const recovered = since.epoch === position.epoch;
  const start = recovered ? since : { epoch: position.epoch, offset: 0 };
  const missed = missedSince(start, history, meanwhile, position);
  if (missed === undefined) return { position, recovered: false, missed: [] };
  return { position: recovered ? position : start, recovered, missed };
}

/** @returns undefined where that is not known for certain. */
function missedSince(
  since: Position,
  history: History | undefined,
  meanwhile: readonly Entry[],
  position: Position,
): Entry[] | undefined {
  if (history === undefined || since.epoch !== history.position.epoch) return undefined;
  if (since.offset > position.offset || since.offset + 1 < history.first) return undefined;
  const told = (entry: Entry) => entry.offset > since.offset && entry.offset <= position.offset;
  const later = meanwhile.filter(({ offset }) => offset > history.position.offset);
  const missed = [...history.entries, ...later].filter(told);
  return missed.length === position.offset - since.offset ? missed : undefined;
}
