/** What once could be done to the server by someone who means it ill. */
import { expect, test } from 'vitest';
import { waitFor } from 'xstate';
import { parseDisplayName, parseRoomName } from '../src/protocol.ts';
import { connectionOf } from './support/peers.ts';
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
