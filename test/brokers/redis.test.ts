import { afterAll, beforeAll, describe } from 'vitest';
import { createActor, waitFor } from 'xstate';
import type { Broker } from '../../src/broker.ts';
import { redisBrokerMachine, type RedisBrokerActor } from '../../src/brokers/redis/machine.ts';
import { RedisBroker } from '../../src/brokers/redis.ts';
import { trackActors } from '../../src/leaks.ts';
import { describeBroker, type BrokerUnderTest } from '../support/broker-conformance.ts';
import { hasRedis, RedisCluster, RedisServer } from '../support/redis.ts';

const limits = {
  historyMessages: 100,
  historyAgeMs: 300_000,
  dedupeWindowMs: 300_000,
  roomRate: 0,
  roomBurst: 1,
  brokerWindow: 1_024,
  brokerWaitMs: 2_000,
  presenceTtlMs: 60_000,
};

/** One broker for all tests of a suite: each of them finds it, and Redis, as if nothing had been. */
class SharedBroker {
  readonly #errors: string[] = [];
  readonly #servers: readonly RedisServer[];
  readonly #leaks = trackActors();
  readonly #broker: RedisBroker;
  readonly #actor: RedisBrokerActor;

  constructor(servers: readonly RedisServer[]) {
    this.#servers = servers;
    const { clock, inspect } = this.#leaks;
    this.#broker = new RedisBroker({
      urls: servers.map(({ url }) => url),
      clock,
      limits,
      report: (stage, { message }) => void this.#errors.push(`${stage}: ${message}`),
    });
    const input = { broker: this.#broker, timeouts: limits };
    this.#actor = createActor(redisBrokerMachine, { inspect, clock, input }).start();
  }

  async lend(): Promise<BrokerUnderTest> {
    await waitFor(this.#actor, (snapshot) => snapshot.matches('ready'));
    await Promise.all(this.#servers.map((server) => server.command('FLUSHALL')));
    const rooms = new Set<string>();
    const broker = this.#broker;
    const lent: Broker = {
      outlivesServer: broker.outlivesServer,
      answersAtOnce: broker.answersAtOnce,
      limitsRooms: broker.limitsRooms,
      window: broker.window,
      listen: (listener) => broker.listen(listener),
      publish: (publication, saidAt) => broker.publish(publication, saidAt),
      subscribe: (room) => {
        rooms.add(room);
        broker.subscribe(room);
      },
      unsubscribe: (room) => broker.unsubscribe(room),
      entered: (room, member) => broker.entered(room, member),
      left: (room, member) => broker.left(room, member),
      namesElsewhere: (room, then) => broker.namesElsewhere(room, then),
      roomsElsewhere: (then) => broker.roomsElsewhere(then),
      history: (room, range, then) => broker.history(room, range, then),
    };
    const stop = () => {
      for (const room of rooms) broker.unsubscribe(room);
    };
    return { broker: lent, stop };
  }

  async end(): Promise<void> {
    this.#actor.send({ type: 'stop' });
    await waitFor(this.#actor, (snapshot) => snapshot.status === 'done');
    const left = [...this.#errors, `${this.#broker.rooms} rooms`, `${this.#broker.onTheirWay} on their way`];
    if (left.join() !== '0 rooms,0 on their way') throw new Error(left.join(', '));
    await this.#leaks.expectNone();
    this.#leaks.stop();
  }
}

describe.skipIf(!hasRedis)('on one server', () => {
  let redis: RedisServer;
  let shared: SharedBroker;

  beforeAll(async () => {
    redis = await RedisServer.start();
    shared = new SharedBroker([redis]);
  }, 60_000);
  afterAll(async () => {
    await shared.end();
    await redis.stop();
  });

  describeBroker('Redis', () => shared.lend());
});

describe.skipIf(!hasRedis)('on a cluster of three', () => {
  let cluster: RedisCluster;
  let shared: SharedBroker;

  beforeAll(async () => {
    cluster = await RedisCluster.start();
    shared = new SharedBroker(cluster.nodes);
  }, 60_000);
  afterAll(async () => {
    await shared.end();
    await cluster.stop();
  });

  describeBroker('Redis Cluster', () => shared.lend());
});
