/**
 * What users say, weighed for all servers by rate-limiter-flexible: by the script in Redis, or, where that is not answered, by
 * its own limiter in this process.
 */
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { weighedNameOf } from '../brokers/redis/scripts.ts';
import type { LimitSettings, Verdict } from '../limits.ts';

/** Runs the script. @throws whatever keeps it from being answered in time: then the insurance decides. */
export type Evaluate = (keys: readonly string[], asked: string) => Promise<unknown>;

/** As the client of node-redis has it. */
interface Evaluation {
  readonly keys: readonly string[];
  readonly arguments: readonly string[];
}

export class Users {
  readonly #limiter: RateLimiterRedis;

  constructor({ userRate, userBurst }: LimitSettings, evaluate: Evaluate) {
    this.#limiter = new RateLimiterRedis({
      points: userBurst,
      // In whole seconds, which the script has no use for.
      duration: Math.ceil(userBurst / userRate),
      keyPrefix: '',
      useRedisPackage: true,
      storeClient: {
        eval: (_: string, { keys, arguments: [asked = '1'] }: Evaluation) => evaluate(keys, asked),
      },
      insuranceLimiter: new RateLimiterMemory({ points: userBurst, duration: userBurst / userRate }),
    });
  }

  async weigh(said: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, Verdict>> {
    const verdicts = [...said].map(([user, messages]) => this.#weighOne(user, messages));
    return new Map(await Promise.all(verdicts));
  }

  async #weighOne(user: string, messages: number): Promise<[string, Verdict]> {
    const name = weighedNameOf(`user:${encodeURIComponent(user)}`);
    try {
      await this.#limiter.consume(name, messages);
      return [user, { passes: messages, retryAfterMs: 0 }];
    } catch (thrown) {
      if (!(thrown instanceof RateLimiterRes)) throw thrown;
      const before = thrown.consumedPoints - messages;
      const passes = Math.max(0, this.#limiter.points - before);
      return [user, { passes, retryAfterMs: Math.max(1, thrown.msBeforeNext) }];
    }
  }
}
