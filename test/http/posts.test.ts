import { describe, expect, test } from 'vitest';
import { toPromise } from 'xstate';
import type { AckMessage } from '../../src/protocol.ts';
import { closeCodes, type ChatServer, type ErrorMessage } from '../../src/index.ts';
import { connectHalfOpen, connectionOf, joinByWebSocket, type Member } from '../support/peers.ts';
import { patient, serve } from '../support/test-server.ts';

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly message: AckMessage | ErrorMessage;
}

interface Posting {
  readonly room?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function post(server: ChatServer, body: object | string, posting: Posting = {}): Promise<Answer> {
  const { room = 'general', headers = {} } = posting;
  const answer = await fetch(`${server.url}/rooms/${encodeURIComponent(room)}/messages`, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const message = (await answer.json()) as Answer['message'];
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), message };
}

function idOf(member: Member): string {
  const [welcome] = member.messages;
  return welcome?.type === 'welcome' ? welcome.you : '';
}

/** As a proxy hands it on for this address. */
const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });

describe('a post', patient, () => {
  test('is said in the room, and answered 201 with the ack', async () => {
    const server = await serve();
    const ann = await joinByWebSocket(server, { room: 'чай' });
    const { status, message } = await post(
      server,
      { content: 'hello', name: 'Bot', id: 'one' },
      { room: 'чай' },
    );
    expect(status).toBe(201);
    const heard = await ann.next('chat');
    expect(heard).toMatchObject({ room: 'чай', sender: 'Bot', content: 'hello', offset: 1 });
    const epoch = server.hub.rooms.get('чай')?.position?.epoch;
    expect(message).toMatchObject({ type: 'ack', room: 'чай', id: 'one', offset: 1, epoch });
  });

  test('is under a guest name, and with an id of its own, where it has none', async () => {
    const server = await serve();
    const ann = await joinByWebSocket(server);
    const { message } = await post(server, { content: 'hello' });
    expect(message).toMatchObject({ type: 'ack', id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string });
    expect((await ann.next('chat')).sender).toMatch(/^[a-z]+-[a-z]+-\d+$/);
  });

  test('into a room that nobody is in is there for who comes back to it', async () => {
    const server = await serve();
    const one = await post(server, { content: 'one' }, { room: 'tea' });
    const two = await post(server, { content: 'two' }, { room: 'tea' });
    expect([one.message, two.message]).toMatchObject([{ offset: 1 }, { offset: 2 }]);
    const history = await (await fetch(`${server.url}/rooms/tea/history`)).json();
    expect(history).toMatchObject({ messages: [{ content: 'one' }, { content: 'two' }] });
  });

  test('again with the same id is acknowledged again, and said once', async () => {
    const server = await serve();
    const ann = await joinByWebSocket(server);
    const body = { content: 'once', name: 'Bot', id: 'the one' };
    const answers = await Promise.all([post(server, body), post(server, body), post(server, body)]);
    for (const { status, message } of answers) {
      expect(status).toBe(201);
      expect(message).toMatchObject({ type: 'ack', id: 'the one', offset: 1 });
    }
    await post(server, { content: 'twice', name: 'Bot' });
    await ann.next('chat', ({ content }) => content === 'twice');
    expect(ann.messages.filter(({ type }) => type === 'chat')).toHaveLength(2);
  });

  test.each([
    ['that is not JSON', '{"content":', 400, 'bad_json'],
    ['that is empty', '', 400, 'bad_json'],
    ['that is a list', '[]', 400, 'bad_shape'],
    ['without content', '{}', 400, 'bad_shape'],
    ['with a number as content', '{"content":5}', 400, 'bad_shape'],
    ['with an empty id', '{"content":"hi","id":""}', 400, 'bad_shape'],
    [
      'with an id of nobody, by which it would not be known again',
      '{"content":"hi","id":"one"}',
      400,
      'bad_shape',
    ],
    ['with an id too long', `{"content":"hi","id":"${'x'.repeat(65)}"}`, 400, 'bad_shape'],
    ["under the server's name", '{"content":"hi","name":"Server"}', 400, 'bad_shape'],
    ['under an invisible name', '{"content":"hi","name":"\\u200b"}', 400, 'bad_shape'],
    ['with blank content', '{"content":" \\n"}', 400, 'empty'],
    ['with content too long', `{"content":"${'x'.repeat(101)}"}`, 413, 'too_long'],
    ['that is much too long', `{"content":"${'x'.repeat(10_000)}"}`, 413, 'too_long'],
  ])('%s → the error, and nothing is said', async (_, body, status, code) => {
    const server = await serve({ maxMessageBytes: 100 });
    const answer = await post(server, body);
    expect(answer).toMatchObject({ status, message: { type: 'error', code } });
    expect(answer.message.content).not.toBe('');
    expect(server.traffic.messagesIn).toBe(0);
  });

  test.each(['a b', 'x'.repeat(65), '%'])('into %j → bad_room', async (room) => {
    const server = await serve();
    expect(await post(server, { content: 'hi', id: 'x' }, { room })).toMatchObject({
      status: 400,
      message: { type: 'error', code: 'bad_room', ref: 'x' },
    });
  });

  test('beyond the rate of its address → 429, and when to try again; another address may', async () => {
    const server = await serve({ rate: 1, burst: 2, trustProxy: ['127.0.0.1'] });
    for (const _ of [1, 2]) {
      expect((await post(server, { content: 'hi' }, from('192.0.2.1'))).status).toBe(201);
    }
    const refused = await post(server, { content: 'hi', name: 'Bot', id: 'three' }, from('192.0.2.1'));
    expect(refused).toMatchObject({
      status: 429,
      retryAfter: '1',
      message: { code: 'rate_limited', ref: 'three', retryAfterMs: expect.any(Number) as number },
    });
    expect((await post(server, { content: 'hi' }, from('192.0.2.2'))).status).toBe(201);
  });

  test('beyond the rate of its room → 429', async () => {
    const server = await serve({ roomRate: 1, roomBurst: 1 });
    await joinByWebSocket(server);
    expect((await post(server, { content: 'one' })).status).toBe(201);
    const refused = await post(server, { content: 'two', name: 'Bot', id: 'two' });
    expect(refused).toMatchObject({ status: 429, message: { code: 'rate_limited', ref: 'two' } });
  });

  test('to a draining server → 503, and when to try again', async () => {
    const server = await serve({ drainTimeoutMs: 60_000, drainGraceMs: 60_000, closeTimeoutMs: 60_000 });
    const last = await connectHalfOpen(server);
    const stopping = server.stop();
    const refused = await post(server, { content: 'hi', name: 'Bot', id: 'one' });
    expect(refused).toMatchObject({
      status: 503,
      retryAfter: '5',
      message: { code: 'unavailable', ref: 'one', retryAfterMs: 5_000 },
    });
    last.vanish();
    expect((await stopping).leaks).toEqual([]);
  });
});

describe('a post with a connection', patient, () => {
  test('is said under its name', async () => {
    const server = await serve();
    const ann = await joinByWebSocket(server, { name: 'Ann' });
    const { status } = await post(server, { content: 'by post', name: 'Eve', connection: idOf(ann) });
    expect(status).toBe(201);
    expect(await ann.next('chat')).toMatchObject({ sender: 'Ann', content: 'by post' });
  });

  test('counts towards its rate, and towards what closes it', async () => {
    const server = await serve({ rate: 1, burst: 2, abuseLimit: 3 });
    const ann = await joinByWebSocket(server, { name: 'Ann' });
    const { actor } = connectionOf(server);
    const statuses: number[] = [];
    for (let i = 0; i < 6; i += 1) {
      statuses.push((await post(server, { content: 'hi', connection: idOf(ann) })).status);
    }
    expect(statuses).toEqual([201, 201, 429, 429, 429, 429]);
    expect(await toPromise(actor)).toMatchObject({ code: closeCodes.rateLimitAbuse.code });
    expect((await ann.closed).code).toBe(closeCodes.rateLimitAbuse.code);
  });

  test('that is in another room, or nowhere, is one of a stranger', async () => {
    const server = await serve();
    const ann = await joinByWebSocket(server, { name: 'Ann', room: 'tea' });
    const bob = await joinByWebSocket(server, { name: 'Bob', room: 'coffee' });
    await post(server, { content: 'one', name: 'Cid', connection: idOf(ann) }, { room: 'coffee' });
    expect(await bob.next('chat')).toMatchObject({ sender: 'Cid', content: 'one' });
    await post(server, { content: 'two', connection: 'nobody' }, { room: 'coffee' });
    expect((await bob.next('chat')).sender).not.toBe('Ann');
  });
});
