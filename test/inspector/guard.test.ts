import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { ChatServer } from '../../src/index.ts';
import { isLoopbackName } from '../../src/inspector/guard.ts';
import { RawClient } from '../support/raw-client.ts';
import { patient, serve } from '../support/test-server.ts';
import { Watcher } from '../support/watcher.ts';

/** Asks for the page and for its socket. @returns both answers' status. */
async function ask(
  server: ChatServer,
  headers: Record<string, string> = {},
  query = '',
): Promise<{ page: number; socket: number }> {
  const page = await RawClient.connect(server.url, {
    path: `/inspect/${query}`,
    headers: { connection: 'close', upgrade: undefined, ...headers },
  });
  const socket = await RawClient.connect(server.url, { path: `/inspect/socket${query}`, headers });
  return { page: page.answer.status, socket: socket.answer.status };
}

describe('without a token the inspector', patient, () => {
  test('is for this machine, by its own names', async () => {
    const server = await serve();
    const { host, port } = new URL(server.url);
    for (const name of [host, `localhost:${port}`, `hubbub.localhost:${port}`, `[::1]:${port}`]) {
      expect({ name, ...(await ask(server, { host: name })) }).toEqual({ name, page: 200, socket: 101 });
    }
  });

  test('refuses a name from elsewhere that leads here, and proxies', async () => {
    const server = await serve();
    const { port } = new URL(server.url);
    const refused: Record<string, string>[] = [
      { host: `evil.example:${port}` },
      { host: `127.0.0.1.evil.example:${port}` },
      { 'x-forwarded-for': '203.0.113.7' },
      { forwarded: 'for=203.0.113.7' },
      { via: '1.1 proxy' },
      { 'x-forwarded-proto': 'https' },
      { 'cf-connecting-ip': '203.0.113.7' },
    ];
    for (const headers of refused) {
      expect({ headers, ...(await ask(server, headers)) }).toEqual({ headers, page: 403, socket: 403 });
    }
  });

  test('refuses what a proxy hands on that says nothing of it, as nginx does by default', async () => {
    const server = await serve();
    const { hostname, port, host } = new URL(server.url);
    const tcp = connect(Number(port), hostname);
    tcp.end(`GET /inspect/recording.jsonl HTTP/1.0\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(await text(tcp)).toMatch(/^HTTP\/1.1 403 /);
  });

  test("refuses other sites' pages, and those that may chat too", async () => {
    const server = await serve({ origin: ['https://friend.example'] });
    const { port } = new URL(server.url);
    for (const origin of [
      'https://evil.example',
      'https://friend.example',
      'null',
      `http://localhost:${Number(port) + 1}`,
    ]) {
      expect({ origin, ...(await ask(server, { origin })) }).toEqual({ origin, page: 403, socket: 403 });
    }
    expect(await ask(server, { origin: server.url })).toEqual({ page: 200, socket: 101 });
  });

  test('is off on every other host', async () => {
    const server = await serve({ host: '0.0.0.0' });
    expect(await ask(server, {})).toEqual({ page: 403, socket: 403 });
    expect(server.hasInspector).toBe(false);
  });

  test('is off where it is told to be', async () => {
    const server = await serve({ inspector: 'off' });
    expect(await ask(server, {})).toEqual({ page: 403, socket: 403 });
  });
});

describe('with a token the inspector', patient, () => {
  test('is for whoever has it, on any host, and for nobody else', async () => {
    const server = await serve({ host: '0.0.0.0', inspectToken: 'open sesame' });
    const elsewhere = { host: 'chat.example.com', 'x-forwarded-for': '203.0.113.7' };
    expect(await ask(server, elsewhere, '?token=open%20sesame')).toEqual({ page: 200, socket: 101 });
    expect(await ask(server, { ...elsewhere, authorization: 'Bearer open sesame' })).toEqual({
      page: 200,
      socket: 101,
    });
    for (const query of ['', '?token=', '?token=open', '?token=open%20sesame%20']) {
      expect({ query, ...(await ask(server, {}, query)) }).toEqual({ query, page: 401, socket: 401 });
    }
    expect(await ask(server, { origin: 'https://evil.example' }, '?token=open%20sesame')).toEqual({
      page: 403,
      socket: 403,
    });
  });

  test('is read-only unless control is given', async () => {
    const server = await serve({ inspectToken: 'x' });
    const watcher = new Watcher(server.url, '/inspect/socket?token=x');
    expect(await watcher.next('hello')).toMatchObject({ canControl: false, hasLab: false });
    watcher.send({ type: 'kick', connection: 'x', ref: 1 });
    expect(await watcher.next('answer')).toMatchObject({
      ok: false,
      reason: expect.stringContaining('read-only'),
    });
    watcher.send({ type: 'lab', task: { do: 'drain' }, ref: 2 });
    expect(await watcher.next('answer')).toMatchObject({
      ok: false,
      reason: expect.stringContaining('read-only'),
    });
    const controlled = await serve({ inspectToken: 'x', inspectControl: 'on' });
    const controller = new Watcher(controlled.url, '/inspect/socket?token=x');
    expect(await controller.next('hello')).toMatchObject({ canControl: true, hasLab: true });
  });
});

describe('the pages', patient, () => {
  test('may load nothing from elsewhere, but for the one that frames the Stately Inspector', async () => {
    const server = await serve({ statelyUrl: 'https://stately.example/inspect' });
    const policyOf = async (path: string) =>
      (await fetch(server.url + path)).headers.get('content-security-policy') ?? '';
    expect(await policyOf('/inspect/')).toBe(await policyOf('/'));
    expect(await policyOf('/inspect/')).toContain("default-src 'none'");
    expect(await policyOf('/inspect/')).not.toMatch(/stately|frame-src/);
    expect(await policyOf('/inspect/stately/')).toContain('frame-src https://stately.example;');
    expect(await (await fetch(`${server.url}/inspect/stately.json`)).json()).toEqual({
      url: 'https://stately.example/inspect',
    });
  });

  test('are at folders, so that their links are right below any path', async () => {
    const server = await serve();
    const answer = await fetch(`${server.url}/inspect?token=t`, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([302, 'inspect/?token=t']);
  });
});

test('only what can be nobody else is a name of this machine', () => {
  expect(
    ['localhost', 'LOCALHOST', 'a.localhost', '127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'].filter(
      (name) => !isLoopbackName(name),
    ),
  ).toEqual([]);
  expect(
    ['', '0.0.0.0', '::', 'localhost.example', '127.0.0.1.example', '10.0.0.1', 'xlocalhost'].filter(
      isLoopbackName,
    ),
  ).toEqual([]);
});
