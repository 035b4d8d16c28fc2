/**
 * Deliveries are what the hub gives to subscribers: answers to one of them, and to a room's members the batch of what was said
 * there, with who came and went where that is due. All that one subscriber gets in a round is written at once, at its end.
 */
import { Batch } from './batch.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { Room, Subscriber } from './room.ts';
import type { Traffic } from './traffic.ts';

export interface DeliveriesOptions {
  readonly clock: Clock;
  readonly config: Config;
  readonly traffic: Traffic;
  /** All rooms there are: those that still have to say who came and went are found among them. */
  readonly rooms: ReadonlyMap<string, Room>;
}

/** Tells what the hub gave to whom, for those who watch. */
export type DeliveryTap = (batch: Batch, subscriber: Subscriber) => void;

export class Deliveries {
  tap: DeliveryTap | undefined;
  readonly #options: DeliveriesOptions;
  // This round's work
  #touched = new Set<Room>();
  #unflushed: Subscriber[] = [];
  #presenceTimer: unknown;

  constructor(options: DeliveriesOptions) {
    this.#options = options;
  }

  /** Something has happened in a room: its members are told at the end of the round. */
  touch(room: Room): void {
    this.#touched.add(room);
  }

  /** There is nobody to tell any more. */
  forget(room: Room): void {
    this.#touched.delete(room);
  }

  /** Offers messages to one subscriber alone; they are written with what else this round brings it. */
  answer(subscriber: Subscriber, texts: readonly string[], epoch?: string): void {
    const batch = new Batch(texts, epoch);
    this.tap?.(batch, subscriber);
    subscriber.offer(batch);
    this.#unflushed.push(subscriber);
  }

  /** Gives each room touched its batch, and has everything written. */
  deliver(timestamp: string): void {
    const alone = this.#touched.size === 1;
    for (const room of this.#touched) {
      const batch = room.takeBatch(this.#presenceIsDue(room), timestamp);
      if (batch !== undefined) this.#deliverTo(room, batch, alone || room.shared === 0);
    }
    this.#touched.clear();
    for (const subscriber of this.#unflushed) subscriber.flush();
    this.#unflushed = [];
  }

  /** Gives one room what it has in hand, before its members change. */
  deliverNow(room: Room, timestamp: string): void {
    const batch = room.takeBatch(false, timestamp);
    if (batch !== undefined) this.#deliverTo(room, batch, false);
  }

  stop(): void {
    if (this.#presenceTimer !== undefined) this.#options.clock.clearTimeout(this.#presenceTimer);
  }

  /** @param last whether no member can get more in this round, so that it may be written to at once. */
  #deliverTo(room: Room, batch: Batch, last: boolean): void {
    this.#options.traffic.deliveries += room.members.length * batch.size;
    if (this.tap !== undefined) for (const member of room.members) this.tap(batch, member);
    for (const member of room.members) {
      member.offer(batch);
      if (last) member.flush();
      else this.#unflushed.push(member);
    }
  }

  #presenceIsDue(room: Room): boolean {
    if (!room.presence.pending) return false;
    const { clock, config } = this.#options;
    const { presenceDetailLimit, presenceBurst, presenceIntervalMs } = config;
    const small = room.size <= presenceDetailLimit;
    if (small && room.presence.allows(clock.now(), presenceBurst, presenceIntervalMs)) return true;
    this.#presenceTimer ??= clock.setTimeout(() => this.#announcePresence(), presenceIntervalMs);
    return false;
  }

  #announcePresence(): void {
    const { clock, rooms } = this.#options;
    this.#presenceTimer = undefined;
    const timestamp = new Date(clock.now()).toISOString();
    for (const room of rooms.values()) {
      if (!room.presence.pending) continue;
      const batch = room.takeBatch(true, timestamp);
      if (batch !== undefined) this.#deliverTo(room, batch, true);
    }
  }
}
