import { Compile } from 'typebox/compile';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../src/clock.ts';
import { closeCodes, errorCodes, protocolSchema } from '../src/index.ts';
import { connectionOf, connectWebSocket, joinByWebSocket, WebSocketMember } from './support/peers.ts';
import { patient, serve } from './support/test-server.ts';

const uuidV7 = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('a room', patient, () => {
  test('is told by name who joins and who leaves, and how many are left', async () => {
    const server = await serve();
    const ann = await joinByWebSocket(server, { name: 'Ann' });
    const bob = await joinByWebSocket(server, { name: 'Bob' });
    expect(await ann.next('system', ({ sender }) => sender === 'Bob')).toMatchObject({
      event: 'joined',
      content: 'Bob joined',
      members: 2,
    });
    bob.close();
    expect(await ann.next('system')).toMatchObject({
      event: 'left',
      sender: 'Bob',
      content: 'Bob left',
      members: 1,
    });
  });

  test('numbers what is said from 1 on, in one epoch for all its members', async () => {
    const server = await serve();
    const ann = await joinByWebSocket(server, { name: 'Ann' });
    for (let i = 1; i <= 3; i += 1) ann.say(`message ${i}`);
    await ann.next('chat', ({ offset }) => offset === 3);
    const bob = await joinByWebSocket(server, { name: 'Bob' });
    const [first, second] = [ann.messages[0], bob.messages[0]];
    expect(first).toMatchObject({ type: 'welcome', offset: 0, members: 1 });
    expect(second).toMatchObject({ type: 'welcome', offset: 3, members: 2 });
    expect(first?.type === 'welcome' && first.epoch).toMatch(uuidV7);
    expect(second).toMatchObject({ epoch: first?.type === 'welcome' && first.epoch });
    bob.say('my turn');
    const chat = await bob.next('chat');
    expect(chat).toEqual({
      type: 'chat',
      id: expect.stringMatching(uuidV7) as string,
      room: 'general',
      sender: 'Bob',
      content: 'my turn',
      timestamp: expect.stringMatching(rfc3339) as string,
      offset: 4,
    });
    expect(await ann.next('chat')).toEqual(chat);
  });

  test('that was empty goes on with its numbering for those who come back', async () => {
    const server = await serve();
    const ann = await joinByWebSocket(server, { room: 'general' });
    const epochs = [];
    for (let visit = 1; visit <= 2; visit += 1) {
      ann.send({ type: 'join', room: 'tea' });
      const welcome = await ann.next('welcome');
      epochs.push(welcome.epoch);
      expect(welcome).toMatchObject({ room: 'tea', offset: visit - 1, members: 1 });
      ann.say('tea time', 'tea');
      expect(await ann.next('chat')).toMatchObject({ room: 'tea', offset: visit });
      ann.send({ type: 'leave', room: 'tea' });
    }
    expect(new Set(epochs).size).toBe(1);
  });

  test('numbers for itself: what is said elsewhere does not count', async () => {
    const server = await serve();
    const ann = await joinByWebSocket(server, { room: 'tea' });
    ann.send({ type: 'join', room: 'coffee' });
    await ann.next('welcome');
    for (const room of ['tea', 'coffee', 'tea', undefined, 'coffee']) ann.say('hello', room);
    const places: [string, number][] = [];
    for (let i = 0; i < 5; i += 1) {
      const { room, offset } = await ann.next('chat');
      places.push([room, offset]);
    }
    const of = (name: string) => places.filter(([room]) => room === name).map(([, offset]) => offset);
    expect(of('tea')).toEqual([1, 2, 3]);
    expect(of('coffee')).toEqual([1, 2]);
  });

  test('welcomes one that joins twice again, and announces it once', async () => {
    const server = await serve();
    const ann = await joinByWebSocket(server, { name: 'Ann' });
    const bob = await joinByWebSocket(server, { name: 'Bob' });
    bob.send({ type: 'join', room: 'general' });
    expect(await bob.next('welcome')).toMatchObject({ members: 2 });
    bob.say('once');
    await Promise.all([ann.next('chat'), bob.next('chat')]);
    const about = ann.messages.filter(({ type, sender }) => type === 'system' && sender === 'Bob');
    expect(about).toHaveLength(1);
    expect(bob.messages.filter(({ type }) => type === 'chat')).toHaveLength(1);
  });

  test('is closed with its last member, and nothing of it is kept', async () => {
    const server = await serve();
    const ann = await joinByWebSocket(server, { room: 'tea' });
    const bob = await joinByWebSocket(server, { room: 'coffee' });
    expect([...server.hub.rooms.keys()]).toEqual(['tea', 'coffee']);
    ann.send({ type: 'join', room: 'coffee' });
    await bob.next('system', ({ members }) => members === 2);
    ann.send({ type: 'leave', room: 'tea' });
    ann.say('where is everyone?', 'tea');
    expect(await ann.next('error')).toMatchObject({ code: 'not_in_room', room: 'tea' });
    ann.say('here', 'coffee');
    await ann.next('chat');
    expect([...server.hub.rooms.keys()]).toEqual(['coffee']);
  });

  test.each([
    ['/ws/', 'general'],
    ['/ws', 'general'],
    ['/ws/tea', 'tea'],
    ['/ws/Tea_1.2-3', 'Tea_1.2-3'],
    ['/ws/%D1%87%D0%B0%D0%B9', 'чай'],
    ['/ws/%E8%8C%B6', '茶'],
    ['/ws/cafe%CC%81', 'café'],
    [`/ws/${'x'.repeat(64)}`, 'x'.repeat(64)],
  ])('at %s is %s', async (path, room) => {
    const server = await serve();
    const member = connectWebSocket(server);
    await member.next('welcome');
    const other = new WebSocketMember(server.url + path, {});
    expect(await other.next('welcome')).toMatchObject({ room: room.normalize('NFC') });
  });

  test.each([
    ['/ws/a%20b', 'a blank'],
    ['/ws/a%2Fb', 'a slash'],
    ['/ws/tea/', 'a slash at its end'],
    ['/ws/%F0%9F%8D%B5', 'an emoji'],
    ['/ws/%E0%A4%A', 'broken encoding'],
    ['/ws/%FF', 'an encoding that is no UTF-8'],
    [`/ws/${'x'.repeat(65)}`, '65 characters'],
  ])('cannot be at %s, for it has %s: closed 4500 with the reason', async (path) => {
    const server = await serve();
    const member = new WebSocketMember(server.url + path, {});
    expect(await member.closed).toEqual({ code: 4500, reason: errorCodes.bad_room });
    expect(member.messages).toEqual([]);
    expect(server.hub.rooms.size).toBe(0);
  });
});

describe('a member', patient, () => {
  test.each([
    ['Ann', 'Ann'],
    ['  Ann  ', 'Ann'],
    ['Анна Мария', 'Анна Мария'],
    ['Rene\u0301', 'René'],
    ['🍵', '🍵'],
    ['x'.repeat(32), 'x'.repeat(32)],
  ])('that asks to be called %j is %j', async (asked, name) => {
    const server = await serve();
    const member = connectWebSocket(server, { name: asked });
    expect(await member.next('welcome')).toMatchObject({ name });
  });

  test.each([
    ['', 'nothing'],
    ['   ', 'blanks'],
    ['x'.repeat(33), '33 characters'],
    ['Server', "the server's own name"],
    ['An\u0000n', 'a control character'],
    ['An\u202En', 'a character that turns the text around'],
    ['An\u200Bn', 'an invisible character'],
    ['An\nn', 'a line break'],
  ])('that asks to be called %j is a guest, for that is %s', async (asked) => {
    const server = await serve();
    const member = connectWebSocket(server, { name: asked });
    expect((await member.next('welcome')).name).toMatch(/^[a-z]+(-[a-z]+)+-\d+$/);
  });

  test('without a name is a guest with a readable one, each with another', async () => {
    const server = await serve();
    const names = [];
    for (let i = 0; i < 5; i += 1) names.push((await connectWebSocket(server).next('welcome')).name);
    expect(new Set(names).size).toBe(5);
  });

  test('has an id of its own: a UUID v7, the same in all its rooms', async () => {
    const server = await serve();
    const ann = connectWebSocket(server);
    const { you } = await ann.next('welcome');
    expect(you).toMatch(uuidV7);
    expect(you).toBe(connectionOf(server).id);
    ann.send({ type: 'join', room: 'tea' });
    expect(await ann.next('welcome')).toMatchObject({ room: 'tea', you });
  });

  test('may be in so many rooms, and is told when there are no more', async () => {
    const server = await serve({ roomsPerConnection: 2 });
    const ann = await joinByWebSocket(server);
    ann.send({ type: 'join', room: 'tea' });
    await ann.next('welcome');
    ann.send({ type: 'join', room: 'coffee' });
    expect(await ann.next('error')).toMatchObject({
      code: 'limit_reached',
      room: 'coffee',
      content: 'no more rooms for this connection: 2 are the most',
    });
    ann.send({ type: 'leave', room: 'tea' });
    ann.send({ type: 'join', room: 'coffee' });
    expect(await ann.next('welcome')).toMatchObject({ room: 'coffee' });
  });

  test('that has left every room is still connected, and may come back', async () => {
    const server = await serve();
    const ann = await joinByWebSocket(server);
    ann.send({ type: 'leave', room: 'general' });
    ann.say('anyone?');
    expect(await ann.next('error')).toMatchObject({ code: 'not_in_room', room: 'general' });
    ann.send({ type: 'join', room: 'general' });
    await ann.next('welcome');
    ann.say('back again');
    expect(await ann.next('chat')).toMatchObject({ content: 'back again' });
  });

  test('over the rate is told how long to wait, and heard again after that', async () => {
    let aheadMs = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
    const server = await serve({ rate: 20, burst: 1, clock });
    const ann = await joinByWebSocket(server);
    ann.say('first');
    ann.say('too soon');
    const { retryAfterMs } = await ann.next('error', ({ code }) => code === 'rate_limited');
    expect(retryAfterMs).toBeGreaterThan(0);
    expect(retryAfterMs).toBeLessThanOrEqual(50);
    aheadMs += retryAfterMs ?? 0;
    ann.say('now');
    await ann.next('chat', ({ content }) => content === 'now');
    expect(ann.messages.some((message) => message.type === 'chat' && message.content === 'too soon')).toBe(
      false,
    );
  });

  test('of a room over its rate is told so, with the room', async () => {
    const server = await serve({ rate: 0, roomRate: 1, roomBurst: 2 });
    const ann = await joinByWebSocket(server, { room: 'tea' });
    for (let i = 1; i <= 3; i += 1) ann.say(`message ${i}`);
    expect(await ann.next('error')).toMatchObject({ code: 'rate_limited', room: 'tea' });
  });
});

/** @returns a chat message of so many octets as JSON. */
function chatOf(octets: number): string {
  const chat = { type: 'chat', content: '' };
  return JSON.stringify({ ...chat, content: 'x'.repeat(octets - JSON.stringify(chat).length) });
}

describe('bad input', patient, () => {
  test.each([
    ['bad JSON', '{"type":"chat"', 'bad_json', /^not JSON: ./],
    ['nothing at all', '', 'bad_json', /^not JSON: ./],
    ['a list', '[]', 'bad_shape', /JSON object/],
    ['null', 'null', 'bad_shape', /JSON object/],
    ['a number', '1', 'bad_shape', /JSON object/],
    ['a message without a type', '{"content":"hello"}', 'unknown_type', /known are chat, join, leave/],
    ['an unknown type', '{"type":"shout","content":"hello"}', 'unknown_type', /known are chat, join, leave/],
    ["a type that is every object's", '{"type":"toString"}', 'unknown_type', /known are/],
    ['a type that is no text', '{"type":{}}', 'unknown_type', /known are/],
    ['a chat without content', '{"type":"chat"}', 'bad_shape', /^chat: .*content/],
    ['content that is no text', '{"type":"chat","content":7}', 'bad_shape', /^chat: content must be string/],
    ['a room that is no text', '{"type":"chat","room":7,"content":"x"}', 'bad_shape', /^chat: room/],
    ['a join without a room', '{"type":"join"}', 'bad_shape', /^join: .*room/],
    ['a join of a bad room', '{"type":"join","room":"a b"}', 'bad_room', /1–64 letters/],
    ['a leave of a bad room', '{"type":"leave","room":""}', 'bad_room', /1–64 letters/],
    ['a leave of a room not joined', '{"type":"leave","room":"tea"}', 'not_in_room', /not in that room/],
    ['a chat in a room not joined', '{"type":"chat","room":"tea","content":"x"}', 'not_in_room', /not in/],
    ['empty content', '{"type":"chat","content":""}', 'empty', /empty/],
    ['content of white space', '{"type":"chat","content":" \\n\\t\\u3000"}', 'empty', /empty/],
  ] as const)('%s → an error with the code and the reason in words; the connection stays', async (...row) => {
    const [, input, code, reason] = row;
    const server = await serve();
    const ann = await joinByWebSocket(server, { name: 'Ann' });
    ann.sendText(input);
    expect(await ann.next('error')).toMatchObject({
      code,
      sender: 'server',
      content: expect.stringMatching(reason) as string,
      timestamp: expect.stringMatching(rfc3339) as string,
    });
    ann.say('still here');
    expect(await ann.next('chat')).toMatchObject({ content: 'still here', offset: 1 });
  });

  test('a binary message → an error; the connection stays', async () => {
    const server = await serve();
    const ann = connectWebSocket(server);
    await ann.next('welcome');
    ann.webSocket.send(Buffer.from('{"type":"chat","content":"hello"}'));
    expect(await ann.next('error')).toMatchObject({ code: 'binary', content: errorCodes.binary });
    ann.say('text, then');
    expect(await ann.next('chat')).toMatchObject({ offset: 1 });
  });

  test('a message for a room that was left → an error; the connection stays', async () => {
    const server = await serve();
    const ann = await joinByWebSocket(server);
    ann.send({ type: 'join', room: 'tea' });
    await ann.next('welcome');
    ann.send({ type: 'leave', room: 'tea' });
    ann.say('too late', 'tea');
    expect(await ann.next('error')).toMatchObject({ code: 'not_in_room', room: 'tea' });
  });

  test('is told to the one that sent it, and to nobody else', async () => {
    const server = await serve();
    const ann = await joinByWebSocket(server, { name: 'Ann' });
    const bob = await joinByWebSocket(server, { name: 'Bob' });
    bob.sendText('not JSON');
    await bob.next('error');
    bob.say('sorry');
    await ann.next('chat');
    expect(ann.messages.filter(({ type }) => type === 'error')).toEqual([]);
  });

  test('a message of exactly the most bytes is taken, and one byte more → 1009', async () => {
    const server = await serve({ maxMessageBytes: 100 });
    const ann = await joinByWebSocket(server);
    ann.sendText(chatOf(100));
    await ann.next('chat');
    ann.sendText(chatOf(101));
    expect((await ann.closed).code).toBe(closeCodes.messageTooBig.code);
  });

  test('members that the protocol does not know are ignored, whatever they are called', async () => {
    const server = await serve();
    const ann = await joinByWebSocket(server);
    ann.sendText(
      '{"type":"chat","content":"hello","sender":"server","offset":99,"__proto__":{"room":"tea"}}',
    );
    const chat = await ann.next('chat');
    expect(chat).toMatchObject({ content: 'hello', room: 'general', offset: 1 });
    expect(chat.sender).not.toBe('server');
  });
});

test('every message that the server sends is one of the published protocol', patient, async () => {
  const server = await serve({ rate: 20, burst: 1, presenceBurst: 1 });
  const ann = await joinByWebSocket(server, { name: 'Ann' });
  const others = ['Bob', 'Cid', 'Dan'].map((name) => connectWebSocket(server, { name }));
  for (const other of others) await other.next('welcome');
  ann.say('hello');
  ann.say('too soon');
  await ann.next('error');
  others[0]?.close();
  await ann.next('system', ({ event, members }) => event !== 'joined' && members === 3);
  await server.stop();
  await ann.closed;
  expect(new Set(ann.messages.map(({ type }) => type))).toEqual(
    new Set(['welcome', 'system', 'chat', 'error']),
  );
  const validator = Compile(protocolSchema.$defs.ServerMessage);
  for (const message of ann.messages) expect(validator.Errors(message)).toEqual([]);
});
