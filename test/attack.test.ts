/** What once could be done to the server by someone who means it ill. */
import { expect, test } from 'vitest';
import { waitFor } from 'xstate';
import { parseDisplayName, parseRoomName } from '../src/protocol.ts';
import { createChatServer } from '../src/index.ts';
import { MemoryHouse } from './support/memory-house.ts';
import { connectionOf, joinByWebSocket } from './support/peers.ts';
import * as raw from './support/raw-client.ts';
import { patient, serve } from './support/test-server.ts';

const leave = raw.text('{"type":"leave","room":"general"}');
const join = raw.text('{"type":"join","room":"tea"}');

test('who leaves its room before it was let in stays, in no room, and may join one', patient, async () => {
  const server = await serve();
  const peer = await raw.RawClient.connect(server.url, { head: leave });
  const { actor } = connectionOf(server);
  await waitFor(actor, (snapshot) => snapshot.matches('open'));
  expect(server.hub.rooms.size).toBe(0);
  await peer.send(join);
  expect(JSON.parse((await peer.frames.next()).payload.toString())).toMatchObject({
    type: 'welcome',
    room: 'tea',
  });
});

test(
  'who joins, speaks and leaves in one breath is told that it is not in, and nobody hears it',
  patient,
  async () => {
    const server = await serve();
    const bob = await joinByWebSocket(server, { room: 'tea', name: 'Bob' });
    const ghost = await raw.RawClient.connect(server.url);
    const say = raw.text('{"type":"chat","room":"tea","content":"boo"}');
    const leaveTea = raw.text('{"type":"leave","room":"tea"}');
    await ghost.send(Buffer.concat([join, say, leaveTea]));
    let answer: { type?: string; code?: string; room?: string };
    do answer = JSON.parse((await ghost.frames.next()).payload.toString()) as typeof answer;
    while (answer.type !== 'error');
    expect(answer).toMatchObject({ code: 'not_in_room', room: 'tea' });
    bob.say('anyone?');
    const { content } = await bob.next('chat');
    expect(content).toBe('anyone?');
  },
);

test('those who keep joining and leaving hold up nobody', () => {
  const house = new MemoryHouse({ rate: 0, registerCapacity: 1, unregisterCapacity: 1 });
  const ann = house.enter('ann');
  const bob = house.enter('bob');
  const enterAndLeave = ['join', 'leave'].map((type) => JSON.stringify({ type, room: 'lobby' }));
  const flappers = Array.from({ length: 8 }, (_, i) => house.enter(`flapper ${i}`, 'flat'));
  const flap = () => {
    for (const { peer } of flappers) peer.send(...enterAndLeave);
  };
  for (const flapper of flappers) {
    const hear = flapper.peer.onMessage;
    flapper.peer.onMessage = (message) => {
      hear?.(message);
      if (house.clock.now() < deadline) flap();
    };
  }
  const deadline = house.clock.now() + 5;
  flap();
  ann.peer.send(JSON.stringify({ type: 'chat', content: 'still there?' }));
  house.clock.advance(5);
  expect(bob.heard.some((message) => message.type === 'chat')).toBe(true);
});

test.each(['ｓｅｒｖｅｒ', 'ser\u034Fver', 'server\uFE0F', 'Server'])(
  'nobody can be taken for the server by calling itself %j',
  (name) => {
    expect(parseDisplayName(name)).toBeUndefined();
  },
);

test.each(['\u3164', '\u115F\u1160', '\u2800', '\u200B'])(
  'a name of nothing visible, such as %j, is none',
  (name) => {
    expect(parseDisplayName(name)).toBeUndefined();
    expect(parseRoomName(name)).toBeUndefined();
  },
);

test('an observer that throws is told no more, and hurts nobody', patient, async () => {
  let told = 0;
  const inspect = () => {
    told += 1;
    if (told > 5) throw new Error('observer broke');
  };
  const server = createChatServer({ port: 0, inspect });
  await server.start();
  const ann = await joinByWebSocket(server, { name: 'Ann' });
  ann.say('hello');
  expect((await ann.next('chat')).content).toBe('hello');
  expect(await server.stop()).toMatchObject({ connections: 1, leaks: [] });
  expect(told).toBe(6);
});

test('a server that was stopped says that it does not start again', async () => {
  const server = createChatServer({ port: 0 });
  await server.start();
  await server.stop();
  await expect(server.start()).rejects.toThrow('does not start again');
});

// NFC of so many marks takes minutes: were they looked at, this test would end by its timeout.
test('a name that is far too long costs nothing to refuse', () => {
  const marks = '\u0316\u0301'.repeat(500_000);
  expect(parseRoomName(`a${marks}`)).toBeUndefined();
  expect(parseDisplayName(`a${marks}`)).toBeUndefined();
});

test('a name that fits once it is composed is still taken, however it is spelled', () => {
  const composed = '\u1F82'; // alpha with three marks: the longest spelling there is
  expect(parseRoomName(composed.normalize('NFD').repeat(64))).toBe(composed.repeat(64));
  expect(parseDisplayName(composed.normalize('NFD').repeat(32))).toBe(composed.repeat(32));
});
