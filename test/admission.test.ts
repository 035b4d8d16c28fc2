import { request } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { ChatServer } from '../src/index.ts';
import { connectHalfOpen } from './support/peers.ts';
import { RawClient } from './support/raw-client.ts';
import { patient, serve } from './support/test-server.ts';

interface Answer {
  readonly status: number | undefined;
  readonly retryAfter: string | null | undefined;
}

/** Asks to come in from this address, by whatever transport. The newcomer stays until the test ends. */
type Knock = (server: ChatServer, forwardedFor?: string) => Promise<Answer>;

const byWebSocket: Knock = async (server, forwardedFor) => {
  const { answer } = await RawClient.connect(server.url, { headers: { 'x-forwarded-for': forwardedFor } });
  return { status: answer.status, retryAfter: answer.headers.get('retry-after') };
};

function byGet(path: string): Knock {
  return (server, forwardedFor) =>
    new Promise((resolve, reject) => {
      const headers = forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor };
      request(server.url + path, { headers, agent: false }, (answer) => {
        answer.on('error', () => undefined).resume();
        resolve({ status: answer.statusCode, retryAfter: answer.headers['retry-after'] });
      })
        .once('error', reject)
        .end();
    });
}

const transports: readonly (readonly [string, Knock, number])[] = [
  ['a WebSocket', byWebSocket, 101],
  ['a stream of events', byGet('/sse/general'), 200],
  ['a poll', byGet('/poll/general'), 200],
];

const quickEnd = { drainTimeoutMs: 100, drainGraceMs: 20 };

describe.each(transports)('%s', patient, (_, knock, welcome) => {
  test('beyond the limit of connections in all → 503 with Retry-After', async () => {
    const server = await serve({ ...quickEnd, maxConnections: 1 });
    expect((await knock(server)).status).toBe(welcome);
    expect(await knock(server)).toEqual({ status: 503, retryAfter: '5' });
    expect(server.connections.total).toBe(1);
  });

  test('beyond the limit of connections from one address → 429 with Retry-After', async () => {
    const server = await serve({ ...quickEnd, maxConnectionsPerAddress: 1, trustProxy: ['loopback'] });
    expect((await knock(server, '192.0.2.1')).status).toBe(welcome);
    expect(await knock(server, '192.0.2.1')).toEqual({ status: 429, retryAfter: '5' });
    expect((await knock(server, '192.0.2.2')).status).toBe(welcome);
    // What was there before the trusted proxy's own word may be invented.
    expect((await knock(server, '198.51.100.1, 192.0.2.2')).status).toBe(429);
    expect([...server.connections].map(({ socket }) => socket.remoteAddress)).toEqual([
      '192.0.2.1',
      '192.0.2.2',
    ]);
  });

  test('to a draining server → 503 with Retry-After', async () => {
    const server = await serve({ drainTimeoutMs: 60_000, drainGraceMs: 60_000, closeTimeoutMs: 60_000 });
    const last = await connectHalfOpen(server);
    const stopping = server.stop();
    expect(await knock(server)).toEqual({ status: 503, retryAfter: '5' });
    last.vanish();
    expect((await stopping).leaks).toEqual([]);
  });

  test.each([
    ['no proxy is trusted', [], '192.0.2.1', '127.0.0.1'],
    ['another proxy is trusted', ['10.0.0.0/8'], '192.0.2.1', '127.0.0.1'],
    ['the proxy is trusted', ['127.0.0.1'], '192.0.2.1', '192.0.2.1'],
    ['two proxies in a row are trusted', ['127.0.0.1', '10.0.0.0/8'], '192.0.2.1, 10.1.2.3', '192.0.2.1'],
    ['the proxy says nothing', ['127.0.0.1'], undefined, '127.0.0.1'],
    ['the proxy says what is no address', ['127.0.0.1'], 'unknown', '127.0.0.1'],
    ['the proxy speaks IPv6', ['127.0.0.1'], '2001:db8::1', '2001:db8::1'],
  ])('where %s (%j: %j) is from %s', async (__, trustProxy, forwardedFor, address) => {
    const server = await serve({ ...quickEnd, trustProxy });
    await knock(server, forwardedFor);
    expect([...server.connections].map(({ socket }) => socket.remoteAddress)).toEqual([address]);
  });
});
