/**
 * The lanes of all rooms: what was said here and has no answer of Redis yet. What is said in one round goes as one, by the
 * link that there is; without one it waits, and nothing waits for longer than it may.
 */
import type { Position, Publication } from '../../broker.ts';
import type { Clock } from '../../clock.ts';
import { Lane, type LaneListener } from './lane.ts';
import { KeyError, type Link } from './link.ts';
import type { Keeping } from './room.ts';

export interface LanesOptions {
  readonly clock: Clock;
  readonly limits: LanesLimits;
  readonly listener: LanesListener;
}

export interface LanesLimits extends Keeping {
  /** How many publications may be on their way at once. */
  readonly brokerWindow: number;
  /** How long a publication may wait for Redis. */
  readonly brokerWaitMs: number;
}

export interface LanesListener extends LaneListener {
  /** There is room in the window again. */
  reopened(): void;
  /** What is said in one room cannot be published: it is refused. */
  failed(error: Error): void;
}

export class Lanes implements LaneListener {
  readonly #options: LanesOptions;
  readonly #lanes = new Map<string, Lane>();
  // The lanes that something was put into in this turn.
  #touched = new Set<Lane>();
  #link: Link | undefined;
  #depth = 0;
  #isFlushing = false;
  #expiring: unknown;

  constructor(options: LanesOptions) {
    this.#options = options;
  }

  /** How many publications have no answer yet. */
  get depth(): number {
    return this.#depth;
  }

  /** How many more may be on their way now. */
  get window(): number {
    return Math.max(0, this.#options.limits.brokerWindow - this.#depth);
  }

  add(publication: Publication, saidAt: number): void {
    const { room } = publication;
    let lane = this.#lanes.get(room);
    if (lane === undefined) {
      lane = new Lane(room, this, this.#options.limits);
      this.#lanes.set(room, lane);
    }
    lane.add(publication, saidAt);
    this.#depth += 1;
    if (this.#expiring === undefined) this.#planExpiry(saidAt);
    this.#touched.add(lane);
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => this.#flush());
  }

  /** There is a link: everything goes its way. */
  attach(link: Link): void {
    this.#link = link;
    for (const lane of this.#lanes.values()) void this.#send(lane);
  }

  /** There is none any more: everything waits, unless it has for too long. */
  detach(): void {
    this.#link = undefined;
    const { clock, limits } = this.#options;
    for (const lane of this.#lanes.values()) lane.refuse(clock.now() - limits.brokerWaitMs);
  }

  /** Refuses all that waits. */
  refuse(): void {
    for (const lane of this.#lanes.values()) lane.refuse();
  }

  stop(): void {
    this.#forgetExpiry();
  }

  // What each lane tells

  published(publication: Publication, position: Position): void {
    this.#answered();
    this.#options.listener.published(publication, position);
  }

  refused(publication: Publication): void {
    this.#answered();
    this.#options.listener.refused(publication);
  }

  limited(publication: Publication, retryAfterMs: number): void {
    this.#answered();
    this.#options.listener.limited(publication, retryAfterMs);
  }

  #answered(): void {
    const wasFull = this.window === 0;
    this.#depth -= 1;
    if (this.#depth === 0) this.#forgetExpiry();
    if (wasFull && this.#link !== undefined) this.#options.listener.reopened();
  }

  #flush(): void {
    this.#isFlushing = false;
    const touched = this.#touched;
    this.#touched = new Set();
    for (const lane of touched) void this.#send(lane);
  }

  async #send(lane: Lane): Promise<void> {
    const link = this.#link;
    if (link === undefined) return;
    try {
      await lane.send(link);
      if (lane.depth === 0) this.#lanes.delete(lane.room);
    } catch (thrown) {
      const error = thrown as Error;
      if (!(error instanceof KeyError)) return link.lose(error);
      this.#options.listener.failed(error);
      lane.refuse();
    }
  }

  #expire(): void {
    const { clock, limits } = this.#options;
    const now = clock.now();
    for (const lane of this.#lanes.values()) lane.expire(now - limits.brokerWaitMs + 1);
    this.#forgetExpiry();
    if (this.#depth === 0) return;
    const oldest = Math.min(...[...this.#lanes.values()].map((lane) => lane.oldest));
    if (oldest === Infinity) return;
    this.#planExpiry(oldest);
  }

  #planExpiry(since: number): void {
    const { clock, limits } = this.#options;
    const leftMs = since + limits.brokerWaitMs - clock.now();
    this.#expiring = clock.setTimeout(() => this.#expire(), Math.max(1, leftMs));
  }

  #forgetExpiry(): void {
    this.#options.clock.clearTimeout(this.#expiring);
    this.#expiring = undefined;
  }
}
