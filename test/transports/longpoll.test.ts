import { describe, expect, test } from 'vitest';
import { toPromise } from 'xstate';
import { closeCodes, type ChatServer, type WelcomeMessage } from '../../src/index.ts';
import { pathWith, PollMember, type PollAnswer } from '../support/http-members.ts';
import { connectionOf, joinByWebSocket, type Member } from '../support/peers.ts';
import { patient, serve } from '../support/test-server.ts';
import { describeTransport } from '../support/transport-conformance.ts';

describeTransport('longpoll', {
  connect: (server, options) => new PollMember(server, options),
  speaksBy: 'posts',
  pingsAnsweredBy: 'poll',
  goodbye: { code: closeCodes.abnormal.code, reason: closeCodes.abnormal.reason },
});

/** Ends soon, though nobody polls any more. */
const quickEnd = { drainTimeoutMs: 100, drainGraceMs: 20 };

interface Asked {
  readonly room?: string;
  readonly name?: string;
  readonly after?: number;
  readonly epoch?: string;
  readonly connection?: string;
  readonly wait?: number;
}

/** Polls once. */
async function poll(server: ChatServer, { room = 'general', ...query }: Asked = {}): Promise<PollAnswer> {
  const answer = await fetch(server.url + pathWith(`/poll/${room}`, { ...query }));
  expect(answer.status).toBe(200);
  return (await answer.json()) as PollAnswer;
}

/** What the next poll gives back of an answer. */
function next({ connection, epoch, offset }: PollAnswer): Asked {
  return { connection, epoch, after: offset };
}

function chatsOf({ messages }: PollAnswer): string[] {
  return messages.flatMap((message) => (message.type === 'chat' ? [message.content] : []));
}

describe('longpoll: a poll', patient, () => {
  test('of one who is new is answered with the welcome', async () => {
    const server = await serve(quickEnd);
    const answer = await poll(server, { room: 'tea', name: 'Ann' });
    const { id } = connectionOf(server);
    expect(answer).toMatchObject({ connection: id, offset: 0 });
    const [welcome] = answer.messages;
    expect(welcome).toMatchObject({
      type: 'welcome',
      you: id,
      name: 'Ann',
      room: 'tea',
      epoch: answer.epoch,
    });
  });

  test('is of the room general where the path names none', async () => {
    const server = await serve(quickEnd);
    for (const path of ['/poll', '/poll/']) {
      const answer = (await (await fetch(server.url + path)).json()) as PollAnswer;
      expect(answer.messages[0]).toMatchObject({ room: 'general' });
    }
  });

  test('hangs until there is something to tell', async () => {
    const server = await serve(quickEnd);
    const ann = await joinByWebSocket(server);
    const first = await poll(server);
    const second = poll(server, next(first));
    ann.say('hello');
    expect(await second).toMatchObject({ connection: first.connection, epoch: first.epoch, offset: 1 });
    expect(chatsOf(await second)).toEqual(['hello']);
  });

  test('is answered with nothing where there is nothing for as long as it would wait', async () => {
    const server = await serve(quickEnd);
    const first = await poll(server);
    expect(await poll(server, { ...next(first), wait: 0 })).toEqual({ ...first, messages: [] });
    expect(await poll(server, { ...next(first), wait: 0.02 })).toEqual({ ...first, messages: [] });
  });

  test('is answered with nothing when the server wants a sign of life', async () => {
    const server = await serve({ ...quickEnd, pingPeriodMs: 20, pongWaitMs: 10_000 });
    const first = await poll(server);
    const { actor } = connectionOf(server);
    expect(await poll(server, next(first))).toEqual({ ...first, messages: [] });
    expect(await poll(server, next(first))).toEqual({ ...first, messages: [] });
    expect(actor.getSnapshot().value).toMatchObject({ open: { heartbeat: expect.anything() as unknown } });
  });

  test('takes all that was said since the last one, in one answer', async () => {
    const server = await serve({ ...quickEnd, rate: 0 });
    const ann = await joinByWebSocket(server);
    const first = await poll(server);
    const words = Array.from({ length: 50 }, (_, i) => `message ${i + 1}`);
    for (const word of words) {
      ann.say(word);
      await ann.next('chat');
    }
    expect(chatsOf(await poll(server, next(first)))).toEqual(words);
  });

  test('that comes while another hangs has that one answered, and hangs in its place', async () => {
    const server = await serve(quickEnd);
    const ann = await joinByWebSocket(server);
    const first = await poll(server);
    const polls = [poll(server, next(first)), poll(server, next(first))];
    expect(await Promise.race(polls)).toEqual({ ...first, messages: [] });
    ann.say('hello');
    const answers = await Promise.all(polls);
    expect(answers.flatMap(chatsOf)).toEqual(['hello']);
    expect(server.connections.total).toBe(2);
  });

  test.each(['26', '-1', 'soon', '1e9', ''])('that would wait for %j → 400 with the reason', async (wait) => {
    const server = await serve();
    const answer = await fetch(`${server.url}/poll/tea?wait=${wait}`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({
      error: expect.stringMatching(/^querystring\/wait must be /) as string,
    });
    expect(server.connections.total).toBe(0);
  });

  test('is not one by HEAD, which tells what it would be', async () => {
    const server = await serve();
    const answer = await fetch(`${server.url}/poll/tea`, { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'application/json; charset=utf-8',
    ]);
    expect(await answer.text()).toBe('');
    expect(server.connections.total).toBe(0);
  });
});

/** A room in which three things were said, and its epoch. */
async function talkedIn(server: ChatServer): Promise<{ ann: Member; epoch: string }> {
  const ann = await joinByWebSocket(server, { name: 'Ann' });
  for (const word of ['one', 'two', 'three']) ann.say(word);
  await ann.next('chat', ({ offset }) => offset === 3);
  const [welcome] = ann.messages;
  return { ann, epoch: (welcome as WelcomeMessage).epoch };
}

describe('longpoll: a client that comes back', patient, () => {
  test('with a place has what it missed, whatever connection it had', async () => {
    const server = await serve(quickEnd);
    const { epoch } = await talkedIn(server);
    const answer = await poll(server, { after: 1, epoch, connection: 'of another server' });
    expect(answer.messages[0]).toMatchObject({ type: 'welcome', recovered: true });
    expect(chatsOf(answer)).toEqual(['two', 'three']);
    expect(answer).toMatchObject({ epoch, offset: 3 });
  });

  test('with a place where it has missed nothing waits for news, and for as long as it would', async () => {
    const server = await serve(quickEnd);
    const { ann, epoch } = await talkedIn(server);
    const hanging = poll(server, { name: 'Bob', after: 3, epoch });
    await ann.next('system', ({ sender }) => sender === 'Bob');
    ann.say('four');
    const answer = await hanging;
    expect(answer.messages[0]).toMatchObject({ type: 'welcome', recovered: true });
    expect(chatsOf(answer)).toEqual(['four']);
    const patient0 = await poll(server, { name: 'Cid', after: 4, epoch, wait: 0 });
    expect(patient0).toMatchObject({ connection: expect.any(String) as string, epoch, offset: 4 });
    expect(patient0.messages[0]).toMatchObject({ type: 'welcome', recovered: true, name: 'Cid' });
  });

  test('with a place that is not known is told so at once, and what the room has from its beginning', async () => {
    const server = await serve(quickEnd);
    const { epoch } = await talkedIn(server);
    const answer = await poll(server, { after: 1, epoch: 'another' });
    expect(answer.messages[0]).toMatchObject({ type: 'welcome', recovered: false, offset: 0 });
    expect(answer).toMatchObject({ epoch, offset: 3 });
    expect(chatsOf(answer)).toEqual(['one', 'two', 'three']);
  });

  test('after an answer was lost goes on by a new connection under its name, and the old one is closed 4005', async () => {
    const server = await serve({ ...quickEnd, maxConnections: 2 });
    const ann = await joinByWebSocket(server, { name: 'Ann' });
    const first = await poll(server, { name: 'Bob' });
    const { actor } = connectionOf(server, 'Bob');
    ann.say('one');
    const lost = await poll(server, next(first));
    expect(chatsOf(lost)).toEqual(['one']);
    const again = await poll(server, next(first));
    expect(again.connection).not.toBe(first.connection);
    expect(again.messages[0]).toMatchObject({ type: 'welcome', recovered: true, name: 'Bob' });
    expect(chatsOf(again)).toEqual(['one']);
    expect(await toPromise(actor)).toMatchObject({ code: closeCodes.sessionReplaced.code, by: 'server' });
  });

  test('whose poll was cut off has what was said meanwhile, whether or not the server knew', async () => {
    const server = await serve(quickEnd);
    const ann = await joinByWebSocket(server);
    const first = await poll(server);
    const { after, ...rest } = next(first);
    const cutting = new AbortController();
    const path = pathWith('/poll/general', { ...rest, after });
    const cut = fetch(server.url + path, { signal: cutting.signal }).catch(() => undefined);
    cutting.abort();
    await cut;
    ann.say('are you there?');
    await ann.next('chat');
    expect(chatsOf(await poll(server, next(first)))).toEqual(['are you there?']);
  });

  test('with a connection of another room is a newcomer in this one', async () => {
    const server = await serve(quickEnd);
    const tea = await poll(server, { room: 'tea' });
    const coffee = await poll(server, { room: 'coffee', connection: tea.connection });
    expect(coffee.connection).not.toBe(tea.connection);
    expect(coffee.messages[0]).toMatchObject({ type: 'welcome', room: 'coffee' });
  });
});

describe('longpoll: the end of a connection', patient, () => {
  test('between polls is told with the next one', async () => {
    const server = await serve();
    const first = await poll(server);
    const { code, reason } = closeCodes.kicked;
    const { actor } = connectionOf(server);
    actor.send({ type: 'close', code, reason });
    expect(await poll(server, next(first))).toEqual({ ...first, messages: [], close: { code, reason } });
    expect(await toPromise(actor)).toEqual({ code, reason, by: 'server' });
  });

  test('of one that polls too seldom for what is said is 4001', async () => {
    const server = await serve({ rate: 0, outboxMessages: 8 });
    const ann = await joinByWebSocket(server);
    const first = await poll(server, { name: 'Slow' });
    const { actor, socket } = connectionOf(server, 'Slow');
    for (let said = 1; !actor.getSnapshot().matches('closing'); said += 1) {
      ann.say(`message ${said}`);
      await ann.next('chat');
      expect(said).toBeLessThan(20);
    }
    expect(socket.bufferedBytes).toBeGreaterThan(0);
    const { code, reason } = closeCodes.slowConsumer;
    const last = await poll(server, next(first));
    expect(last.close).toEqual({ code, reason });
    expect(await toPromise(actor)).toEqual({ code, reason, by: 'server' });
  });

  test('in a drain reaches those who hang and those who are between polls', async () => {
    const server = await serve({ drainTimeoutMs: 60_000, drainGraceMs: 30_000 });
    const [ann, bob] = [await poll(server, { name: 'Ann' }), await poll(server, { name: 'Bob' })];
    await poll(server, { ...next(ann), wait: 0 });
    const hanging = poll(server, next(ann));
    const stopping = server.stop();
    const ending = { code: closeCodes.restarting.code, reason: closeCodes.restarting.reason };
    const heard = async (last: PollAnswer): Promise<PollAnswer['close']> =>
      last.close ?? heard(await poll(server, next(last)));
    expect(await heard(await hanging)).toEqual(ending);
    expect(await heard(bob)).toEqual(ending);
    expect(await stopping).toEqual({ connections: 2, closedByCode: new Map([[1012, 2]]), leaks: [] });
  });
});
