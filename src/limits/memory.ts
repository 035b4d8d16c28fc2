/** The limits of this server alone: every answer is there at once. */
import type { Clock } from '../clock.ts';
import { Limiters } from '../limiters.ts';
import { mostConnections, type Counted, type Limits, type LimitSettings, type Verdict } from '../limits.ts';

export interface MemoryLimitsOptions {
  readonly settings: LimitSettings;
  readonly clock: Clock;
}

export class MemoryLimits implements Limits {
  readonly #settings: LimitSettings;
  readonly #clock: Clock;
  readonly #users: Limiters;
  readonly #counts: Readonly<Record<Counted, Map<string, number>>> = { address: new Map(), user: new Map() };

  constructor({ settings, clock }: MemoryLimitsOptions) {
    this.#settings = settings;
    this.#clock = clock;
    this.#users = new Limiters({ rate: settings.userRate, burst: settings.userBurst });
  }

  enter(by: Counted, key: string, then: (isIn: boolean) => void): void {
    const most = mostConnections(by, this.#settings);
    if (most === 0) return then(true);
    const counts = this.#counts[by];
    const count = counts.get(key) ?? 0;
    if (count >= most) return then(false);
    counts.set(key, count + 1);
    then(true);
  }

  leave(by: Counted, key: string): void {
    const counts = this.#counts[by];
    const others = (counts.get(key) ?? 0) - 1;
    if (others > 0) counts.set(key, others);
    else counts.delete(key);
  }

  weigh(said: ReadonlyMap<string, number>, then: (verdicts: ReadonlyMap<string, Verdict>) => void): void {
    const now = this.#clock.now();
    const verdicts = new Map<string, Verdict>();
    for (const [user, messages] of said) verdicts.set(user, this.#weighOne(user, messages, now));
    then(verdicts);
  }

  #weighOne(user: string, messages: number, now: number): Verdict {
    for (let passes = 0; passes < messages; passes += 1) {
      const retryAfterMs = this.#users.take(user, now);
      if (retryAfterMs > 0) return { passes, retryAfterMs };
    }
    return { passes: messages, retryAfterMs: 0 };
  }
}
