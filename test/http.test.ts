import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { closeCodes, type ChatServer } from '../src/index.ts';
import { connectHalfOpen, connectionOf, joinByWebSocket } from './support/peers.ts';
import { expectedAccept, frame, opcodes, RawClient, type Frame } from './support/raw-client.ts';
import { patient, serve } from './support/test-server.ts';

/** The authority that the server is reached at, as a browser would name it. */
function hostOf(server: ChatServer): string {
  return new URL(server.url).host;
}

/** Asks with exactly this path, which `fetch` would tidy. */
function get(server: ChatServer, path: string): Promise<number | undefined> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const asking = request({ hostname, port, path, agent: false }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode));
    });
    asking.once('error', reject).end();
  });
}

const isPong = ({ payload }: Frame) => payload.includes('"pong"');

describe('the chat page', patient, () => {
  test('is HTML for a browser, and loads what it needs from here alone', async () => {
    const server = await serve();
    const answer = await fetch(server.url, { headers: { accept: 'text/html,application/xhtml+xml' } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const page = await answer.text();
    expect(page).toMatch(/^<!doctype html>/i);
    const references = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, reference]) => reference ?? '');
    expect(references.length).toBeGreaterThan(0);
    for (const reference of references) {
      const file = await fetch(new URL(reference, server.url));
      expect(new URL(file.url).origin).toBe(server.url);
      expect(file.status).toBe(200);
      await file.arrayBuffer();
    }
  });

  test('is plain text for curl, with the URLs to try', async () => {
    const server = await serve();
    const answer = await fetch(server.url, { headers: { accept: '*/*' } });
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const words = await answer.text();
    expect(words).toContain(`ws://${hostOf(server)}/ws/general`);
    expect(words).toContain(`${server.url}/stats`);
  });

  test('is plain text with its own URLs for a client that names no host one could visit', async () => {
    const server = await serve();
    const headers = { host: 'not a host', connection: 'close', upgrade: undefined };
    const client = await RawClient.connect(server.url, { path: '/', headers });
    expect(client.answer.status).toBe(200);
    expect(await client.body()).toContain(`${server.url}/stats`);
  });

  test('is asked for anew each time, and its files, which bear their hash, never again; all come compressed', async () => {
    const server = await serve();
    const index = await fetch(server.url, { headers: { accept: 'text/html' } });
    expect(index.headers.get('cache-control')).toBe('no-cache');
    const references = [...(await index.text()).matchAll(/(?:src|href)="([^"]+)"/g)];
    for (const [, reference = ''] of references) {
      const answer = await fetch(new URL(reference, server.url), { headers: { 'accept-encoding': 'br' } });
      await answer.arrayBuffer();
      expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(answer.headers.get('content-encoding')).toBe('br');
      expect(answer.headers.get('content-type')).toMatch(
        /^(?:text\/css; charset=utf-8|application\/javascript; charset=utf-8|image\/svg\+xml)$/,
      );
    }
  });

  test('comes with a strict CSP and the other security headers, like everything else', async () => {
    const server = await serve();
    for (const path of ['/', '/assets/nothing.js', '/stats', '/nothing/here']) {
      const answer = await fetch(server.url + path, { headers: { accept: 'text/html' } });
      await answer.arrayBuffer();
      const directives = answer.headers.get('content-security-policy')?.split(';') ?? [];
      expect(directives).toContain("default-src 'none'");
      expect(directives).toContain("script-src 'self'");
      expect(directives).toContain("frame-ancestors 'none'");
      expect(directives.join(';')).not.toMatch(/unsafe|\*|data:|http/);
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
      });
      expect(answer.headers.has('x-powered-by')).toBe(false);
      expect(answer.headers.has('strict-transport-security')).toBe(false);
    }
  });
});

describe('the rooms', patient, () => {
  test('are listed, the largest first', async () => {
    const server = await serve();
    for (const room of ['tea', 'coffee', 'coffee', 'alone']) await joinByWebSocket(server, { room });
    const answer = await fetch(`${server.url}/rooms`);
    expect(await answer.json()).toEqual({
      total: 3,
      rooms: [
        { name: 'coffee', members: 2 },
        { name: 'alone', members: 1 },
        { name: 'tea', members: 1 },
      ],
      complete: true,
    });
  });

  test('tell who is in one, and where its numbering stands', async () => {
    const server = await serve();
    const ann = await joinByWebSocket(server, { room: 'чай', name: 'Ann' });
    await joinByWebSocket(server, { room: 'чай', name: 'Bob' });
    ann.say('hello');
    await ann.next('chat');
    const answer = await fetch(`${server.url}/rooms/${encodeURIComponent('чай')}`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      name: 'чай',
      members: 2,
      names: ['Ann', 'Bob'],
      complete: true,
      epoch: server.hub.rooms.get('чай')?.position?.epoch,
      offset: 1,
    });
  });

  test.each([
    ['/rooms/nobody', 404],
    ['/rooms/a%20b', 400],
    ['/rooms/a%2Fb', 400],
    [`/rooms/${'x'.repeat(65)}`, 400],
    ['/rooms/%E0%A4%A', 400],
    ['/rooms/%FF', 400],
    ['/rooms/tea/more', 404],
  ])('answer %s with %d', async (path, status) => {
    const server = await serve();
    expect(await get(server, path)).toBe(status);
  });
});

describe('the figures', patient, () => {
  test('of /stats are what happened', async () => {
    const server = await serve();
    const ann = await joinByWebSocket(server, { name: 'Ann' });
    const bob = await joinByWebSocket(server, { name: 'Bob' });
    for (const member of [ann, bob]) member.say('hello');
    await Promise.all([ann, bob].map((member) => member.next('chat', ({ offset }) => offset === 2)));
    bob.close();
    await ann.next('system', ({ event }) => event === 'left');
    const stats: unknown = await (await fetch(`${server.url}/stats`)).json();
    const channel = { depth: 0, parked: 0 };
    expect(stats).toMatchObject({
      totalConnections: 2,
      activeConnections: 1,
      messagesReceived: 2,
      rooms: 1,
      channels: [
        { name: 'register', capacity: 256, ...channel },
        { name: 'unregister', capacity: 256, ...channel },
        { name: 'broadcast', capacity: 1_024, ...channel },
      ],
      closedByCode: { 1000: 1 },
    });
  });

  test('of /metrics are in the Prometheus text format', async () => {
    const server = await serve();
    const ann = await joinByWebSocket(server);
    ann.say('hello');
    await ann.next('chat');
    const answer = await fetch(`${server.url}/metrics`);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const lines = (await answer.text()).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'hubbub_connections{state="open"} 1',
        'hubbub_connections_total 1',
        'hubbub_messages_in_total 1',
        'hubbub_rooms 1',
        'hubbub_channel_capacity{channel="broadcast"} 1024',
      ]),
    );
    for (const name of [
      'hubbub_deliveries_total',
      'hubbub_bytes_out_total',
      'hubbub_event_loop_delay_seconds',
    ]) {
      expect(lines.some((line) => line.startsWith(`# HELP ${name} `))).toBe(true);
    }
  });

  test('of closes count each by its code and name', async () => {
    const server = await serve();
    const ann = await joinByWebSocket(server);
    const { code, reason } = closeCodes.kicked;
    connectionOf(server).actor.send({ type: 'close', code, reason });
    await ann.closed;
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toContain('hubbub_closes_total{code="4503",name="kicked"} 1');
  });
});

describe('any other request', patient, () => {
  test('for its health is answered', async () => {
    const server = await serve();
    for (const [path, body] of [
      ['/healthz', { status: 'ok' }],
      ['/readyz', { status: 'ready' }],
    ] as const) {
      const answer = await fetch(server.url + path);
      expect([answer.status, await answer.json()]).toEqual([200, body]);
    }
  });

  test('for the protocol gets its JSON Schema', async () => {
    const server = await serve();
    const answer = await fetch(`${server.url}/protocol.json`);
    expect(answer.headers.get('content-type')).toMatch(/^application\/schema\+json/);
    expect(await answer.json()).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $defs: { ClientMessage: {}, ServerMessage: {} },
    });
  });

  test('to a WebSocket by plain HTTP is told to upgrade: 426', async () => {
    const server = await serve();
    for (const path of ['/ws', '/ws/', '/ws/tea']) {
      const answer = await fetch(server.url + path);
      expect([answer.status, answer.headers.get('upgrade')]).toEqual([426, 'websocket']);
      expect(await answer.json()).toEqual({ error: 'this is a WebSocket: connect with ws://' });
    }
  });

  test.each([
    ['GET', '/nothing/here'],
    ['GET', '/../../etc/passwd'],
    ['GET', '/index.html/'],
    ['POST', '/'],
    ['PUT', '/rooms/tea'],
    ['DELETE', '/stats'],
  ])('%s %s → 404, in JSON', async (method, path) => {
    const server = await serve();
    const client = await RawClient.connect(server.url, {
      method,
      path,
      headers: { connection: 'close', upgrade: undefined },
    });
    expect(client.answer.status).toBe(404);
    expect(JSON.parse(await client.body())).toEqual({ error: `there is nothing at ${method} ${path}` });
  });

  test.each(['/', '/rooms', '/stats', '/healthz', '/readyz'])(
    'HEAD %s → what GET gets, without a body',
    async (path) => {
      const server = await serve();
      const answer = await fetch(server.url + path, { method: 'HEAD' });
      expect(answer.status).toBe(200);
      expect(await answer.text()).toBe('');
    },
  );
});

// The upgrade

describe('an upgrade', patient, () => {
  test('is answered with 101 and the accept key, and no extension that nobody asked for', async () => {
    const server = await serve();
    const { answer } = await RawClient.connect(server.url, { path: '/ws/tea' });
    expect(answer.status).toBe(101);
    expect(answer.headers.get('sec-websocket-accept')).toBe(expectedAccept);
    expect(answer.headers.has('sec-websocket-extensions')).toBe(false);
    expect(answer.headers.has('sec-websocket-protocol')).toBe(false);
  });

  test('with compression offered is accepted without it, unless the server compresses', async () => {
    const headers = { 'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits' };
    const plain = await RawClient.connect((await serve()).url, { headers });
    expect(plain.answer.headers.has('sec-websocket-extensions')).toBe(false);
    const deflated = await RawClient.connect((await serve({ compress: true })).url, { headers });
    expect(deflated.answer.headers.get('sec-websocket-extensions')).toBe(
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
    );
  });

  test.each(['/', '/wsx/tea', '/rooms', '/echo', '/nothing'])('to %s → 404', async (path) => {
    const server = await serve();
    const client = await RawClient.connect(server.url, { path });
    expect(client.answer.status).toBe(404);
    expect(await client.body()).toBe('there is no WebSocket here: try /ws/{room}\n');
    expect(server.connections.total).toBe(0);
  });

  test.each(['8', '12', '14', 'x'])(
    'of version %s → 426 with the version that is spoken',
    async (version) => {
      const server = await serve();
      const client = await RawClient.connect(server.url, { headers: { 'sec-websocket-version': version } });
      expect(client.answer.status).toBe(426);
      expect(client.answer.headers.get('sec-websocket-version')).toBe('13');
      expect(await client.body()).toContain('13');
    },
  );

  test.each([
    ['without a key', { 'sec-websocket-key': undefined }],
    ['with a key that is none', { 'sec-websocket-key': 'short' }],
    ['without a version', { 'sec-websocket-version': undefined }],
  ])('%s → 400', async (_, headers) => {
    const server = await serve();
    const client = await RawClient.connect(server.url, { headers });
    expect(client.answer.status).toBe(400);
    await client.ended;
    expect(server.connections.total).toBe(0);
  });

  test('to something else is answered as if it had not been asked for', async () => {
    const server = await serve();
    const body = '{"content":"hello"}';
    const client = await RawClient.connect(server.url, {
      method: 'POST',
      path: '/rooms/tea/messages',
      headers: {
        connection: 'Upgrade, HTTP2-Settings, close',
        upgrade: 'h2c',
        'content-length': String(body.length),
      },
      head: Buffer.from(body),
    });
    expect(client.answer.status).toBe(201);
    expect(JSON.parse(await client.body())).toMatchObject({ type: 'ack', room: 'tea', offset: 1 });
  });

  test.each(['h2c', 'websocket'])(
    'to %s behind an answer that is still to come: the connection ends, and no other',
    async (upgrade) => {
      const server = await serve();
      const client = await RawClient.connect(server.url, { path: '/ws/tea' });
      const { hostname, port, host } = new URL(server.url);
      const tcp = connect(Number(port), hostname);
      onTestFinished(() => void tcp.destroy());
      const offer = `GET /ws/tea HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n\r\n`;
      tcp.write(`GET /poll/tea HTTP/1.1\r\nHost: ${host}\r\n\r\n${offer}`);
      expect(await text(tcp)).not.toContain('101 Switching Protocols');
      await client.send(frame(opcodes.text, '{"type":"ping"}'));
      expect((await client.frames.next(isPong)).opcode).toBe(opcodes.text);
    },
  );

  test('by another method → 405', async () => {
    const server = await serve();
    const client = await RawClient.connect(server.url, { method: 'POST' });
    expect(client.answer.status).toBe(405);
    await client.ended;
  });

  test('refused is told in plain text, and its connection ends', async () => {
    const server = await serve();
    const client = await RawClient.connect(server.url, { headers: { origin: 'https://evil.net' } });
    const body = await client.body();
    expect(Object.fromEntries(client.answer.headers)).toEqual({
      connection: 'close',
      'content-type': 'text/plain; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
    });
  });
});

/** How an upgrade that names this origin is answered. */
async function statusFor(
  server: ChatServer,
  origin: string | undefined,
  host = hostOf(server),
): Promise<number> {
  return (await RawClient.connect(server.url, { headers: { origin, host } })).answer.status;
}

describe('an upgrade from a page', patient, () => {
  test('of the server itself is let in, and so is one from no browser', async () => {
    const server = await serve();
    const host = hostOf(server);
    expect(await statusFor(server, undefined)).toBe(101);
    expect(await statusFor(server, `http://${host}`)).toBe(101);
    expect(await statusFor(server, `https://${host}`)).toBe(101);
    expect(await statusFor(server, 'https://chat.example.com', 'Chat.Example.com')).toBe(101);
  });

  test.each([
    'https://evil.net',
    'http://127.0.0.1',
    'http://127.0.0.1:1',
    'http://localhost',
    'null',
    'file://',
    '',
    'not an origin',
  ])('of %j → 403', async (origin) => {
    const server = await serve();
    expect(await statusFor(server, origin)).toBe(403);
    expect(server.connections.total).toBe(0);
  });

  test('of an origin that was added is let in, compared whole', async () => {
    const server = await serve({ origin: ['https://example.com', 'http://localhost:3000'] });
    expect(await statusFor(server, 'https://example.com')).toBe(101);
    expect(await statusFor(server, 'http://localhost:3000')).toBe(101);
    expect(await statusFor(server, `http://${hostOf(server)}`)).toBe(101);
    for (const stranger of [
      'https://example.com.evil.net',
      'https://evil.net/https://example.com',
      'https://sub.example.com',
      'http://example.com',
      'https://example.com:8443',
      'https://example.com@evil.net',
      'http://localhost:30000',
      'http://localhost',
    ]) {
      expect([stranger, await statusFor(server, stranger)]).toEqual([stranger, 403]);
    }
  });

  test('of the host that is a prefix of another → 403', async () => {
    const server = await serve();
    expect(await statusFor(server, `http://${hostOf(server)}.evil.net`, hostOf(server))).toBe(403);
  });
});

describe('an upgrade beyond the limit', patient, () => {
  test('of connections in all → 503 with Retry-After, until one leaves', async () => {
    const server = await serve({ maxConnections: 2 });
    const [ann] = [await joinByWebSocket(server, { name: 'Ann' }), await joinByWebSocket(server)];
    const refused = await RawClient.connect(server.url);
    expect(refused.answer.status).toBe(503);
    expect(refused.answer.headers.get('retry-after')).toBe('5');
    expect(await refused.body()).toBe('the server is at capacity\n');
    ann?.close();
    await ann?.closed;
    expect((await RawClient.connect(server.url)).answer.status).toBe(101);
  });

  test('of connections from one address → 429 with Retry-After; another address is let in', async () => {
    const server = await serve({ maxConnectionsPerAddress: 1 });
    const first = await RawClient.connect(server.url);
    const refused = await RawClient.connect(server.url);
    expect(refused.answer.status).toBe(429);
    expect(refused.answer.headers.get('retry-after')).toBe('5');
    expect(await refused.body()).toBe('too many connections from your address\n');
    expect((await RawClient.connect(server.url, { from: '127.0.0.2' })).answer.status).toBe(101);
    expect(first.answer.status).toBe(101);
  });
});

test(
  'a draining server → 503 with Retry-After for /readyz and for upgrades; /healthz is well',
  patient,
  async () => {
    const server = await serve({ drainTimeoutMs: 60_000, drainGraceMs: 60_000, closeTimeoutMs: 60_000 });
    const last = await connectHalfOpen(server);
    const stopping = server.stop();
    const ready = await fetch(`${server.url}/readyz`);
    expect([ready.status, ready.headers.get('retry-after'), await ready.json()]).toEqual([
      503,
      '5',
      { status: 'draining' },
    ]);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    const refused = await RawClient.connect(server.url);
    expect(refused.answer.status).toBe(503);
    expect(refused.answer.headers.get('retry-after')).toBe('5');
    expect(await refused.body()).toBe('the server is restarting\n');
    last.vanish();
    expect((await stopping).leaks).toEqual([]);
  },
);
