import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createActor, waitFor } from 'xstate';
import { redisBrokerMachine, type RedisBrokerActor } from '../../src/brokers/redis/machine.ts';
import { RedisBroker } from '../../src/brokers/redis.ts';
import { trackActors } from '../../src/leaks.ts';
import { RedisLimits } from '../../src/limits/redis.ts';
import {
  describeLimits,
  enter,
  passedSince,
  storm,
  testLimits,
  weigh,
  type LimitsUnderTest,
} from '../support/limits-conformance.ts';
import { hasRedis, RedisCluster, RedisServer, startRedis } from '../support/redis.ts';
import { patient } from '../support/test-server.ts';

const settings = {
  historyMessages: 0,
  historyAgeMs: 1_000,
  dedupeWindowMs: 1_000,
  roomRate: 0,
  roomBurst: 1,
  brokerWindow: 1_024,
  brokerWaitMs: 60_000,
  ...testLimits,
};

/** The limits of one server, with the broker by whose link they speak. */
class Party {
  readonly limits: RedisLimits;
  readonly told: string[] = [];
  readonly #leaks = trackActors();
  readonly #actor: RedisBrokerActor;

  constructor(servers: readonly RedisServer[], presenceTtlMs = 60_000) {
    const { clock, inspect } = this.#leaks;
    this.limits = new RedisLimits({
      settings: { ...settings, presenceTtlMs },
      clock,
      report: ({ message }) => void this.told.push(message),
      onShared: (isShared) => void this.told.push(isShared ? 'shared' : 'alone'),
    });
    const broker = new RedisBroker({
      urls: servers.map(({ url }) => url),
      clock,
      limits: { ...settings, presenceTtlMs },
      report: () => undefined,
      tellers: [this.limits],
    });
    const input = { broker, timeouts: settings };
    this.#actor = createActor(redisBrokerMachine, { inspect, clock, input }).start();
  }

  async until(state: 'ready' | 'degraded'): Promise<void> {
    await waitFor(this.#actor, (snapshot) => snapshot.matches(state));
  }

  /** Is gone without a word: what it has told is still there. */
  die(): void {
    this.#actor.stop();
  }

  async stop(): Promise<void> {
    this.#actor.send({ type: 'stop' });
    await waitFor(this.#actor, (snapshot) => snapshot.status !== 'active');
    if (!this.limits.isTold) throw new Error('it has stopped before all was told');
  }

  async expectNoLeaks(): Promise<void> {
    await this.#leaks.expectNone();
    this.#leaks.stop();
  }
}

async function end(...parties: readonly Party[]): Promise<void> {
  await Promise.all(parties.map((party) => party.stop()));
  for (const party of parties) await party.expectNoLeaks();
}

/** One party for all tests of a suite: each of them finds its Redis as if nothing had been. */
class SharedParty {
  readonly #servers: readonly RedisServer[];
  readonly #party: Party;

  constructor(servers: readonly RedisServer[]) {
    this.#servers = servers;
    this.#party = new Party(servers);
  }

  async lend(): Promise<LimitsUnderTest> {
    await this.#party.until('ready');
    await Promise.all(this.#servers.map((server) => server.command('FLUSHALL')));
    const { limits } = this.#party;
    const held: Parameters<RedisLimits['leave']>[] = [];
    const lent: LimitsUnderTest['limits'] = {
      enter: (by, key, then) =>
        limits.enter(by, key, (isIn) => {
          if (isIn) held.push([by, key]);
          then(isIn);
        }),
      leave: (by, key) => {
        held.splice(
          held.findIndex((one) => one.join() === [by, key].join()),
          1,
        );
        limits.leave(by, key);
      },
      weigh: (said, then) => limits.weigh(said, then),
    };
    const stop = () => {
      for (const one of held) limits.leave(...one);
    };
    return { limits: lent, stop };
  }

  end(): Promise<void> {
    return end(this.#party);
  }
}

describe.skipIf(!hasRedis)('on one Redis', patient, () => {
  let redis: RedisServer;
  let shared: SharedParty;

  beforeAll(async () => {
    redis = await RedisServer.start();
    shared = new SharedParty([redis]);
  }, 60_000);
  afterAll(async () => {
    await shared.end();
    await redis.stop();
  });

  describeLimits('Redis', () => shared.lend());

  async function three(presenceTtlMs?: number): Promise<readonly [Party, Party, Party]> {
    await redis.command('FLUSHALL');
    const parties = [0, 1, 2].map(() => new Party([redis], presenceTtlMs)) as unknown as [
      Party,
      Party,
      Party,
    ];
    await Promise.all(parties.map((party) => party.until('ready')));
    return parties;
  }

  test('three servers in a storm let in no more than there may be, and as many', async () => {
    const parties = await three();
    const inside = await Promise.all(parties.map(({ limits }) => storm(limits, 'address', 'here', 200)));
    expect(inside.reduce((sum, some) => sum + some, 0)).toBe(testLimits.maxConnectionsPerAddress);
    for (const [index, { limits }] of parties.entries()) {
      for (let left = 0; left < (inside[index] ?? 0); left += 1) limits.leave('address', 'here');
    }
    await end(...parties);
    expect(await redis.command('KEYS', 'hubbub:{address:*')).toEqual([]);
  });

  test('three servers let a user say one burst', async () => {
    const parties = await three();
    const startedAt = performance.now();
    const verdicts = await Promise.all(parties.map(({ limits }) => weigh(limits, { ann: 4 })));
    const passes = verdicts.reduce((sum, verdict) => sum + (verdict.get('ann')?.passes ?? 0), 0);
    expect(passes).toBeGreaterThanOrEqual(5);
    expect(passes).toBeLessThanOrEqual(5 + passedSince(startedAt));
    await end(...parties);
  });

  test('a server that dies gives back what it had, and one that lives keeps it', async () => {
    const [doomed, living, other] = await three(1_000);
    expect(await storm(doomed.limits, 'user', 'ann', 2)).toBe(2);
    expect(await storm(living.limits, 'user', 'bob', 2)).toBe(2);
    doomed.die();
    expect(await enter(other.limits, 'user', 'ann')).toBe(false);
    while (!(await enter(other.limits, 'user', 'ann'))) await pause(10);
    // As long as the dead one's counts have held, and longer.
    expect(await enter(other.limits, 'user', 'bob')).toBe(false);
    other.limits.leave('user', 'ann');
    for (let left = 0; left < 2; left += 1) living.limits.leave('user', 'bob');
    await end(living, other);
    await doomed.expectNoLeaks();
  });

  test('a key that is not ours leaves that one alone to this server', async () => {
    const party = new Party([redis]);
    await party.until('ready');
    await redis.command('SET', 'hubbub:{address:broken}:connections', 'not a hash');
    expect(await storm(party.limits, 'address', 'broken', 5)).toBe(3);
    expect(party.told).toContainEqual(expect.stringContaining('WRONGTYPE'));
    expect(party.limits.isShared).toBe(true);
    expect(await storm(party.limits, 'address', 'whole', 5)).toBe(3);
    await redis.command('DEL', 'hubbub:{address:broken}:connections');
    for (const key of ['broken', 'whole'])
      for (let left = 0; left < 3; left += 1) party.limits.leave('address', key);
    await end(party);
  });

  test('a user’s key that is not ours is told of, and that user is weighed by this server', async () => {
    const party = new Party([redis]);
    await party.until('ready');
    await redis.command('HSET', 'hubbub:{user:broken}:due', 'not', 'ours');
    const verdicts = await weigh(party.limits, { broken: 8, whole: 8 });
    expect([...verdicts.values()].map(({ passes }) => passes)).toEqual([5, 5]);
    expect(party.told).toEqual(['shared', expect.stringContaining('hubbub:{user:broken}:due: delete it')]);
    await redis.command('DEL', 'hubbub:{user:broken}:due');
    await end(party);
  });
});

describe.skipIf(!hasRedis)('on a Redis Cluster', patient, () => {
  let cluster: RedisCluster;
  let shared: SharedParty;

  beforeAll(async () => {
    cluster = await RedisCluster.start();
    shared = new SharedParty(cluster.nodes);
  }, 60_000);
  afterAll(async () => {
    await shared.end();
    await cluster.stop();
  });

  describeLimits('Redis Cluster', () => shared.lend());
});

async function partyOf(): Promise<{ redis: RedisServer; party: Party }> {
  const redis = await startRedis();
  const party = new Party([redis]);
  await party.until('ready');
  return { redis, party };
}

describe.skipIf(!hasRedis)('while Redis', patient, () => {
  test('is away a server goes by what it knows, at once; when it is back, all know all', async () => {
    const { redis, party } = await partyOf();
    const other = new Party([redis]);
    await other.until('ready');
    expect(await storm(party.limits, 'address', 'here', 2)).toBe(2);
    expect(await storm(other.limits, 'address', 'here', 2)).toBe(1);
    await redis.kill();
    await Promise.all([party, other].map((one) => one.until('degraded')));
    // Each of them has the whole limit to itself.
    const answers: boolean[] = [];
    for (let asked = 0; asked < 5; asked += 1)
      other.limits.enter('address', 'here', (isIn) => answers.push(isIn));
    expect(answers).toEqual([true, true, false, false, false]);
    expect((await weigh(party.limits, { ann: 8 })).get('ann')).toMatchObject({ passes: 5 });
    expect((await weigh(party.limits, { ann: 1 })).get('ann')?.retryAfterMs).toBeGreaterThan(0);
    await redis.restart();
    await Promise.all([party, other].map((one) => one.until('ready')));
    // There are five by now: nobody is put out, and nobody comes in until there are fewer than three.
    expect(await enter(party.limits, 'address', 'here')).toBe(false);
    for (let left = 0; left < 3; left += 1) other.limits.leave('address', 'here');
    while (!(await enter(party.limits, 'address', 'here'))) await pause(10);
    expect(await enter(other.limits, 'address', 'here')).toBe(false);
    for (let left = 0; left < 3; left += 1) party.limits.leave('address', 'here');
    for (const { told } of [party, other]) expect(told).toEqual(['shared', 'alone', 'shared']);
    await end(party, other);
  });

  test('is stopped nobody waits for it; when it goes on, it is told what came of it', async () => {
    const { redis, party } = await partyOf();
    redis.signal('SIGSTOP');
    const [inside, verdicts] = await Promise.all([
      storm(party.limits, 'address', 'here', 5),
      weigh(party.limits, { ann: 8 }),
    ]);
    expect([inside, verdicts.get('ann')?.passes, party.told]).toEqual([3, 5, ['shared', 'alone']]);
    let isIn: boolean | undefined;
    party.limits.enter('address', 'here', (answer) => {
      isIn = answer;
    });
    expect(isIn).toBe(false);
    redis.signal('SIGCONT');
    while (party.told.length < 3) await pause(10);
    await party.until('ready');
    while (!party.limits.isTold) await pause(10);
    const counts = await redis.command('HVALS', 'hubbub:{address:here}:connections');
    expect(counts).toEqual([expect.stringMatching(/^3 /)]);
    for (let left = 0; left < 3; left += 1) party.limits.leave('address', 'here');
    await end(party);
  });
});
