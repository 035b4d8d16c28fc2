/**
 * Limits is the port to what is counted beyond one connection: how much a user says, and how many connections a user, or an
 * address, has; on this server alone, or on all of them together.
 *
 * Implementations MUST call back once for each call, at once or later; MUST take a `leave` for each `enter` that was let in;
 * MUST NOT throw. What has no limit is let in and lets pass at once, and is not counted.
 */
import type { Config } from './config.ts';

/** By what connections are counted. */
export type Counted = 'address' | 'user';

/** How much of what a user says may pass now. */
export interface Verdict {
  /** How many of the messages, the first ones. */
  readonly passes: number;
  /** After how many milliseconds the next one would; 0 where all may. */
  readonly retryAfterMs: number;
}

export interface Limits {
  /** Asks whether one more connection may come in; one that may is counted until it leaves. */
  enter(by: Counted, key: string, then: (isIn: boolean) => void): void;
  /** One that was let in is gone. */
  leave(by: Counted, key: string): void;
  /** Asks how many of so many messages of each user may pass. */
  weigh(said: ReadonlyMap<string, number>, then: (verdicts: ReadonlyMap<string, Verdict>) => void): void;
}

/** The settings that are about it. */
export type LimitSettings = Pick<
  Config,
  'userRate' | 'userBurst' | 'maxConnectionsPerAddress' | 'maxConnectionsPerUser'
>;

/** @returns the most connections of one key; 0 is no limit. */
export function mostConnections(by: Counted, settings: LimitSettings): number {
  return by === 'address' ? settings.maxConnectionsPerAddress : settings.maxConnectionsPerUser;
}

/** Whether anything is limited at all. */
export function isLimiting(settings: LimitSettings): boolean {
  const { userRate, maxConnectionsPerAddress, maxConnectionsPerUser } = settings;
  return userRate + maxConnectionsPerAddress + maxConnectionsPerUser > 0;
}

/** A place is what one connection counts for, until it gives it back. */
export class Place {
  readonly #limits: Pick<Limits, 'enter' | 'leave'>;
  #held: { readonly by: Counted; readonly key: string }[] = [];

  constructor(limits: Pick<Limits, 'enter' | 'leave'>) {
    this.#limits = limits;
  }

  /** Asks to be counted by one more key. */
  enter(by: Counted, key: string, then: (isIn: boolean) => void): void {
    this.#limits.enter(by, key, (isIn) => {
      if (isIn) this.#held.push({ by, key });
      then(isIn);
    });
  }

  /** Gives it back; to do so again changes nothing. */
  leave(): void {
    const held = this.#held;
    this.#held = [];
    for (const { by, key } of held) this.#limits.leave(by, key);
  }

  /** @returns the same place for another connection; this one has none any more. */
  handOver(): Place {
    const other = new Place(this.#limits);
    other.#held = this.#held;
    this.#held = [];
    return other;
  }
}
