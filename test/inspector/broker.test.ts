import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StateValue, TransitionRecord } from '../../src/inspector/messages.ts';
import { topState } from '../../src/state-value.ts';
import { joinByWebSocket } from '../support/peers.ts';
import { hasRedis, RedisServer } from '../support/redis.ts';
import { patient, serve } from '../support/test-server.ts';
import { Watcher } from '../support/watcher.ts';

describe.skipIf(!hasRedis)('a viewer of a server on Redis', patient, () => {
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await RedisServer.start();
  });

  afterAll(() => redis.stop());

  test('sees the broker as an actor with its chart, its window, and how it loses Redis and finds it again', async () => {
    const server = await serve({ redis: [redis.url], brokerWindow: 77 });
    const watcher = await Watcher.watch(server.url);
    const [top, broker] = ['server', 'broker'].map((name) =>
      [...watcher.actors.values()].find(({ type }) => type === name),
    );
    expect(broker).toMatchObject({ name: 'broker', parent: top?.id, machine: 'broker' });
    const until = async (state: string): Promise<TransitionRecord | undefined> => {
      const isIt = (value: StateValue | undefined) => topState(value ?? '') === state;
      if (isIt(watcher.actors.get(broker?.id ?? '')?.value)) return undefined;
      return watcher.record('transition', ({ actor, value }) => actor === broker?.id && isIt(value));
    };
    await until('ready');
    const { states, svg } = await watcher.next(
      'definition',
      ({ id, svg: drawn }) => id === 'broker' && drawn !== undefined,
    );
    expect(Object.keys(states)).toEqual(
      expect.arrayContaining(['connecting', 'ready', 'degraded', 'stopped']),
    );
    for (const state of Object.values(states)) expect(svg).toContain(`data-id="${state}"`);
    const { broker: gauge } = await watcher.record('gauges', (record) => record.broker?.state === 'ready');
    expect(gauge).toEqual({ state: 'ready', inFlight: 0, window: 77 });

    const member = await joinByWebSocket(server, { name: 'ada' });
    const [lost] = await Promise.all([until('degraded'), redis.kill()]);
    expect(lost).toMatchObject({ type: 'lost' });
    member.say('are you there?');
    await watcher.record('gauges', (record) => record.broker?.state === 'degraded');
    await redis.restart();
    await until('ready');
    await member.next('chat', ({ content }) => content === 'are you there?');
    await watcher.record('gauges', ({ broker: load }) => load?.state === 'ready' && load.inFlight === 0);
  });

  test('of one in memory is told of no window, for there is none', async () => {
    const watcher = await Watcher.watch((await serve()).url);
    expect(await watcher.record('gauges')).not.toHaveProperty('broker');
  });
});
