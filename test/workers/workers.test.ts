/** Several workers on one port, as they are run: with a real Redis, in processes of their own, and clients that come back. */
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { messagesOf, runHubbub, startHubbub } from '../support/processes.ts';
import { hasRedis, RedisServer } from '../support/redis.ts';
import { Talkers } from '../support/talkers.ts';
import { Installation, stillThere, WorkerServer, type AllStats } from '../support/worker-server.ts';

// Each test starts Node several times, which a busy machine does not do within the usual five seconds.
const patient = { timeout: 120_000 };

/** Opens a connection that says and asks nothing. */
async function enter({ url }: WorkerServer): Promise<WebSocket> {
  const member = new WebSocket(`${url.replace('http', 'ws')}/ws/tea`);
  onTestFinished(() => member.terminate());
  await once(member, 'open');
  return member;
}

async function closeCodeOf(member: WebSocket): Promise<number> {
  const [code] = (await once(member, 'close')) as [number];
  return code;
}

/** Asks by the connection that the agent keeps. */
async function statsBy(agent: Agent, { url }: WorkerServer): Promise<AllStats> {
  const [response] = (await once(get(`${url}/stats`, { agent }), 'response')) as [IncomingMessage];
  return (await json(response)) as AllStats;
}

/** The samples of the metrics, by name and labels. */
async function samplesOf({ url }: WorkerServer): Promise<Record<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(lines.map((line) => [line.replace(/ \S+$/, ''), Number(/\S+$/.exec(line)?.[0])]));
}

describe.skipIf(!hasRedis)('workers', patient, () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  beforeEach(async () => {
    await redis.command('FLUSHALL');
  });
  afterAll(() => redis.stop());

  test('share a port and its rooms, and each answers for all', async () => {
    const server = await WorkerServer.start(redis);
    const talkers = await Talkers.join(server.url, ['websocket', 'websocket', 'websocket', 'websocket']);
    await talkers.allKnown();
    const { messagesSent: announced } = await server.statsOfAll();
    talkers.talk();
    await talkers.hear(20);
    const { said, wrong } = await talkers.checkAll();
    expect(wrong).toEqual([]);
    const stats = await server.statsOfAll();
    expect(stats).toMatchObject({
      totalConnections: 4,
      activeConnections: 4,
      messagesReceived: said,
      messagesSent: announced + 4 * said,
      workers: { expected: 2, answered: 2, deaths: 0 },
    });
    // Each gets the next one once it has taken the last; of the first two each has one.
    const shares = stats.workers.list.map(({ activeConnections }) => activeConnections);
    expect(shares).toHaveLength(2);
    expect(Math.min(...shares)).toBeGreaterThan(0);
    expect(await samplesOf(server)).toMatchObject({
      'hubbub_connections{state="open"}': 4,
      hubbub_connections_total: 4,
      hubbub_messages_in_total: said,
      hubbub_deliveries_total: announced + 4 * said,
      hubbub_workers: 2,
      hubbub_workers_answered: 2,
      hubbub_worker_deaths_total: 0,
    });
  });

  test('are not ready while Redis is away, and are once it comes', async () => {
    const late = await RedisServer.start();
    onTestFinished(() => late.stop());
    await late.kill();
    const child = startHubbub(['--workers', '2', '--port', '0', '--redis', late.url]);
    const [, url = ''] = await child.line(/"chat page +(http:[^"]+)"/);
    const askTwice = async () => {
      const answers = [1, 2].map(() => fetch(`${url}readyz`, { headers: { connection: 'close' } }));
      return (await Promise.all(answers)).map(({ status }) => status);
    };
    await Promise.all([1, 2].map((n) => child.line(new RegExp(`"worker":${n},.*"Redis cannot be reached"`))));
    expect(await askTwice()).toEqual([503, 503]);
    await late.restart();
    await Promise.all([1, 2].map((n) => child.line(new RegExp(`"worker":${n},.*"broker ready"`))));
    expect(await askTwice()).toEqual([200, 200]);
    child.signal('SIGTERM');
    expect(await child.ended).toMatchObject({ code: 0 });
  });

  test('are drained together at SIGTERM, and end with the proof and exit code 0', async () => {
    const server = await WorkerServer.start(redis);
    const members = await Promise.all([enter(server), enter(server), enter(server)]);
    const closed = members.map(closeCodeOf);
    server.child.signal('SIGTERM');
    expect(await Promise.all(closed)).toEqual([1012, 1012, 1012]);
    const { code, messages, pids } = await server.ended();
    expect(code).toBe(0);
    expect(messages).toContain('SIGTERM: draining all workers; a second signal ends them at once');
    expect(messages.slice(-2)).toEqual(['closed 3 connections: 3 × 1012 restarting', 'left alive: nothing']);
    expect(await stillThere(pids)).toEqual([]);
  });

  test('end at once at a second signal', async () => {
    const server = await WorkerServer.start(redis, ['--drain-timeout', '60m', '--drain-grace', '60m']);
    const member = await enter(server);
    member.pause(); // it never says goodbye
    server.child.signal('SIGINT');
    await server.child.line(/SIGINT: draining/);
    server.child.signal('SIGTERM');
    const { code, pids } = await server.ended();
    expect(code).toBe(143);
    expect(await stillThere(pids)).toEqual([]);
  });

  test('are started again when they die, and their clients go on with the others', async () => {
    const server = await WorkerServer.start(redis);
    const talkers = await Talkers.join(server.url, ['websocket', 'websocket', 'sse', 'longpoll']);
    const [first = 0, second] = await server.pids();
    const { totalConnections } = await server.statsOfAll();
    talkers.talk();
    await talkers.hear(10);
    process.kill(first, 'SIGKILL');
    await server.child.line(/worker 1 \(pid \d+\): ended by SIGKILL; started again in \d+ ms/);
    await server.child.line(new RegExp(`worker 1 \\(pid (?!${first}\\))\\d+\\): listening`));
    await talkers.allOpen();
    await talkers.hear(20);
    expect((await talkers.checkAll()).wrong).toEqual([]);
    const stats = await server.statsOfAll();
    expect(stats.workers).toMatchObject({ expected: 2, answered: 2, deaths: 1 });
    expect(stats.workers.list.map(({ pid }) => pid)).toContain(second);
    // What the dead one had counted when it was asked last counts still.
    expect(stats.totalConnections).toBeGreaterThan(totalConnections);
    server.child.signal('SIGTERM');
    const { code, pids, messages } = await server.ended();
    expect([code, pids.length, messages.at(-1)]).toEqual([0, 4, 'left alive: nothing']);
    expect(await stillThere(pids)).toEqual([]);
  });

  test('leave no connection behind that was on its way to one that died', async () => {
    const server = await WorkerServer.start(redis);
    const [first = 0] = await server.pids();
    process.kill(first, 'SIGSTOP');
    // Of two, one goes to the worker that does not take it.
    const members = [enter(server), enter(server)].map((entering) =>
      entering.then(
        () => 'in',
        () => 'out',
      ),
    );
    expect(await Promise.race(members)).toBe('in');
    process.kill(first, 'SIGKILL');
    expect((await Promise.all(members)).toSorted()).toEqual(['in', 'out']);
    server.child.signal('SIGTERM');
    const { code, messages } = await server.ended();
    expect([code, messages.at(-1)]).toEqual([0, 'left alive: nothing']);
  });

  test('say how many answer, and count what the others had counted', async () => {
    const server = await WorkerServer.start(redis);
    const agents = [1, 2].map(() => new Agent({ keepAlive: true, maxSockets: 1 }));
    onTestFinished(() => agents.forEach((agent) => agent.destroy()));
    const before = await Promise.all(agents.map((agent) => statsBy(agent, server)));
    const [first = 0] = await server.pids();
    process.kill(first, 'SIGSTOP');
    // Each agent has its worker.
    const { totalConnections, workers } = await Promise.any(agents.map((agent) => statsBy(agent, server)));
    process.kill(first, 'SIGCONT');
    expect(workers).toMatchObject({ expected: 2, answered: 1, deaths: 0, list: [{ number: 2 }] });
    expect(totalConnections).toBe(before[0]?.totalConnections);
    const samples = await samplesOf(server);
    expect(samples['hubbub_workers_answered']).toBe(2);
  });

  test('are replaced one by one by a new version at SIGHUP, and nobody misses a word', async () => {
    const installation = await Installation.make();
    const server = await WorkerServer.start(redis, [], { program: installation.program });
    const talkers = await Talkers.join(server.url, [
      'websocket',
      'websocket',
      'websocket',
      'sse',
      'longpoll',
    ]);
    const old = await server.pids();
    talkers.talk();
    await talkers.hear(10);

    await installation.setVersion('99.0.0');
    server.child.signal('SIGHUP');
    await server.child.line(/SIGHUP: a rolling restart begins/);
    await server.child.line(/rolling restart done: all 2 workers are replaced/);
    await talkers.allOpen();
    await talkers.hear(10);
    const { workers } = await server.statsOfAll();
    expect(workers).toMatchObject({ expected: 2, answered: 2, deaths: 0 });
    expect(workers.list.map(({ number, version }) => [number, version])).toEqual([
      [1, '99.0.0'],
      [2, '99.0.0'],
    ]);
    expect(await stillThere(old)).toEqual([]);

    await installation.spoil(7);
    server.child.signal('SIGHUP');
    await server.child.line(
      /given up: the replacement of worker 1 ended with exit code 7; the old one stays/,
    );
    await talkers.hear(10);
    expect(await server.pids()).toEqual(workers.list.map(({ pid }) => pid));

    const { said, wrong } = await talkers.checkAll();
    expect(wrong).toEqual([]);
    // Some were said again, since their ack was lost with a connection; they were told once.
    expect((await server.statsOfAll()).messagesReceived).toBeGreaterThanOrEqual(said);
    server.child.signal('SIGTERM');
    const { code, pids } = await server.ended();
    expect(code).toBe(0);
    expect(await stillThere(pids)).toEqual([]);
  });

  test('are replaced by a new version once it is installed, and one that cannot start is tried once', async () => {
    const installation = await Installation.make();
    const server = await WorkerServer.start(redis, ['--version-settle', '300ms'], {
      program: installation.program,
    });
    const talkers = await Talkers.join(server.url, ['websocket', 'websocket']);
    const old = await server.pids();
    talkers.talk();
    await talkers.hear(5);
    await installation.setVersion('99.0.0');
    await server.child.line(/rolling restart done: all 2 workers are replaced/);
    const { workers } = await server.statsOfAll();
    expect(workers.list.map(({ version }) => version)).toEqual(['99.0.0', '99.0.0']);
    expect(await stillThere(old)).toEqual([]);

    await installation.spoil(7);
    await installation.setVersion('99.1.0');
    await server.child.line(/given up: the replacement of worker 1 ended with exit code 7/);
    await installation.setVersion('99.2.0');
    await server.child.line(/version 99\.2\.0 in place of 99\.1\.0: a rolling restart begins/);
    await talkers.allOpen();
    await talkers.hear(5);
    expect(await server.pids()).toEqual(workers.list.map(({ pid }) => pid));
    expect((await talkers.checkAll()).wrong).toEqual([]);
    server.child.signal('SIGTERM');
    const { code, pids, messages } = await server.ended();
    expect([code, messages.at(-1)]).toEqual([0, 'left alive: nothing']);
    expect(await stillThere(pids)).toEqual([]);
    const versions = messages.flatMap((message) => /version (\S+) in place of/.exec(message)?.[1] ?? []);
    expect(versions).toEqual(['99.0.0', '99.1.0', '99.2.0']);
  });

  test('drain and end by themselves when their primary is killed', async () => {
    const server = await WorkerServer.start(redis);
    const pids = await server.pids();
    const members = await Promise.all([enter(server), enter(server)]);
    const closed = members.map(closeCodeOf);
    server.child.signal('SIGKILL');
    expect(await Promise.all(closed)).toEqual([1012, 1012]);
    const { messages } = await server.ended();
    expect(messages.filter((message) => message === 'left alive: nothing')).toHaveLength(2);
    expect(await stillThere(pids)).toEqual([]);
  });

  test('that cannot start are given up, with one fatal line and exit code 1', async () => {
    const code = "if (process.env.HUBBUB_WORKER_NUMBER === '1') process.exit(3)";
    const child = startHubbub(['--workers', '1', '--port', '0', '--redis', redis.url], {
      nodeArguments: ['--import', `data:text/javascript,${encodeURIComponent(code)}`],
    });
    const ending = await child.ended;
    expect(ending.code).toBe(1);
    expect(messagesOf(ending.stdout).at(-1)).toBe(
      'no worker can start: worker 1 ended with exit code 3, 3 times, before it listened',
    );
  });

  test('are not started where the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    expect(await runHubbub(['--workers', '2', '--port', `${port}`, '--redis', redis.url])).toEqual({
      code: 2,
      signal: null,
      stdout: [],
      stderr: [`hubbub: --port ${port}: already taken on 127.0.0.1`],
    });
  });
});

describe('without workers', patient, () => {
  test('SIGHUP says that it needs them, and ends nothing', async () => {
    const child = startHubbub(['--port', '0']);
    const [, url] = await child.line(/"chat page +([^"]+)"/);
    child.signal('SIGHUP');
    await child.line(/SIGHUP: ignored, for a rolling restart needs --workers/);
    expect((await fetch(new URL('/healthz', url))).status).toBe(200);
    child.signal('SIGTERM');
    expect(await child.ended).toMatchObject({ code: 0 });
  });

  test.each([
    [['--workers', '2'], '--workers 2: needs --redis, by which workers share their rooms'],
    [['--workers', 'two'], '--workers two: must be a whole number or auto'],
    [['--workers', '1000'], '--workers 1000: must be from 0 to 256'],
  ])('%j is a mistake: %s', async (args, line) => {
    expect(await runHubbub(args)).toMatchObject({ code: 2, stdout: [], stderr: [`hubbub: ${line}`] });
  });
});
