import { on } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { toPromise, waitFor } from 'xstate';
import { closeCodes, type ChatServer, type WelcomeMessage } from '../../src/index.ts';
import { SseMember } from '../support/http-members.ts';
import { connectionOf, joinByWebSocket } from '../support/peers.ts';
import { patient, serve } from '../support/test-server.ts';
import { describeTransport } from '../support/transport-conformance.ts';

describeTransport('sse', {
  connect: (server, options) => new SseMember(server, options),
  speaksBy: 'posts',
  pingsAnsweredBy: 'kernel',
  goodbye: { code: closeCodes.goingAway.code, reason: closeCodes.goingAway.reason },
});

/** Opens a stream of events as a browser's EventSource does. */
function listenTo(server: ChatServer, path: string, lastEventId?: string): Promise<IncomingMessage> {
  const headers = { accept: 'text/event-stream', ...(lastEventId && { 'last-event-id': lastEventId }) };
  return new Promise((resolve, reject) => {
    const asking = request(`${server.url}${path}`, { headers, agent: false }, (answer) => {
      onTestFinished(() => void answer.destroy());
      resolve(answer.setEncoding('utf8'));
    });
    asking.once('error', reject).end();
  });
}

/** Reads a stream until it holds this many events, or comments. */
async function eventsOf(answer: IncomingMessage, count: number): Promise<string[]> {
  let read = '';
  for await (const chunk of on(answer, 'data', { close: ['end'] })) {
    read += String(chunk);
    const events = read.split('\n\n').slice(0, -1);
    if (events.length >= count) return events.slice(0, count);
  }
  return read.split('\n\n').slice(0, -1);
}

describe('sse: the stream', patient, () => {
  test('is one that no proxy keeps back or changes, and tells a browser when to come back', async () => {
    const server = await serve();
    const answer = await listenTo(server, '/sse/tea?name=Ann');
    expect([answer.statusCode, answer.headers]).toMatchObject([
      200,
      {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache, no-transform',
        'x-accel-buffering': 'no',
        'x-content-type-options': 'nosniff',
      },
    ]);
    const [first, welcome] = await eventsOf(answer, 2);
    expect(first).toBe('retry: 3000');
    const [id, data] = (welcome ?? '').split('\ndata: ');
    const message = JSON.parse(data ?? '') as WelcomeMessage;
    expect(message).toMatchObject({ type: 'welcome', room: 'tea', name: 'Ann' });
    expect(id).toBe(`id: ${message.epoch}:0`);
  });

  test('is of the room general where the path names none', async () => {
    const server = await serve();
    for (const path of ['/sse', '/sse/']) {
      const [, welcome] = await eventsOf(await listenTo(server, path), 2);
      expect(welcome).toContain('"room":"general"');
    }
  });

  test('has a comment in it for each ping period of silence', async () => {
    const server = await serve({ pingPeriodMs: 20, pongWaitMs: 10_000 });
    const events = await eventsOf(await listenTo(server, '/sse/tea'), 5);
    expect(events.slice(3)).toEqual([': ping', ': ping']);
  });

  test('bears ids that move a client on: of chat messages and a fresh welcome, and of nothing else', async () => {
    const server = await serve();
    const ann = new SseMember(server, { name: 'Ann' });
    const { epoch } = await ann.next('welcome');
    ann.say('one');
    ann.say('two');
    await ann.next('chat', ({ offset }) => offset === 2);
    expect(ann.ids).toEqual([`${epoch}:0`, `${epoch}:1`, `${epoch}:2`]);
    expect(ann.messages.some(({ type }) => type === 'system')).toBe(true);
  });

  test('goes on from the last event that a browser has, whatever its URL says', async () => {
    const server = await serve();
    const ann = await joinByWebSocket(server, { name: 'Ann' });
    const { epoch } = ann.messages[0] as WelcomeMessage;
    for (const word of ['one', 'two', 'three']) ann.say(word);
    await ann.next('chat', ({ offset }) => offset === 3);
    const answer = await listenTo(server, `/sse/general?after=3&epoch=${epoch}`, `${epoch}:1`);
    const [, welcome, two, three] = await eventsOf(answer, 4);
    expect(welcome).toMatch(/^data: .*"recovered":true/);
    expect(two).toMatch(new RegExp(`^id: ${epoch}:2\ndata: .*"content":"two"`));
    expect(three).toMatch(new RegExp(`^id: ${epoch}:3\ndata: .*"content":"three"`));
  });

  test('says so when it cannot go on from there', async () => {
    const server = await serve();
    const ann = await joinByWebSocket(server);
    const { epoch } = ann.messages[0] as WelcomeMessage;
    for (const lastEventId of ['another-epoch:7', 'nonsense', '']) {
      const [, welcome] = await eventsOf(await listenTo(server, '/sse/general', lastEventId), 2);
      expect(welcome).toMatch(new RegExp(`^id: ${epoch}:0\ndata: .*"recovered":false`));
    }
  });

  test('ends with an event that says why', async () => {
    const server = await serve();
    const answer = await listenTo(server, '/sse/tea');
    await eventsOf(answer, 2);
    const { code, reason } = closeCodes.kicked;
    connectionOf(server).actor.send({ type: 'close', code, reason });
    const events = await eventsOf(answer, Infinity);
    expect(events.at(-1)).toBe('event: close\ndata: {"code":4503,"reason":"kicked"}');
  });

  test('that is left by a reset is recorded as 1006, one left in order as 1001', async () => {
    const server = await serve();
    for (const [name, leave, code] of [
      ['Ann', (answer: IncomingMessage) => answer.socket.resetAndDestroy(), 1006],
      ['Bob', (answer: IncomingMessage) => answer.socket.end(), 1001],
    ] as const) {
      const answer = await listenTo(server, `/sse/tea?name=${name}`);
      await eventsOf(answer, 2);
      const { actor } = connectionOf(server, name);
      answer.on('error', () => undefined);
      leave(answer);
      expect(await toPromise(actor)).toMatchObject({ code, by: 'peer' });
    }
  });

  test('that is not read for a while is clear again once it is, and has missed nothing', async () => {
    const server = await serve({ rate: 0, maxMessageBytes: 80_000, writeWaitMs: 600_000 });
    const ann = await joinByWebSocket(server, { name: 'Ann' });
    const slow = new SseMember(server, { name: 'Slow' });
    await slow.next('welcome');
    const { actor, writer } = connectionOf(server, 'Slow');
    slow.stall();
    let said = 0;
    while (!writer.outbox.isHigh) {
      said += 1;
      ann.say('x'.repeat(64 * 1_024));
      await ann.next('chat', ({ offset }) => offset === said);
    }
    slow.resume();
    await waitFor(actor, (snapshot) => snapshot.matches({ open: { outbound: 'clear' } }));
    await slow.next('chat', ({ offset }) => offset === said);
    const offsets = slow.messages.flatMap((message) => (message.type === 'chat' ? [message.offset] : []));
    expect(offsets).toEqual(Array.from({ length: said }, (_, i) => i + 1));
  });

  test('is not opened by HEAD, which tells what it would be', async () => {
    const server = await serve();
    const answer = await fetch(`${server.url}/sse/tea`, { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    expect(await answer.text()).toBe('');
    expect(server.connections.total).toBe(0);
  });
});
