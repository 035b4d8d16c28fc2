import { once } from 'node:events';
import { createServer, connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { addressLines, closedLine, listenProblem } from '../src/announce.ts';
import { isSamePress } from '../src/stop-signal.ts';
import { messagesOf, runHubbub, startHubbub } from './support/processes.ts';
import type { Child, ChildOptions } from './support/processes.ts';

// Each test starts Node anew, which a busy machine does not do within the usual five seconds.
const patient = { timeout: 120_000 };

/** Serves on a free port. @returns the child, and the URL of its chat page once it listens. */
async function serve(
  args: readonly string[] = [],
  options?: ChildOptions,
): Promise<{ child: Child; url: URL }> {
  const child = startHubbub(['--port', '0', ...args], options);
  const [, page] = await child.line(/"msg":"chat page +([^"]+)"/);
  return { child, url: new URL(page ?? '') };
}

/** A module for `node --import` that runs some code in the child at SIGUSR2, then says so on stderr. */
function atUserSignal(code: string): ChildOptions {
  const source = `process.on('SIGUSR2', async () => { ${code}; console.error('done') })`;
  return { nodeArguments: ['--import', `data:text/javascript,${encodeURIComponent(source)}`] };
}

/** A member that is open, and then never reads nor answers anything again. */
async function connectSilentMember({ hostname, port }: URL): Promise<Socket> {
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.write(
    [
      'GET /ws/ HTTP/1.1',
      `Host: ${hostname}:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      '\r\n',
    ].join('\r\n'),
  );
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 101 /);
  socket.pause();
  return socket;
}

const at = (signal: NodeJS.Signals, atMs: number) => ({ signal, atMs });

describe('hubbub serves', patient, () => {
  test('and its first lines say where the page, the WebSocket and the stats are', async () => {
    const { child, url } = await serve();
    const { host } = url;
    await child.line(/"msg":"stats /);
    child.signal('SIGTERM');
    const { stdout } = await child.ended;
    expect(messagesOf(stdout).slice(0, 3)).toEqual([
      `chat page  http://${host}/`,
      `WebSocket  ws://${host}/ws/`,
      `stats      http://${host}/stats`,
    ]);
    expect(url.hostname).toBe('127.0.0.1');
  });

  test('where the environment says, unless a flag says otherwise', async () => {
    const environment = { HUBBUB_PORT: '0', HUBBUB_HOST: '127.0.0.2' };
    const byVariables = startHubbub([], { environment });
    const [, host] = await byVariables.line(/"msg":"chat page +http:\/\/([^:]+):\d+\/"/);
    expect(host).toBe('127.0.0.2');
    const byFlag = startHubbub(['serve', '--host', '127.0.0.3'], { environment });
    const [, otherHost] = await byFlag.line(/"msg":"chat page +http:\/\/([^:]+):\d+\/"/);
    expect(otherHost).toBe('127.0.0.3');
  });

  test('on after the reader of its log went away', async () => {
    const { child, url } = await serve();
    child.closeStdout();
    expect((await fetch(new URL('/healthz', url))).status).toBe(200);
    child.signal('SIGTERM');
    expect(await child.ended).toMatchObject({ code: 0, stderr: [] });
  });

  test('not on a taken port, and says so in one line with exit code 2', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    expect(await runHubbub([], { environment: { HUBBUB_PORT: `${port}` } })).toEqual({
      code: 2,
      signal: null,
      stdout: [],
      stderr: [`hubbub: --port ${port}: already taken on 127.0.0.1`],
    });
  });
});

describe('hubbub ends', patient, () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'after a drain at %s, with the proof as its last lines and exit code 0',
    async (signal) => {
      const { child, url } = await serve();
      const member = new WebSocket(new URL('/ws/', url.href.replace('http', 'ws')));
      await once(member, 'open');
      child.signal(signal);
      const [code] = (await once(member, 'close')) as [number];
      expect(code).toBe(1012);
      const ending = await child.ended;
      expect(ending).toMatchObject({ code: 0, stderr: [] });
      const messages = messagesOf(ending.stdout);
      expect(messages).toContain(`${signal}: draining; a second signal ends at once`);
      expect(messages.slice(-2)).toEqual(['closed 1 connection: 1 × 1012 restarting', 'left alive: nothing']);
    },
  );

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('at once at a second signal, %s, with exit code %d', async (signal, code) => {
    const longest = ['--drain-timeout', '60m', '--drain-grace', '60m', '--close-timeout', '60m'];
    const { child, url } = await serve(longest);
    await connectSilentMember(url);
    child.signal('SIGTERM');
    await child.line(/SIGTERM: draining/);
    child.signal(signal);
    const ending = await child.ended;
    expect(ending).toMatchObject({ code, signal: null, stderr: [] });
    expect(messagesOf(ending.stdout).at(-1)).toBe(`${signal}: ended at once, without draining`);
  });

  test('with exit code 1 and its name when something is left in the event loop', async () => {
    const leak =
      "const { createServer } = await import('node:net'); await new Promise((up) => createServer().listen(0, '127.0.0.1', up))";
    const { child } = await serve([], atUserSignal(leak));
    child.signal('SIGUSR2');
    await child.line(/^done$/);
    child.signal('SIGTERM');
    const { code, stdout } = await child.ended;
    expect(code).toBe(1);
    expect(messagesOf(stdout).at(-1)).toBe('left alive: TCPServerWrap in the event loop');
  });

  test('with exit code 1 even when what is left is nothing that Node lists', async () => {
    const leak =
      "const { Worker } = await import('node:worker_threads'); await new Promise((up) => new Worker('setInterval(() => {}, 1e6)', { eval: true }).on('online', up))";
    const { child } = await serve([], atUserSignal(leak));
    child.signal('SIGUSR2');
    await child.line(/^done$/);
    child.signal('SIGTERM');
    const { code, stdout } = await child.ended;
    expect(code).toBe(1);
    expect(messagesOf(stdout).at(-1)).toMatch(/^left alive: something that holds the event loop/);
  });

  test.each([
    ['uncaught exception', "setImmediate(() => { throw new Error('boom') })"],
    ['unhandled rejection', "void Promise.reject(new Error('boom'))"],
  ])('with exit code 1 and a fatal line at an %s', async (message, code) => {
    const { child } = await serve([], atUserSignal(code));
    child.signal('SIGUSR2');
    const ending = await child.ended;
    expect(ending.code).toBe(1);
    expect(JSON.parse(ending.stdout.at(-1) ?? '')).toMatchObject({
      level: 60,
      msg: message,
      err: { message: 'boom', stack: expect.stringContaining('boom') as string },
    });
  });
});

describe('what it says', () => {
  test.each([
    ['http://127.0.0.1:8080', '127.0.0.1:8080'],
    ['http://chat.example:80', 'chat.example:80'],
    ['http://[::1]:8080', '[::1]:8080'],
    ['http://0.0.0.0:8080', 'localhost:8080'],
    ['http://[::]:8080', 'localhost:8080'],
  ])('a server at %s is visited at %s', (url, authority) => {
    expect(addressLines(url)).toEqual([
      `chat page  http://${authority}/`,
      `WebSocket  ws://${authority}/ws/`,
      `stats      http://${authority}/stats`,
    ]);
  });

  test.each([
    [[], 'closed 0 connections'],
    [[[1012, 1]], 'closed 1 connection: 1 × 1012 restarting'],
    [
      [
        [1006, 1],
        [4002, 2],
        [1012, 40],
        [3999, 1],
      ],
      'closed 44 connections: 40 × 1012 restarting, 2 × 4002 no pong, 1 × 1006 abnormal closure, 1 × 3999 unknown',
    ],
  ] as [[number, number][], string][])('closes %j are told as: %s', (closes, line) => {
    const closedByCode = new Map(closes);
    const connections = closes.reduce((sum, [, count]) => sum + count, 0);
    expect(closedLine({ connections, closedByCode })).toBe(line);
  });

  test.each([
    [{ code: 'EADDRINUSE', syscall: 'listen' }, '--port 80: already taken on chat.example'],
    [{ code: 'EACCES', syscall: 'listen' }, '--port 80: this user may not listen on it'],
    [{ code: 'EADDRNOTAVAIL', syscall: 'listen' }, '--host chat.example: not an address of this machine'],
    [{ code: 'ENOTFOUND', syscall: 'getaddrinfo' }, '--host chat.example: no such host is known'],
    [
      { code: 'EAI_AGAIN', syscall: 'getaddrinfo' },
      '--host chat.example: its address cannot be looked up now',
    ],
    [{ code: 'EINVAL', syscall: 'listen' }, '--host chat.example --port 80: invalid argument'],
    [{ code: 'EACCES', syscall: 'open' }, undefined],
    [{}, undefined],
  ])('a server that cannot listen because of %j says: %s', (details, line) => {
    const error = Object.assign(new Error('invalid argument'), details);
    expect(listenProblem(error, { host: 'chat.example', port: 80 })).toBe(line);
  });
});

describe('two signals', () => {
  test('are one press of Ctrl-C when npm echoes SIGINT within 100 ms', () => {
    expect(isSamePress(at('SIGINT', 5_000), at('SIGINT', 5_099), true)).toBe(true);
    expect(isSamePress(at('SIGINT', 5_000), at('SIGINT', 5_100), true)).toBe(false);
  });

  test('are two in any other case', () => {
    expect(isSamePress(at('SIGINT', 0), at('SIGINT', 1), false)).toBe(false);
    expect(isSamePress(at('SIGTERM', 0), at('SIGTERM', 1), true)).toBe(false);
    expect(isSamePress(at('SIGTERM', 0), at('SIGINT', 1), true)).toBe(false);
  });
});
