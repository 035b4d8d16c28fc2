/** Limits as those who connect meet them, on two servers that share them by Redis. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { ChatServer } from '../../src/index.ts';
import { connectWebSocket, joinByWebSocket } from '../support/peers.ts';
import { startHubbub } from '../support/processes.ts';
import { RawClient } from '../support/raw-client.ts';
import { hasRedis, type RedisServer, startRedis } from '../support/redis.ts';
import { patient, serve, serveSeveral, untilBroker, type TestServerOptions } from '../support/test-server.ts';

async function serveTwo(settings: TestServerOptions): Promise<[ChatServer, ChatServer, RedisServer]> {
  const redis = await startRedis();
  const both = { redis: [redis.url], rate: 0, ...settings };
  const [one, other] = (await serveSeveral([both, both])) as [ChatServer, ChatServer];
  await Promise.all([one, other].map((server) => untilBroker(server, 'ready')));
  return [one, other, redis];
}

interface Url {
  readonly url: string;
}

/** Asks for a WebSocket. @returns the status of the answer, and what comes in by it. */
async function knock({ url }: Url): Promise<{ status: number; client: RawClient; retryAfter?: string }> {
  const client = await RawClient.connect(url);
  const { status, headers } = client.answer;
  const retryAfter = headers.get('retry-after');
  return { status, client, ...(retryAfter === undefined ? {} : { retryAfter }) };
}

async function letIn(server: Url): Promise<RawClient> {
  for (;;) {
    const { status, client } = await knock(server);
    if (status === 101) return client;
    await pause(20);
  }
}

async function post({ url }: Url, name: string, id: string): Promise<{ status: number; answer: unknown }> {
  const body = JSON.stringify({ content: id, name, id });
  const response = await fetch(`${url}/rooms/tea/messages`, { method: 'POST', body });
  return { status: response.status, answer: await response.json() };
}

async function metric({ url }: Url, name: string): Promise<string | undefined> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1];
}

describe('a user’s limit', patient, () => {
  test('in memory holds over all connections and posts, and keeps the order', async () => {
    const server = await serve({ rate: 0, userRate: 1, userBurst: 6 });
    const startedAt = performance.now();
    const ann = await joinByWebSocket(server, { room: 'tea', name: 'ann' });
    const again = await joinByWebSocket(server, { room: 'tea', name: 'ann' });
    for (let number = 1; number <= 4; number += 1)
      ann.send({ type: 'chat', content: `${number}`, id: `${number}` });
    await ann.next('ack', ({ id }) => id === '4');
    expect((await post(server, 'ann', '5')).status).toBe(201);
    again.send({ type: 'chat', content: '6', id: '6' });
    await again.next('ack');
    for (let number = 7; number <= 20; number += 1)
      again.send({ type: 'chat', content: `${number}`, id: `${number}` });
    const { retryAfterMs } = await again.next('error', ({ ref }) => ref === '20');
    expect(retryAfterMs).toBeGreaterThan(0);
    const said = again.messages.flatMap((message) => (message.type === 'ack' ? [Number(message.id)] : []));
    expect(said).toEqual(said.toSorted((a, b) => a - b));
    expect(said.length + 5).toBeLessThanOrEqual(6 + Math.ceil((performance.now() - startedAt) / 1_000));
    const bob = await joinByWebSocket(server, { room: 'tea', name: 'bob' });
    bob.send({ type: 'chat', content: 'hello', id: 'hello' });
    await bob.next('ack');
  });
});

describe.skipIf(!hasRedis)('on two servers', patient, () => {
  test('a user’s limit is one, by whatever transport, and one sender’s messages keep their order', async () => {
    const [one, other] = await serveTwo({ userRate: 1, userBurst: 10 });
    const startedAt = performance.now();
    const ann = await joinByWebSocket(one, { room: 'tea', name: 'ann' });
    const bob = await joinByWebSocket(other, { room: 'tea', name: 'bob' });
    for (let number = 1; number <= 6; number += 1)
      ann.send({ type: 'chat', content: `${number}`, id: `${number}` });
    await ann.next('ack', ({ id }) => id === '6');
    const posts = await Promise.all(Array.from({ length: 8 }, (_, index) => post(other, 'ann', `p${index}`)));
    const refused = posts.filter(({ status }) => status !== 201);
    const most = 4 + Math.ceil((performance.now() - startedAt) / 1_000);
    expect(8 - refused.length).toBeLessThanOrEqual(most);
    for (const { status, answer } of refused) {
      expect(status).toBe(429);
      expect(answer).toMatchObject({
        type: 'error',
        code: 'rate_limited',
        ref: expect.stringMatching(/^p/) as string,
        retryAfterMs: expect.any(Number) as number,
      });
    }
    for (let number = 7; number <= 40; number += 1)
      ann.send({ type: 'chat', content: `${number}`, id: `${number}` });
    expect(await ann.next('error', ({ ref }) => ref === '40')).toMatchObject({ code: 'rate_limited' });
    bob.send({ type: 'chat', content: 'I may', id: 'I may' });
    await bob.next('ack');
    const heard = bob.messages.flatMap((message) =>
      message.type === 'chat' && /^\d+$/.test(message.content) ? [Number(message.content)] : [],
    );
    expect(heard.slice(0, 6)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(heard).toEqual(heard.toSorted((a, b) => a - b));
  });

  test('connections of one address are counted together, and given back at once', async () => {
    const [one, other] = await serveTwo({ maxConnectionsPerAddress: 2 });
    const first = await knock(one);
    const stream = await fetch(`${other.url}/sse/tea`);
    expect([first.status, stream.status]).toEqual([101, 200]);
    for (const server of [one, other])
      expect(await knock(server)).toMatchObject({ status: 429, retryAfter: '5' });
    expect((await fetch(`${one.url}/poll/tea?wait=0`)).status).toBe(429);
    await stream.body?.cancel();
    const second = await letIn(one);
    expect((await knock(other)).status).toBe(429);
    for (const client of [first.client, second]) client.vanish();
    await letIn(other);
    await letIn(other);
    expect((await knock(one)).status).toBe(429);
  });

  test('connections of one user are counted together: one more is closed with 4504', async () => {
    const [one, other] = await serveTwo({ maxConnectionsPerUser: 1 });
    const ann = await joinByWebSocket(one, { name: 'ann' });
    expect(await connectWebSocket(other, { name: 'ann' }).closed).toMatchObject({ code: 4504 });
    const poll = (await (await fetch(`${other.url}/poll/general?name=ann&wait=0`)).json()) as object;
    expect(poll).toMatchObject({ close: { code: 4504 } });
    await joinByWebSocket(other, { name: 'bob' });
    ann.close();
    await ann.closed;
    for (;;) {
      const again = connectWebSocket(other, { name: 'ann' });
      const isIn = again.next('welcome').then(
        () => true,
        () => false,
      );
      if (await isIn) break;
    }
    expect(await connectWebSocket(one, { name: 'ann' }).closed).toMatchObject({ code: 4504 });
  });

  test('what a killed one had is given back within its time; without Redis each goes on alone, and says so', async () => {
    const redis = await startRedis();
    const flags = `--redis ${redis.url} --port 0 --max-connections-per-address 2 --presence-ttl 2s`.split(
      ' ',
    );
    const [doomed, survivor] = [startHubbub(flags), startHubbub(flags)];
    const [, at = ''] = await doomed.line(/(http:\/\/[\d.:]+)\//);
    const [, on = ''] = await survivor.line(/(http:\/\/[\d.:]+)\//);
    await Promise.all([doomed, survivor].map((child) => child.line(/limits are shared/)));
    for (let count = 0; count < 2; count += 1) expect((await knock({ url: at })).status).toBe(101);
    expect((await knock({ url: on })).status).toBe(429);
    doomed.signal('SIGKILL');
    await letIn({ url: on });
    expect(await metric({ url: on }, 'hubbub_limits_shared')).toBe('1');
    await redis.kill();
    await survivor.line(/limits are this server’s own/);
    expect(await metric({ url: on }, 'hubbub_limits_shared')).toBe('0');
    await letIn({ url: on });
    expect((await knock({ url: on })).status).toBe(429);
    await redis.restart();
    while ((await metric({ url: on }, 'hubbub_limits_shared')) !== '1') await pause(20);
    expect((await knock({ url: on })).status).toBe(429);
    const held = await redis.command('HVALS', 'hubbub:{address:127.0.0.1}:connections');
    expect(held).toEqual([expect.stringMatching(/^2 /)]);
  });
});
