import { describe, expect, test } from 'vitest';
import type { ChatMessage, ChatServer } from '../../src/index.ts';
import { joinByWebSocket } from '../support/peers.ts';
import { patient, serve } from '../support/test-server.ts';

interface History {
  readonly room: string;
  readonly epoch: string;
  readonly offset: number;
  readonly first: number;
  readonly messages: readonly ChatMessage[];
  readonly complete: boolean;
}

async function read(server: ChatServer, path: string): Promise<History> {
  const answer = await fetch(`${server.url}/rooms/${path}`);
  expect(answer.status).toBe(200);
  return (await answer.json()) as History;
}

/** A server in whose room tea so many things were said. */
async function serveTea(said: number): Promise<ChatServer> {
  const server = await serve({ rate: 0, historyMessages: 5 });
  const ann = await joinByWebSocket(server, { room: 'tea', name: 'Ann' });
  for (let n = 1; n <= said; n += 1) ann.say(`message ${n}`);
  if (said > 0) await ann.next('chat', ({ offset }) => offset === said);
  return server;
}

describe('the history of a room', patient, () => {
  test.each(['Infinity', '1e999', 'NaN'])('is not had with a limit of %s', async (limit) => {
    const server = await serve();
    const answer = await fetch(`${server.url}/rooms/tea/history?limit=${limit}`);
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { error: string }).error).toContain('querystring/limit must be');
  });

  test('is what was said, as its members heard it', async () => {
    const server = await serveTea(2);
    const history = await read(server, 'tea/history');
    expect(history).toEqual({
      room: 'tea',
      epoch: server.hub.rooms.get('tea')?.position?.epoch,
      offset: 2,
      first: 1,
      complete: true,
      messages: [1, 2].map((offset) => ({
        type: 'chat',
        id: expect.any(String) as string,
        room: 'tea',
        sender: 'Ann',
        content: `message ${offset}`,
        timestamp: expect.any(String) as string,
        offset,
      })),
    });
  });

  test.each([
    ['tea/history', [4, 5, 6, 7, 8], false],
    ['tea/history?limit=2', [7, 8], true],
    ['tea/history?before=7&limit=2', [5, 6], true],
    ['tea/history?before=6', [4, 5], false],
    ['tea/history?after=3&limit=2', [4, 5], true],
    ['tea/history?after=6', [7, 8], true],
    ['tea/history?after=1', [4, 5, 6, 7, 8], false],
    ['tea/history?after=8', [], true],
    ['tea/history?after=4&before=7', [5, 6], true],
  ])('at %s has %j', async (path, offsets, complete) => {
    const server = await serveTea(8);
    const history = await read(server, path);
    expect(history.messages.map(({ offset }) => offset)).toEqual(offsets);
    expect(history).toMatchObject({ offset: 8, first: 4, complete });
  });

  test('is there for a while when everyone has left', async () => {
    const server = await serve();
    const ann = await joinByWebSocket(server, { room: 'tea' });
    ann.say('goodbye');
    await ann.next('chat');
    const bob = await joinByWebSocket(server, { room: 'coffee' });
    ann.send({ type: 'leave', room: 'tea' });
    bob.say('a moment later');
    await bob.next('chat');
    expect((await read(server, 'tea/history')).messages).toMatchObject([{ content: 'goodbye' }]);
  });

  test.each([
    ['nowhere/history', 404, 'nothing is known of nowhere'],
    ['no%20room/history', 400, 'a room name is 1–64 letters'],
    ['tea/history?after=-1', 400, 'querystring/after must be >= 0'],
    ['tea/history?after=x', 400, 'querystring/after must be integer'],
    ['tea/history?limit=0', 400, 'querystring/limit must be >= 1'],
    ['tea/history?limit=1001', 400, 'querystring/limit must be <= 1000'],
  ])('at %s is refused: %i, %s', async (path, status, reason) => {
    const server = await serveTea(0);
    const answer = await fetch(`${server.url}/rooms/${path}`);
    expect(answer.status).toBe(status);
    expect(((await answer.json()) as { error: string }).error).toContain(reason);
  });
});
