/** Whatever Redis does: nothing that was acknowledged is lost, nobody hears anything twice, and the servers live on. */
import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { namesOf } from '../../src/brokers/redis/scripts.ts';
import type { ChatServer } from '../../src/index.ts';
import { HurriedClock } from '../support/hurried-clock.ts';
import { connectWebSocket, joinByWebSocket, WebSocketMember, type Member } from '../support/peers.ts';
import { hasRedis, RedisCluster, type RedisServer, startRedis } from '../support/redis.ts';
import { patient, serve, serveSeveral, untilBroker, type TestServerOptions } from '../support/test-server.ts';
import { Throttle } from '../support/throttle.ts';

const checkMs = 40_000;

/** Where nobody listens. */
const unreachable = 'redis://127.0.0.1:1';

/** Longer than any fault here lasts. */
const long = 60_000;

/** Kept on disk before anything is answered. */
const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];

const onRedis = (url: string, options: TestServerOptions = {}): TestServerOptions => ({
  redis: [url],
  rate: 0,
  brokerWaitMs: long,
  ...options,
});

/** One on each of two servers, in one room. */
async function annAndBob(redis: RedisServer, options?: TestServerOptions) {
  const two = [onRedis(redis.url, options), onRedis(redis.url, options)];
  const servers = (await serveSeveral(two)) as [ChatServer, ChatServer];
  await Promise.all(servers.map((server) => untilBroker(server, 'ready')));
  const [ann, bob] = await Promise.all([
    joinByWebSocket(servers[0], { room: 'tea', name: 'ann' }),
    joinByWebSocket(servers[1], { room: 'tea', name: 'bob' }),
  ]);
  return { servers, ann, bob };
}

/** Says these, each with its content as its id. */
function say(member: Member, contents: readonly string[]): void {
  for (const content of contents) member.send({ type: 'chat', content, id: content });
}

async function hears(member: Member, contents: readonly string[]): Promise<void> {
  for (const content of contents) expect((await member.next('chat')).content).toBe(content);
}

async function isAcked(member: Member, contents: readonly string[]): Promise<void> {
  for (const content of contents) expect((await member.next('ack')).id).toBe(content);
}

/** What it heard in all: offsets without a gap or a repeat, within each life of the room. */
function offsetsOf(member: Member): number[] {
  return member.messages.flatMap((message) => (message.type === 'chat' ? [message.offset] : []));
}

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `message ${from + index}`);

/** How far the room has come in this Redis. */
const offsetIn = async (redis: RedisServer) =>
  Number(await redis.command('HGET', namesOf('tea').hash, 'offset'));

/** The life of the room's numbering in this Redis. An ack that is waited for may come after what it is for. */
const epochIn = async (redis: RedisServer) =>
  String(await redis.command('HGET', namesOf('tea').hash, 'epoch'));

const readiness = async ({ url }: ChatServer) => {
  const answer = await fetch(`${url}/readyz`);
  return [answer.status, ((await answer.json()) as { status: string }).status];
};

/** What Prometheus is told of the broker: the state that it is in. */
const measuredState = async ({ url }: ChatServer) => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return /^hubbub_broker_state\{state="(\w+)"\} 1$/m.exec(text)?.[1];
};

describe.skipIf(!hasRedis)('Redis', patient, () => {
  test('killed, and back with all that it has answered -> what was said meanwhile comes once, in order', async () => {
    const redis = await startRedis(durable);
    const { servers, ann, bob } = await annAndBob(redis);
    say(ann, numbered(1, 5));
    await isAcked(ann, numbered(1, 5));
    await redis.kill();
    await Promise.all(servers.map((server) => untilBroker(server, 'degraded')));
    expect(await readiness(servers[0])).toEqual([503, 'broker degraded']);
    expect(await measuredState(servers[0])).toBe('degraded');
    say(ann, numbered(6, 10));
    await redis.restart();
    await isAcked(ann, numbered(6, 10));
    await hears(bob, numbered(1, 10));
    expect(offsetsOf(bob)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    await Promise.all(servers.map((server) => untilBroker(server, 'ready')));
    expect(await readiness(servers[0])).toEqual([200, 'ready']);
    expect(await measuredState(servers[0])).toBe('ready');
  });

  test('killed again and again while much is said -> everything comes once, in order', async () => {
    const redis = await startRedis(durable);
    const { ann, bob } = await annAndBob(redis, { historyMessages: 2_000 });
    const all = numbered(1, 2_000);
    for (let killed = 0; killed < 4; killed += 1) {
      say(ann, all.slice(killed * 500, (killed + 1) * 500));
      await bob.next('chat', ({ content }) => content === `message ${killed * 500 + 20}`);
      await redis.kill();
      await redis.restart();
    }
    for (const one of [ann, bob]) {
      await one.next('chat', ({ content }) => content === 'message 2000');
      const contents = one.messages.flatMap((message) => (message.type === 'chat' ? [message.content] : []));
      expect(contents.join('\n')).toBe(all.join('\n'));
    }
  });

  test('away for longer than anything may wait -> refused with its id, and taken when it is said again', async () => {
    const redis = await startRedis(durable);
    const { servers, ann, bob } = await annAndBob(redis, { brokerWaitMs: 200 });
    await redis.kill();
    await Promise.all(servers.map((server) => untilBroker(server, 'degraded')));
    say(ann, ['first']);
    expect(await ann.next('error')).toMatchObject({ code: 'unavailable', ref: 'first', retryAfterMs: 1_000 });
    say(ann, ['second']);
    expect(await ann.next('error')).toMatchObject({ code: 'unavailable', ref: 'second' });
    const history = await fetch(`${servers[0].url}/rooms/tea/history`);
    expect(history.status).toBe(503);
    await redis.restart();
    await Promise.all(servers.map((server) => untilBroker(server, 'ready')));
    say(ann, ['first', 'second']);
    await isAcked(ann, ['first', 'second']);
    await hears(bob, ['first', 'second']);
  });

  test('stopped in the middle, and going on -> what it had in hand comes once', async () => {
    const redis = await startRedis();
    const { servers, ann, bob } = await annAndBob(redis, { brokerWaitMs: 1_000 });
    redis.signal('SIGSTOP');
    say(ann, ['held']);
    await Promise.all(servers.map((server) => untilBroker(server, 'degraded')));
    redis.signal('SIGCONT');
    await Promise.all(servers.map((server) => untilBroker(server, 'ready')));
    say(ann, ['held', 'after']);
    await isAcked(ann, ['held']);
    await hears(bob, ['held', 'after']);
    expect(offsetsOf(bob)).toEqual([1, 2]);
  });

  test('frozen -> all that was said is refused while it is, and comes once when it is said again', async () => {
    const redis = await startRedis();
    // One may be on its way: the others wait before it.
    const settings = { brokerWaitMs: 1_000, brokerWindow: 1 };
    const { servers, ann, bob } = await annAndBob(redis, settings);
    redis.signal('SIGSTOP');
    const said = numbered(1, 4);
    say(ann, said);
    const refused = new Set<string | undefined>();
    for (const _ of said) refused.add((await ann.next('error', ({ code }) => code === 'unavailable')).ref);
    expect(refused).toEqual(new Set(said));
    await Promise.all(servers.map((server) => untilBroker(server, 'degraded')));
    redis.signal('SIGCONT');
    await Promise.all(servers.map((server) => untilBroker(server, 'ready')));
    say(ann, said);
    await isAcked(ann, said);
    await hears(bob, said);
    expect(offsetsOf(bob)).toEqual([1, 2, 3, 4]);
  });

  test('back with nothing -> every member is told that the room begins anew, and all that is said in it', async () => {
    const redis = await startRedis();
    const { ann, bob } = await annAndBob(redis);
    say(ann, ['before']);
    await hears(bob, ['before']);
    const { epoch } = await ann.next('ack');
    await redis.kill();
    await redis.restart();
    const isNew = (message: { epoch: string }) => message.epoch !== epoch;
    expect(await ann.next('welcome', isNew)).toMatchObject({ recovered: false, offset: 0 });
    // Whether the other server is back by now or not.
    say(ann, ['after']);
    expect(await bob.next('welcome', isNew)).toMatchObject({ recovered: false, offset: 0 });
    expect(await bob.next('chat')).toMatchObject({ content: 'after', offset: 1 });
  });

  test('back with an older state -> no offset stands for two messages: the room begins anew', async () => {
    const redis = await startRedis();
    const { ann, bob } = await annAndBob(redis);
    say(ann, ['kept']);
    await isAcked(ann, ['kept']);
    await redis.command('SAVE');
    say(ann, ['forgotten 1', 'forgotten 2']);
    await hears(bob, ['kept', 'forgotten 1', 'forgotten 2']);
    await redis.kill();
    await redis.restart();
    for (const member of [ann, bob]) await member.next('welcome', ({ offset }) => offset === 0);
    say(ann, ['after']);
    expect(await bob.next('chat')).toMatchObject({ content: 'after', offset: 1 });
  });

  test.each([
    ['made read-only', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE']],
    ['out of memory', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0']],
  ])('%s, and well again -> what was said waits, and comes', async (_, harm, heal) => {
    const redis = await startRedis();
    const { servers, ann, bob } = await annAndBob(redis);
    await redis.command(...harm);
    say(ann, ['waits']);
    await untilBroker(servers[0], 'degraded');
    await redis.command(...heal);
    await isAcked(ann, ['waits']);
    await hears(bob, ['waits']);
    expect(offsetsOf(bob)).toEqual([1]);
  });

  test('slow -> everything comes in time, and what Redis does not take waits with those who say it', async () => {
    const redis = await startRedis();
    const throttle = await Throttle.before(redis.port, 100_000);
    onTestFinished(() => throttle.close());
    const server = await serve(
      onRedis(`redis://127.0.0.1:${throttle.port}`, {
        brokerWindow: 16,
        broadcastCapacity: 8,
      }),
    );
    const ann = await joinByWebSocket(server, { room: 'tea', name: 'ann' });
    const said = numbered(1, 300);
    say(ann, said);
    await isAcked(ann, said);
    while (offsetsOf(ann).length < said.length) await ann.next('chat');
    expect(offsetsOf(ann)).toEqual(said.map((_, index) => index + 1));
  });

  test('that has dropped the subscribers alone -> they hear what they missed', async () => {
    const redis = await startRedis();
    const { servers, ann, bob } = await annAndBob(redis);
    for (let round = 0; round < 3; round += 1) {
      const lost = [untilBroker(servers[1], 'degraded')];
      await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
      say(ann, numbered(3 * round + 1, 3 * round + 3));
      await Promise.all(lost);
    }
    await hears(bob, numbered(1, 9));
    expect(offsetsOf(bob)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('that forgets its scripts -> they are loaded again', async () => {
    const redis = await startRedis();
    const { ann, bob } = await annAndBob(redis);
    await redis.command('SCRIPT', 'FLUSH');
    say(ann, ['hello']);
    await hears(bob, ['hello']);
    expect(offsetsOf(bob)).toEqual([1]);
  });

  test('that comes after the servers -> they are ready then, and those who have come are let in', async () => {
    const redis = await startRedis();
    await redis.kill();
    const server = await serve(onRedis(redis.url));
    expect(await readiness(server)).toEqual([503, 'broker connecting']);
    const ann = new WebSocketMember(`${server.url}/ws/tea?name=ann`, {});
    await redis.restart();
    await ann.next('welcome');
    say(ann, ['hello']);
    await isAcked(ann, ['hello']);
  });

  test('with keys of a room that are all not ours -> every other room is as ever', async () => {
    const redis = await startRedis();
    const clock = new HurriedClock();
    const server = await serve(onRedis(redis.url, { clock }));
    const ann = await joinByWebSocket(server, { room: 'tea', name: 'ann' });
    const { hash, log, servers } = namesOf('broken');
    for (const name of [hash, log, servers]) await redis.command('SET', name, 'not ours');
    ann.send({ type: 'join', room: 'broken' });
    expect(await ann.next('error')).toMatchObject({ code: 'unavailable', room: 'broken' });
    const bob = connectWebSocket(server, { room: 'broken', name: 'bob' });
    expect(await bob.next('error')).toMatchObject({ code: 'unavailable', room: 'broken' });
    expect((await bob.closed).code).toBe(4006);
    say(ann, ['hello']);
    await isAcked(ann, ['hello']);
    clock.hurry(checkMs);
    // A new link finds it as it is, too.
    await redis.command('CLIENT', 'KILL', 'TYPE', 'normal');
    await untilBroker(server, 'degraded');
    await untilBroker(server, 'ready');
    say(ann, ['all is well']);
    await hears(ann, ['hello', 'all is well']);
    expect(offsetsOf(ann)).toEqual([1, 2]);
    await redis.command('DEL', hash, log, servers);
    ann.send({ type: 'join', room: 'broken' });
    expect(await ann.next('welcome', ({ room }) => room === 'broken')).toMatchObject({ offset: 0 });
    await server.stop();
  });

  test('emptied, with rooms that are called as its lists might be -> they are rooms like any other', async () => {
    const redis = await startRedis();
    const { servers, ann, bob } = await annAndBob(redis);
    const rooms = ['servers', 'probe', 'rooms', 'log', 'news'];
    for (const member of [ann, bob]) {
      for (const room of rooms) {
        member.send({ type: 'join', room });
        await member.next('welcome', (welcome) => welcome.room === room);
      }
    }
    await redis.kill();
    await Promise.all(servers.map((server) => untilBroker(server, 'degraded')));
    await redis.restart();
    await Promise.all(servers.map((server) => untilBroker(server, 'ready')));
    for (const room of rooms) {
      ann.send({ type: 'chat', room, content: room, id: room });
      await isAcked(ann, [room]);
      expect((await bob.next('chat', ({ content }) => content === room)).offset).toBe(1);
    }
  });

  test('never there -> the server stops, and leaves nothing', async () => {
    const redis = await startRedis();
    await redis.kill();
    const server = await serve(onRedis(redis.url));
    expect((await server.stop()).leaks).toEqual([]);
  });

  test('with a key that is not ours -> that room alone is refused', async () => {
    const redis = await startRedis();
    const { servers, ann, bob } = await annAndBob(redis);
    await redis.command('SET', namesOf('broken').log, 'not a stream');
    await redis.command('HSET', namesOf('broken').hash, 'epoch', 'e', 'offset', '1');
    ann.send({ type: 'join', room: 'broken' });
    await ann.next('welcome', ({ room }) => room === 'broken');
    ann.send({ type: 'chat', room: 'broken', content: 'hello', id: 'id' });
    expect(await ann.next('error')).toMatchObject({ code: 'unavailable', ref: 'id' });
    say(ann, ['all is well']);
    await hears(bob, ['all is well']);
    expect(servers.map(({ brokerState }) => brokerState)).toEqual(['ready', 'ready']);
  });
});

/** A logger, and what it was told. */
function listeningLogger() {
  const lines: string[] = [];
  return { logger: pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) }), lines };
}

/** Gives its replicas what they ask for without waiting for more of them to ask. */
const startMaster = () => startRedis(['--repl-diskless-sync-delay', '0']);

const replicaOf = ({ port }: RedisServer) => startRedis(['--replicaof', '127.0.0.1', String(port)]);

describe.skipIf(!hasRedis)('a replica', patient, () => {
  test('that takes over from a master that is gone for good -> nothing that it has is lost, and all goes on there', async () => {
    const master = await startMaster();
    const replica = await replicaOf(master);
    const settings = onRedis('', { redis: [master.url, replica.url] });
    const servers = (await serveSeveral([settings, settings])) as [ChatServer, ChatServer];
    await Promise.all(servers.map((server) => untilBroker(server, 'ready')));
    const ann = await joinByWebSocket(servers[0], { room: 'tea', name: 'ann' });
    const bob = await joinByWebSocket(servers[1], { room: 'tea', name: 'bob' });
    say(ann, numbered(1, 5));
    await isAcked(ann, numbered(1, 5));
    while ((await offsetIn(replica)) < 5) await pause(20);
    await master.kill();
    await Promise.all(servers.map((server) => untilBroker(server, 'degraded')));
    say(ann, numbered(6, 10));
    // Until it is promoted it can be read, and nothing can be said there.
    await replica.command('REPLICAOF', 'NO', 'ONE');
    await isAcked(ann, numbered(6, 10));
    await hears(bob, numbered(1, 10));
    expect(offsetsOf(bob)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(ann.messages.filter(({ type }) => type === 'welcome')).toHaveLength(1);
  });

  test('beside its master -> that is where all goes, whichever URL is first', async () => {
    const master = await startMaster();
    const replica = await replicaOf(master);
    const server = await serve(onRedis('', { redis: [replica.url, master.url] }));
    const ann = await joinByWebSocket(server, { room: 'tea', name: 'ann' });
    say(ann, ['hello']);
    await isAcked(ann, ['hello']);
    expect(await offsetIn(master)).toBe(1);
  });

  test('alone -> never ready, and the log says whose it is', async () => {
    const master = await startMaster();
    const replica = await replicaOf(master);
    const { logger, lines } = listeningLogger();
    const server = await serve(onRedis(replica.url, { logger }));
    const problem = `127.0.0.1:${replica.port} is a replica of 127.0.0.1:${master.port}`;
    await vi.waitUntil(() => lines.join().includes(problem), patient);
    expect(await readiness(server)).toEqual([503, 'broker connecting']);
  });

  test('beside another master -> nobody new is ready until one gives in, and then all are on one', async () => {
    const old = await startMaster();
    const promoted = await replicaOf(old);
    const urls = [old.url, promoted.url];
    const first = await serve(onRedis('', { redis: urls }));
    const ann = await joinByWebSocket(first, { room: 'tea', name: 'ann' });
    say(ann, numbered(1, 3));
    await isAcked(ann, numbered(1, 3));
    while ((await offsetIn(promoted)) < 3) await pause(20);
    await promoted.command('REPLICAOF', 'NO', 'ONE');
    const { logger, lines } = listeningLogger();
    const second = await serve(onRedis('', { redis: urls, logger }));
    await vi.waitUntil(() => lines.join().includes('are masters: make one of them a replica'), patient);
    expect(await readiness(second)).toEqual([503, 'broker connecting']);
    await old.command('REPLICAOF', '127.0.0.1', String(promoted.port));
    const bob = await joinByWebSocket(second, { room: 'tea', name: 'bob' });
    say(ann, ['on the promoted one']);
    await isAcked(ann, ['on the promoted one']);
    await hears(bob, ['on the promoted one']);
    expect(offsetsOf(ann)).toEqual([1, 2, 3, 4]);
    expect(await offsetIn(promoted)).toBe(4);
    await Promise.all([first.stop(), second.stop()]);
  });
});

describe.skipIf(!hasRedis)('an old master', patient, () => {
  test('that gives in while nobody says anything -> is left all the same', async () => {
    const old = await startMaster();
    const promoted = await replicaOf(old);
    // What nobody says is not what tells: this server's presence is told again long after the end of this test.
    const settings = {
      redis: [old.url, promoted.url],
      brokerWaitMs: 500,
      presenceTtlMs: 20 * patient.timeout,
    };
    const server = await serve(onRedis('', settings));
    await untilBroker(server, 'ready');
    await promoted.command('REPLICAOF', 'NO', 'ONE');
    const lost = untilBroker(server, 'degraded');
    await old.command('REPLICAOF', '127.0.0.1', String(promoted.port));
    await lost;
    await untilBroker(server, 'ready');
    const ann = await joinByWebSocket(server, { room: 'tea', name: 'ann' });
    say(ann, ['hello']);
    await isAcked(ann, ['hello']);
    expect(await offsetIn(promoted)).toBe(1);
  });

  test('that a server is linked to stays its own; once it gives in, all are told that the room begins anew', async () => {
    const old = await startMaster();
    const promoted = await replicaOf(old);
    const first = await serve(onRedis('', { redis: [old.url, promoted.url] }));
    const ann = await joinByWebSocket(first, { room: 'tea', name: 'ann' });
    say(ann, numbered(1, 3));
    await isAcked(ann, numbered(1, 3));
    while ((await offsetIn(promoted)) < 3) await pause(20);
    await promoted.command('REPLICAOF', 'NO', 'ONE');
    const second = await serve(onRedis(promoted.url));
    const bob = await joinByWebSocket(second, { room: 'tea', name: 'bob' });
    for (const member of [ann, bob]) {
      say(member, ['fourth']);
      expect((await member.next('ack', ({ id }) => id === 'fourth')).offset).toBe(4);
    }
    await old.command('REPLICAOF', '127.0.0.1', String(promoted.port));
    say(ann, ['on the promoted one']);
    const { epoch, recovered } = await ann.next('welcome');
    expect(recovered).toBe(false);
    await isAcked(ann, ['on the promoted one']);
    expect(await bob.next('welcome', (welcome) => welcome.epoch === epoch)).toMatchObject({
      recovered: false,
    });
    await Promise.all([first.stop(), second.stop()]);
  });

  test('that needs a replica to write, and whose replica was promoted -> takes nothing from whoever reaches it alone', async () => {
    const old = await startRedis(['--repl-diskless-sync-delay', '0', '--min-replicas-to-write', '1']);
    const promoted = await replicaOf(old);
    while (!String(await old.command('INFO', 'replication')).includes('min_slaves_good_slaves:1'))
      await pause(20);
    const server = await serve(onRedis('', { redis: [old.url, unreachable], brokerWaitMs: 1_000 }));
    const ann = await joinByWebSocket(server, { room: 'tea', name: 'ann' });
    say(ann, ['copied']);
    await isAcked(ann, ['copied']);
    await promoted.command('REPLICAOF', 'NO', 'ONE');
    say(ann, ['alone']);
    expect(await ann.next('error')).toMatchObject({ code: 'unavailable', ref: 'alone' });
    expect(await readiness(server)).toEqual([503, 'broker degraded']);
    expect(await offsetIn(old)).toBe(1);
  });
});

describe.skipIf(!hasRedis)('a master of a cluster', patient, () => {
  test('killed, and back with all that it has answered -> what was said in its rooms meanwhile comes once', async () => {
    const cluster = await RedisCluster.start(durable);
    onTestFinished(() => cluster.stop());
    const urls = cluster.nodes.map(({ url }) => url);
    const server = await serve(onRedis('', { redis: urls }));
    await untilBroker(server, 'ready');
    const ann = await joinByWebSocket(server, { room: 'tea', name: 'ann' });
    // The first and the fourth are in the shard that is killed.
    const rooms = ['tea', 'coffee', 'milk', 'juice', 'water'];
    for (const room of rooms.slice(1)) {
      ann.send({ type: 'join', room });
      await ann.next('welcome', (welcome) => welcome.room === room);
    }
    const sayInAll = (contents: readonly string[]) => {
      for (const content of contents) {
        for (const room of rooms) ann.send({ type: 'chat', room, content, id: `${content} in ${room}` });
      }
    };
    const [doomed] = cluster.nodes;
    sayInAll(numbered(1, 3));
    await doomed?.kill();
    await untilBroker(server, 'degraded');
    sayInAll(numbered(4, 6));
    await doomed?.restart();
    const heard = (room: string) =>
      ann.messages.flatMap((message) =>
        message.type === 'chat' && message.room === room ? [message.content] : [],
      );
    while (rooms.some((room) => heard(room).length < 6)) await ann.next('chat');
    for (const room of rooms) expect(heard(room)).toEqual(numbered(1, 6));
  });
});

/** Resolves once its replica has all that it has. */
async function untilCopied(master: RedisServer): Promise<void> {
  const isCopied = async () => {
    const info = String(await master.command('INFO', 'replication'));
    const [, copied] = /^slave0:.*state=online,offset=(\d+)/m.exec(info) ?? [];
    return copied === /^master_repl_offset:(\d+)/m.exec(info)?.[1];
  };
  while (!(await isCopied())) await pause(20);
}

describe.skipIf(!hasRedis)('a replica in a cluster', patient, () => {
  test('takes over from a master that is gone for good -> all that it has is delivered once, and all goes on', async () => {
    const cluster = await RedisCluster.start(['--repl-diskless-sync-delay', '0'], 1);
    onTestFinished(() => cluster.stop());
    const [doomed] = cluster.nodes as [RedisServer];
    const settings = onRedis('', { redis: cluster.nodes.map(({ url }) => url) });
    const servers = (await serveSeveral([settings, settings])) as [ChatServer, ChatServer];
    const ann = await joinByWebSocket(servers[0], { room: 'tea', name: 'ann' });
    const bob = await joinByWebSocket(servers[1], { room: 'tea', name: 'bob' });
    say(ann, numbered(1, 5));
    await isAcked(ann, numbered(1, 5));
    await untilCopied(doomed);
    await doomed.kill();
    say(ann, numbered(6, 10));
    await isAcked(ann, numbered(6, 10));
    await hears(bob, numbered(1, 10));
    expect(offsetsOf(bob)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    await Promise.all(servers.map((server) => untilBroker(server, 'ready')));
  });
});

/** Puts a message into a room's log as if all who should have heard of it had not. */
async function whisper(redis: RedisServer, epoch: string, offset: number, content: string): Promise<void> {
  const { hash, log } = namesOf('tea');
  const about = { id: content, room: 'tea', sender: 'cid', content, timestamp: 'then' };
  const text = JSON.stringify({ type: 'chat', ...about });
  await redis.command('HSET', hash, 'epoch', epoch, 'offset', String(offset));
  await redis.command('XADD', log, `${offset}-0`, 'at', String(Date.now()), 'text', text);
}

describe.skipIf(!hasRedis)('a message that Redis told nobody of', patient, () => {
  test('is read from the log before the next one is told', async () => {
    const redis = await startRedis();
    const { ann, bob } = await annAndBob(redis);
    say(ann, ['heard']);
    for (const member of [ann, bob]) await hears(member, ['heard']);
    await whisper(redis, await epochIn(redis), 2, 'whispered');
    say(ann, ['last']);
    for (const member of [ann, bob]) {
      await hears(member, ['whispered', 'last']);
      expect(offsetsOf(member)).toEqual([1, 2, 3]);
    }
  });

  test('with nothing after it -> is found when the place is looked at', async () => {
    const redis = await startRedis();
    const clock = new HurriedClock();
    const server = await serve(onRedis(redis.url, { clock }));
    const ann = await joinByWebSocket(server, { room: 'tea', name: 'ann' });
    say(ann, ['heard']);
    await hears(ann, ['heard']);
    await whisper(redis, await epochIn(redis), 2, 'whispered');
    clock.hurry(checkMs);
    await hears(ann, ['whispered']);
    expect(offsetsOf(ann)).toEqual([1, 2]);
    await server.stop();
  });

  test('and that is kept no more -> everyone is told that something is missing', async () => {
    const redis = await startRedis();
    const { ann, bob } = await annAndBob(redis);
    say(ann, ['heard']);
    const { epoch } = await ann.next('ack');
    await whisper(redis, epoch, 9, 'of many');
    say(ann, ['last']);
    for (const member of [ann, bob]) {
      expect(await member.next('welcome')).toMatchObject({ recovered: false, epoch, offset: 10 });
    }
  });
});

describe.skipIf(!hasRedis)('a room’s limit', patient, () => {
  test('is one for all servers, and does not count what is said again', async () => {
    const redis = await startRedis();
    const { ann, bob } = await annAndBob(redis, { roomRate: 1, roomBurst: 10 });
    const startedAt = performance.now();
    say(ann, ['again', 'again', 'again', 'again']);
    await isAcked(ann, ['again', 'again', 'again', 'again']);
    for (const member of [ann, bob]) {
      say(member, numbered(1, 20));
      const { retryAfterMs = 0 } = await member.next('error', ({ code }) => code === 'rate_limited');
      expect(retryAfterMs).toBeGreaterThan(0);
      expect(retryAfterMs).toBeLessThanOrEqual(1_000);
      await member.next('error', ({ ref }) => ref === 'message 20');
    }
    const most = 10 + Math.ceil((performance.now() - startedAt) / 1_000);
    expect(Math.max(...offsetsOf(ann), ...offsetsOf(bob))).toBeLessThanOrEqual(most);
  });
});

describe.skipIf(!hasRedis)('one who comes back to another server', patient, () => {
  test('is told what it has missed, once', async () => {
    const redis = await startRedis();
    const { servers, ann, bob } = await annAndBob(redis);
    say(ann, numbered(1, 3));
    await hears(bob, numbered(1, 3));
    const { epoch } = await ann.next('ack');
    bob.vanish();
    say(ann, numbered(4, 6));
    await isAcked(ann, numbered(2, 6));
    const back = new WebSocketMember(`${servers[0].url}/ws/tea?name=bob&after=3&epoch=${epoch}`, {});
    expect(await back.next('welcome')).toMatchObject({ recovered: true, epoch, offset: 6 });
    await hears(back, numbered(4, 6));
  });
});
