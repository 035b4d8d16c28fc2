/** Who is where, over several servers on one Redis. */
import { isDeepStrictEqual } from 'node:util';
import { pino } from 'pino';
import { describe, expect, test, vi } from 'vitest';
import { namesOf, serversName } from '../../src/brokers/redis/scripts.ts';
import type { ChatServer } from '../../src/index.ts';
import { joinByWebSocket } from '../support/peers.ts';
import { startHubbub } from '../support/processes.ts';
import { hasRedis, type RedisServer, startRedis } from '../support/redis.ts';
import { patient, serveSeveral, untilBroker } from '../support/test-server.ts';

async function serveTwo(): Promise<{ redis: RedisServer; one: ChatServer; other: ChatServer }> {
  const redis = await startRedis();
  const settings = { redis: [redis.url], presenceBurst: 100 };
  const [one, other] = (await serveSeveral([settings, settings])) as [ChatServer, ChatServer];
  return { redis, one, other };
}

async function read(server: Pick<ChatServer, 'url'>, path: string): Promise<unknown> {
  return (await fetch(server.url + path)).json();
}

describe.skipIf(!hasRedis)('presence on several servers', patient, () => {
  test('is one: who comes and who goes is told everywhere, at once, by name', async () => {
    const { one, other } = await serveTwo();
    const ann = await joinByWebSocket(one, { room: 'tea', name: 'ann' });
    const bob = await joinByWebSocket(other, { room: 'tea', name: 'bob' });
    expect(await ann.next('system', ({ sender }) => sender === 'bob')).toMatchObject({
      event: 'joined',
      members: 2,
    });
    const cid = await joinByWebSocket(one, { room: 'tea', name: 'cid' });
    expect(cid.messages[0]).toMatchObject({ type: 'welcome', members: 3 });
    expect(await bob.next('system', ({ sender }) => sender === 'cid')).toMatchObject({
      event: 'joined',
      members: 3,
    });
    bob.close();
    expect(await ann.next('system', ({ event }) => event === 'left')).toMatchObject({
      sender: 'bob',
      members: 2,
    });
    expect(other.hub.rooms.size).toBe(0);
  });

  test('is listed by every server, whoever is on it', async () => {
    const { one, other } = await serveTwo();
    const ann = await joinByWebSocket(one, { room: 'tea', name: 'ann' });
    await joinByWebSocket(other, { room: 'tea', name: 'bob' });
    await joinByWebSocket(other, { room: 'milk', name: 'cid' });
    await ann.next('system', ({ members }) => members === 2);
    for (const server of [one, other]) {
      expect(await read(server, '/rooms')).toEqual({
        total: 2,
        rooms: [
          { name: 'tea', members: 2 },
          { name: 'milk', members: 1 },
        ],
        complete: true,
      });
      const tea = (await read(server, '/rooms/tea')) as { names: string[] };
      expect(tea).toMatchObject({ members: 2, complete: true, offset: 0 });
      expect(tea.names.toSorted()).toEqual(['ann', 'bob']);
    }
    const milk = await read(one, '/rooms/milk');
    expect(milk).toMatchObject({
      members: 1,
      names: ['cid'],
      epoch: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    });
  });

  test('with a list of servers that is not ours -> incomplete, and chats go on; whole once that is deleted', async () => {
    const redis = await startRedis();
    await redis.command('SET', serversName, 'not ours');
    const lines: string[] = [];
    const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
    const settings = { redis: [redis.url], presenceTtlMs: 2_000, logger };
    const [one, other] = (await serveSeveral([settings, settings])) as [ChatServer, ChatServer];
    await Promise.all([one, other].map((server) => untilBroker(server, 'ready')));
    const ann = await joinByWebSocket(one, { room: 'tea', name: 'ann' });
    const bob = await joinByWebSocket(other, { room: 'tea', name: 'bob' });
    ann.say('hello');
    expect((await bob.next('chat')).content).toBe('hello');
    expect(await read(one, '/rooms')).toEqual({
      total: 1,
      rooms: [{ name: 'tea', members: 1 }],
      complete: false,
    });
    expect(lines.join()).toContain('somebody else wrote to one of the keys hubbub:servers: delete it');
    await redis.command('DEL', serversName);
    const whole = { total: 1, rooms: [{ name: 'tea', members: 2 }], complete: true };
    await vi.waitUntil(async () => isDeepStrictEqual(await read(one, '/rooms'), whole), patient);
  });

  test('of a server that keeps its members in another way -> counted, and their names alone are missing', async () => {
    const { redis, one, other } = await serveTwo();
    const ann = await joinByWebSocket(one, { room: 'tea', name: 'ann' });
    await joinByWebSocket(other, { room: 'tea', name: 'bob' });
    await ann.next('system', ({ members }) => members === 2);
    const { members, servers } = namesOf('tea');
    await redis.command('HSET', `${members}old`, 'id', 'cid');
    await redis.command('HSET', servers, 'old', `1 ${Date.now() + 60_000}`);
    await joinByWebSocket(other, { room: 'tea', name: 'dan' });
    await ann.next('system', ({ members: all }) => all === 4);
    const tea = (await read(one, '/rooms/tea')) as { names: string[] };
    expect(tea).toMatchObject({ members: 4, complete: false });
    expect(tea.names.toSorted()).toEqual(['ann', 'bob', 'dan']);
  });

  test('of a server that is killed ends within its time; Redis away leaves it incomplete, and no error', async () => {
    const redis = await startRedis();
    const flags = ['--redis', redis.url, '--presence-ttl', '2s', '--port', '0'];
    const [doomed, survivor] = [startHubbub(flags), startHubbub(flags)];
    const [, at = ''] = await doomed.line(/(http:\/\/[\d.:]+)\//);
    const [, on = ''] = await survivor.line(/(http:\/\/[\d.:]+)\//);
    const ann = await joinByWebSocket({ url: on } as ChatServer, { room: 'tea', name: 'ann' });
    await joinByWebSocket({ url: at } as ChatServer, { room: 'tea', name: 'bob' });
    await ann.next('system', ({ members }) => members === 2);
    const startedAt = performance.now();
    doomed.signal('SIGKILL');
    expect(await ann.next('system', ({ members }) => members === 1)).toMatchObject({ left: 1 });
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    await redis.kill();
    await survivor.line(/Redis is away/);
    expect(await read({ url: on }, '/rooms')).toMatchObject({ total: 1, complete: false });
    expect(await read({ url: on }, '/rooms/tea')).toMatchObject({ names: ['ann'], complete: false });
  });
});
