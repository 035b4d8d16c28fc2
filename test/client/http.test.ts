import { describe, expect, test } from 'vitest';
import type { JoinOptions } from '../../src/client/index.ts';
import { eventParser } from '../../src/client/transports/sse.ts';
import { ack, ClientStage, refusal, welcome, type FakeRequest } from '../support/client-stage.ts';

const byHttp: Partial<JoinOptions> = { transports: ['sse', 'longpoll'], name: 'Ann' };

async function open(options: Partial<JoinOptions> = byHttp): Promise<ClientStage> {
  const stage = new ClientStage(options);
  stage.request.stream().say(welcome());
  await stage.until(() => stage.room.state.status === 'open');
  return stage;
}

const json = (body: object, status = 200) => Response.json(body, { status });

/** The requests that send messages. */
const posts = ({ requests }: ClientStage): FakeRequest[] =>
  requests.filter(({ settings }) => settings.method === 'POST');

describe('a refusal', () => {
  test.each([
    [401, 'closed', 4501],
    [403, 'closed', 1008],
    [429, 'backingOff', 1013],
    [503, 'backingOff', 1013],
  ])('with %i: %s, as by %i', async (status, expected, code) => {
    const stage = new ClientStage(byHttp);
    stage.request.answer(new Response('no', { status }));
    await stage.until(() => stage.room.state.status === expected);
    expect(stage.room.state.close).toMatchObject({ code, reason: `HTTP ${status}` });
  });

  test('that says when to come back is kept to', async () => {
    const stage = new ClientStage(byHttp);
    stage.chance = 0;
    stage.request.answer(new Response('no', { status: 503, headers: { 'Retry-After': '30' } }));
    await stage.until(() => stage.room.state.status === 'backingOff');
    expect(stage.room.state.retryAt).toBe(stage.clock.now() + 30_000);
  });

  test('that says to come back in months is asked again in an hour', async () => {
    const stage = new ClientStage(byHttp);
    const headers = { 'Retry-After': String(60 * 60 * 24 * 30) };
    stage.request.answer(new Response('no', { status: 503, headers }));
    await stage.until(() => stage.room.state.status === 'backingOff');
    expect(stage.room.state.retryAt).toBe(stage.clock.now() + 3_600_000);
  });

  test('that is not the server’s own: the next transport is tried', async () => {
    const stage = new ClientStage(byHttp);
    stage.request.answer(new Response('<h1>not here</h1>', { status: 404 }));
    await stage.until(() => stage.requests.length === 2);
    expect(stage.request.url.pathname).toBe('/poll/tea');
    stage.request.answer(new Response('<h1>log in first</h1>'));
    await stage.until(() => stage.room.state.status === 'backingOff');
    expect(stage.room.state.close?.code).toBe(1006);
  });
});

describe('a stream', () => {
  test('ends with the code that it says, or without one', async () => {
    const first = new ClientStage(byHttp);
    const stream = first.request.stream();
    stream.say(welcome());
    stream.write('event: close\ndata: {"code":4503,"reason":"kicked"}\n\n');
    await first.until(() => first.room.state.status === 'closed');
    expect(first.room.state.close).toEqual({ code: 4503, reason: 'kicked' });

    const second = new ClientStage(byHttp);
    const other = second.request.stream();
    other.say(welcome());
    other.end();
    await second.until(() => second.room.state.status === 'backingOff');
    expect(second.room.state.close).toEqual({ code: 1006, reason: 'the stream ended' });
  });

  test.each(['null', '5', '{}', 'bye'])(
    'that ends with %s, which is no ending, ends without a code',
    async (data) => {
      const stage = new ClientStage(byHttp);
      const stream = stage.request.stream();
      stream.say(welcome());
      stream.write(`event: close\ndata: ${data}\n\n`);
      await stage.until(() => stage.room.state.status === 'backingOff');
      expect(stage.room.state.close).toEqual({ code: 1006, reason: '' });
    },
  );

  test('is read whatever pieces it comes in, comments and all', () => {
    const text = ': ping\n\nid: e:1\ndata: {"a":\ndata: 1}\n\nretry: 3\nevent: close\ndata:é\n\ndata\n\n';
    for (let size = 1; size <= text.length; size += 1) {
      const events: string[][] = [];
      const parse = eventParser((...event) => void events.push(event));
      for (let at = 0; at < text.length; at += size) parse(text.slice(at, at + size));
      expect(events).toEqual([
        ['', '{"a":\n1}'],
        ['close', 'é'],
      ]);
    }
  });

  test('shows by its comments that the server is there', async () => {
    const stage = new ClientStage(byHttp);
    const stream = stage.request.stream();
    stream.say(welcome({ pingPeriodMs: 1_000 }));
    await stage.until(() => stage.room.state.status === 'open');
    stage.clock.advance(1_000);
    stream.write(': ping\n\n');
    await stage.until(() => stage.transitions.pass('open.probing (heard) -> open.alive'));
    stage.clock.advance(1_000 + 7_999);
    expect(stage.room.state.status).toBe('open');
    stage.clock.advance(1);
    expect(stage.room.state).toMatchObject({ status: 'backingOff', close: { reason: 'no sign of life' } });
  });
});

describe('a poll', () => {
  test('says how far one has come, and under which connection and name', async () => {
    const stage = new ClientStage({ ...byHttp, transports: ['longpoll'] });
    expect(Object.fromEntries(stage.request.url.searchParams)).toEqual({ name: 'Ann', wait: '0' });
    stage.request.answer(
      json({ connection: 'c1', epoch: 'e', offset: 7, messages: [welcome({ name: 'Ann 2' })] }),
    );
    await stage.until(() => stage.requests.length === 2);
    expect(Object.fromEntries(stage.request.url.searchParams)).toEqual({
      name: 'Ann 2',
      after: '7',
      epoch: 'e',
      wait: '25',
      connection: 'c1',
    });
    stage.request.answer(
      json({
        connection: 'c1',
        epoch: 'e',
        offset: 7,
        messages: [],
        close: { code: 1012, reason: 'restarting' },
      }),
    );
    await stage.until(() => stage.room.state.status === 'backingOff');
    expect(stage.room.state.close).toEqual({ code: 1012, reason: 'restarting' });
  });
});

describe('a message', () => {
  test('goes by a request of its own, and the answer is the ack', async () => {
    const stage = await open({ ...byHttp, token: 'secret' });
    const sending = stage.room.send('hello', { id: 'a' });
    expect(stage.request.url.href).toBe('http://chat.example/rooms/tea/messages');
    expect(stage.request.settings).toMatchObject({
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: 'Bearer secret' },
    });
    expect(JSON.parse(stage.request.settings.body ?? '')).toEqual({
      id: 'a',
      content: 'hello',
      name: 'Ann',
      connection: 'c1',
    });
    stage.request.answer(json(ack('a', 5), 201));
    expect(await sending).toMatchObject({ offset: 5 });
  });

  test('that was refused is known though the answer does not name it', async () => {
    const stage = await open();
    const sending = stage.room.send('', { id: 'a' });
    stage.request.answer(json(refusal('empty'), 400));
    await expect(sending).rejects.toMatchObject({ code: 'empty' });
  });

  test.each([
    ['a request that fails', ({ request }: ClientStage) => request.fail()],
    [
      'a page of a proxy',
      ({ request }: ClientStage) => request.answer(new Response('<h1>Bad</h1>', { status: 502 })),
    ],
    ['no answer for 15 s', ({ clock }: ClientStage) => clock.advance(15_000)],
  ])('goes again by the next connection after %s', async (_, break_) => {
    const stage = await open();
    const sending = stage.room.send('hello', { id: 'a' });
    break_(stage);
    await stage.until(() => stage.room.state.status === 'backingOff');
    stage.waitForRetry().request.stream().say(welcome());
    await stage.until(() => posts(stage).length === 2);
    stage.request.answer(json(ack('a', 5), 201));
    expect(await sending).toMatchObject({ offset: 5 });
  });

  test('that a proxy finds too long is given up, and the others go on', async () => {
    const stage = await open();
    const sending = stage.room.send('long', { id: 'a' });
    stage.request.answer(new Response('<h1>Too large</h1>', { status: 413 }));
    await expect(sending).rejects.toMatchObject({ code: 'too_long' });
    expect(stage.room.state.status).toBe('backingOff');
  });
});
