import { describe, expect, test } from 'vitest';
import type { ChatServer } from '../../src/index.ts';
import { patient, serve } from '../support/test-server.ts';

const friend = 'https://friend.example';
const stranger = 'https://friend.example.evil.net';

const routes = [
  ['GET', '/rooms'],
  ['GET', '/rooms/general/history'],
  ['GET', '/sse/general'],
  ['GET', '/poll/general?wait=0'],
  ['POST', '/rooms/general/messages'],
] as const;

/** Asks as a page of this origin would. */
async function ask(server: ChatServer, method: string, path: string, origin: string): Promise<Response> {
  const body = method === 'POST' ? '{"content":"hi"}' : null;
  const cutting = new AbortController();
  const answer = await fetch(server.url + path, {
    method,
    headers: { origin },
    body,
    signal: cutting.signal,
  });
  // A stream has no end.
  if (path.startsWith('/sse')) cutting.abort();
  else await answer.arrayBuffer();
  return answer;
}

describe('a page', patient, () => {
  test.each(routes)('of an origin that is allowed may %s %s, and read the answer', async (method, path) => {
    const server = await serve({ origin: [friend], drainGraceMs: 20 });
    for (const origin of [friend, server.url]) {
      const { status, headers } = await ask(server, method, path, origin);
      expect(status).not.toBe(403);
      expect(headers.get('access-control-allow-origin')).toBe(origin);
      expect(headers.get('access-control-expose-headers')).toBe('Retry-After');
      expect(headers.get('vary')).toContain('Origin');
    }
  });

  test.each(routes)('of another origin may not %s %s: 403', async (method, path) => {
    const server = await serve({ origin: [friend] });
    for (const origin of [stranger, 'null']) {
      const { status, headers } = await ask(server, method, path, origin);
      expect(status).toBe(403);
      expect(headers.has('access-control-allow-origin')).toBe(false);
    }
    expect(server.connections.total + server.traffic.messagesIn).toBe(0);
  });

  test.each([
    [friend, 204],
    [stranger, 403],
  ])('of %s asks first: %d', async (origin, status) => {
    const server = await serve({ origin: [friend] });
    const answer = await fetch(`${server.url}/rooms/general/messages`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });
    expect(answer.status).toBe(status);
    const allowed = {
      origin: answer.headers.get('access-control-allow-origin'),
      methods: answer.headers.get('access-control-allow-methods'),
      headers: answer.headers.get('access-control-allow-headers'),
    };
    const everything = { origin, methods: 'GET, HEAD, POST', headers: 'authorization,content-type' };
    const nothing = { origin: null, methods: null, headers: null };
    expect(allowed).toEqual(status === 204 ? everything : nothing);
  });

  test('that is none may ask whatever it likes: no word of origins', async () => {
    const server = await serve();
    const answer = await fetch(`${server.url}/rooms`);
    expect(answer.status).toBe(200);
    expect(answer.headers.has('access-control-allow-origin')).toBe(false);
    expect((await fetch(`${server.url}/rooms`, { method: 'OPTIONS' })).status).toBe(204);
  });
});
