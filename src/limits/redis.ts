/**
 * The limits of all servers together, in Redis. What users say is weighed by rate-limiter-flexible; connections are counted
 * by tallies, because a counter that is raised and lowered drifts with each server that dies, and a number that is told again
 * and again does not.
 *
 * While Redis is away, or slow to answer, this server goes on with what it knows itself: at once, for whoever asks. It speaks
 * by the broker's link, and so is back when that is.
 */
import { KeyError, type Link } from '../brokers/redis/link.ts';
import { countScript, countsNameOf, weighScript, type Script } from '../brokers/redis/scripts.ts';
import { leaseOf, type Lease } from '../brokers/redis/lease.ts';
import type { Clock } from '../clock.ts';
import { newId } from '../ids.ts';
import { mostConnections, type Counted, type Limits, type LimitSettings, type Verdict } from '../limits.ts';
import { Tally } from './tally.ts';
import type { Users } from './users.ts';

export interface RedisLimitsOptions {
  readonly settings: LimitSettings & { readonly presenceTtlMs: number };
  readonly clock: Clock;
  /** Is told of each error that is about one key alone. */
  readonly report: (error: Error) => void;
  /** Is told when the limits are shared with the other servers, and when they are this server's own. */
  readonly onShared?: (isShared: boolean) => void;
}

/** How long anybody waits for an answer; from then on nobody does, until there is one. */
const patienceMs = 500;

/** How many tallies are told at once. */
const talliesAtOnce = 256;

interface NamedTally {
  readonly tag: string;
  readonly most: number;
  readonly tally: Tally;
}

export class RedisLimits implements Limits {
  readonly #options: RedisLimitsOptions;
  readonly #server = newId();
  readonly #lease: Lease;
  readonly #tallies = new Map<string, NamedTally>();
  /** What those do who wait for an answer, once they need not wait for it any more. */
  readonly #impatient = new Set<() => void>();
  /** Unknown until there was a link: until then nothing that anybody says can be published. */
  #users: Users | undefined;
  #link: Link | undefined;
  #isSlow = false;
  #refreshing: unknown;

  constructor(options: RedisLimitsOptions) {
    this.#options = options;
    this.#lease = leaseOf(options.settings.presenceTtlMs);
  }

  /** Whether they are those of all servers. */
  get isShared(): boolean {
    return this.#link !== undefined && !this.#isSlow;
  }

  /** Whether Redis knows all. */
  get isTold(): boolean {
    for (const { tally } of this.#tallies.values()) if (!tally.isTold) return false;
    return true;
  }

  enter(by: Counted, key: string, then: (isIn: boolean) => void): void {
    const most = mostConnections(by, this.#options.settings);
    if (most === 0) return then(true);
    const named = this.#tallyOf(by, key, most);
    named.tally.ask(then);
    this.#touch(named);
  }

  leave(by: Counted, key: string): void {
    const most = mostConnections(by, this.#options.settings);
    if (most === 0) return;
    const named = this.#tallyOf(by, key, most);
    named.tally.leave();
    this.#touch(named);
  }

  weigh(said: ReadonlyMap<string, number>, then: (verdicts: ReadonlyMap<string, Verdict>) => void): void {
    const users = this.#users;
    if (users !== undefined) return void users.weigh(said).then(then);
    then(new Map([...said].map(([user, messages]) => [user, { passes: messages, retryAfterMs: 0 }])));
  }

  /** There is a link: all is told by it. @throws the link's error. */
  async attach(link: Link): Promise<void> {
    this.#users ??= await this.#loadUsers();
    this.#link = link;
    this.#isSlow = false;
    await this.#refresh(link);
    if (this.#link === link) this.#options.onShared?.(true);
  }

  /** There is none: this server goes on alone. */
  detach(): void {
    this.#options.clock.clearTimeout(this.#refreshing);
    const wasShared = this.isShared;
    this.#link = undefined;
    this.#goAlone(wasShared);
  }

  // Connections

  #tallyOf(by: Counted, key: string, most: number): NamedTally {
    const tag = `${by}:${encodeURIComponent(key)}`;
    let named = this.#tallies.get(tag);
    if (named === undefined) {
      named = { tag, most, tally: new Tally(most) };
      this.#tallies.set(tag, named);
    }
    return named;
  }

  #touch(named: NamedTally): void {
    const link = this.#link;
    if (link === undefined || this.#isSlow) named.tally.decideAlone();
    if (link === undefined) this.#forgetWhereEmpty(named);
    else this.#tell(named, link).catch((error: Error) => link.lose(error));
  }

  /** @throws the link's error. */
  async #tell(named: NamedTally, link: Link): Promise<void> {
    const { tag, most, tally } = named;
    const alone = () => tally.decideAlone();
    try {
      await tally.tell(async (held, asking) => {
        const args = [this.#server, this.#lease.holdsMs, most, held, asking].map(String);
        return Number(await this.#run(countScript, tag, [countsNameOf(tag)], args, alone));
      });
      this.#forgetWhereEmpty(named);
    } catch (error) {
      if (!(error instanceof KeyError)) throw error;
      this.#options.report(error);
    }
    if (this.#link !== link) tally.doubt();
  }

  #forgetWhereEmpty({ tag, tally }: NamedTally): void {
    if (tally.isEmpty && (tally.isTold || this.#link === undefined)) this.#tallies.delete(tag);
  }

  async #refresh(link: Link): Promise<void> {
    const { clock } = this.#options;
    const tallies = [...this.#tallies.values()];
    while (tallies.length > 0) {
      const some = tallies.splice(0, talliesAtOnce);
      for (const { tally } of some) tally.doubt();
      await Promise.all(some.map((named) => this.#tell(named, link)));
    }
    if (this.#link !== link) return;
    clock.clearTimeout(this.#refreshing);
    this.#refreshing = clock.setTimeout(() => {
      this.#refresh(link).catch((error: Error) => link.lose(error));
    }, this.#lease.refreshMs);
  }

  // Users

  /** What it takes is loaded by those alone who have a use for it. */
  async #loadUsers(): Promise<Users | undefined> {
    const { settings } = this.#options;
    if (settings.userRate === 0) return undefined;
    const { Users: Loaded } = await import('./users.ts');
    return new Loaded(settings, (keys, asked) => this.#eval(keys, asked));
  }

  /** Runs the limiter's script. @throws whatever keeps it from being answered in time: then the insurance decides. */
  #eval(keys: readonly string[], asked: string): Promise<unknown> {
    const { userRate, userBurst } = this.#options.settings;
    const [name = ''] = keys;
    const args = [asked, String(userBurst), String(1_000 / userRate)];
    return new Promise((resolve, reject) => {
      if (!this.isShared) return reject(new Error('Redis is away'));
      const alone = () => reject(new Error('no answer in time'));
      const tag = name.slice(name.indexOf('{') + 1, name.indexOf('}'));
      this.#run(weighScript, tag, keys, args, alone).then(resolve, (error: Error) => {
        // The insurance asks for no reason.
        if (error instanceof KeyError) this.#options.report(error);
        reject(error);
      });
    });
  }

  // Redis

  /** @param alone what to do where the answer is not waited for any more; it may still come. @throws the link's error. */
  async #run(
    script: Script,
    tag: string,
    keys: readonly string[],
    args: readonly string[],
    alone: () => void,
  ): Promise<unknown> {
    const { clock } = this.#options;
    const link = this.#link;
    if (link === undefined) throw new Error('the link is no more');
    const patience = clock.setTimeout(() => this.#beSlow(link), patienceMs);
    this.#impatient.add(alone);
    try {
      return await link.run(script, tag, keys, args);
    } finally {
      clock.clearTimeout(patience);
      this.#impatient.delete(alone);
      this.#beQuick(link);
    }
  }

  #beSlow(link: Link): void {
    if (this.#link !== link || this.#isSlow) return;
    this.#isSlow = true;
    this.#goAlone(true);
  }

  #beQuick(link: Link): void {
    if (this.#link !== link || !this.#isSlow) return;
    this.#isSlow = false;
    this.#options.onShared?.(true);
  }

  #goAlone(wasShared: boolean): void {
    const impatient = [...this.#impatient];
    this.#impatient.clear();
    for (const alone of impatient) alone();
    if (wasShared) this.#options.onShared?.(false);
  }
}
