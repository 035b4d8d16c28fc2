/** What Redis has of a room, and what a server asks of it. */
import { describe, expect, test, vi } from 'vitest';
import { namesOf } from '../../src/brokers/redis/scripts.ts';
import { joinByWebSocket, type Member } from '../support/peers.ts';
import { hasRedis, type RedisServer, startRedis } from '../support/redis.ts';
import { patient, serve, type TestServerOptions } from '../support/test-server.ts';

async function annOnRedis(options: TestServerOptions = {}): Promise<{ redis: RedisServer; ann: Member }> {
  const redis = await startRedis();
  const server = await serve({ redis: [redis.url], rate: 0, ...options });
  return { redis, ann: await joinByWebSocket(server, { room: 'tea', name: 'ann' }) };
}

/** Says it, and waits until Redis has it. */
async function say(member: Member, content: string): Promise<void> {
  member.send({ type: 'chat', content, id: content });
  await member.next('ack', ({ id }) => id === content);
}

/** The offsets of the messages in the room's log. */
async function keptIn(redis: RedisServer): Promise<number[]> {
  const entries = (await redis.command('XRANGE', namesOf('tea').log, '-', '+')) as [string, unknown][];
  return entries.map(([id]) => Number.parseInt(id, 10));
}

type Four = readonly [string, string, string, string];

describe.skipIf(!hasRedis)('a room in Redis', patient, () => {
  test('has as many messages as are kept, the last ones', async () => {
    const { redis, ann } = await annOnRedis({ historyMessages: 3 });
    for (const content of ['1', '2', '3', '4', '5']) await say(ann, content);
    expect(await keptIn(redis)).toEqual([3, 4, 5]);
  });

  test('has none that is too old: those go with the next one, and all with time', async () => {
    const { redis, ann } = await annOnRedis({ historyAgeMs: 60_000 });
    await say(ann, 'young');
    const { hash, log } = namesOf('tea');
    const [[, [, , , text]]] = (await redis.command('XRANGE', log, '-', '+')) as [[string, Four]];
    await redis.command('DEL', log);
    await redis.command('XADD', log, '1-0', 'at', String(Date.now() - 61_000), 'text', text);
    await redis.command('XADD', log, '2-0', 'at', String(Date.now() - 50_000), 'text', text);
    await redis.command('HSET', hash, 'offset', '2');
    await say(ann, 'last');
    expect(await keptIn(redis)).toEqual([2, 3]);
    expect(Number(await redis.command('PTTL', log))).toBeLessThanOrEqual(60_000);
  });

  test('is heard by a server while it has members in it, and no longer', async () => {
    const { redis, ann } = await annOnRedis();
    const channels = async () => String(await redis.command('PUBSUB', 'SHARDCHANNELS'));
    expect(await channels()).toBe(namesOf('tea').channel);
    ann.send({ type: 'join', room: 'coffee' });
    await ann.next('welcome', ({ room }) => room === 'coffee');
    ann.send({ type: 'leave', room: 'tea' });
    const { channel } = namesOf('coffee');
    await vi.waitUntil(async () => (await channels()) === channel, patient);
  });
});
