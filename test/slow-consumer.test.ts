import { describe, expect, test } from 'vitest';
import { toPromise, waitFor } from 'xstate';
import { closeCodes, type ChatServer, type ConnectionActor } from '../src/index.ts';
import { connectHalfOpen, connectionOf, joinByWebSocket, type Member } from './support/peers.ts';
import * as raw from './support/raw-client.ts';
import { patient, serve } from './support/test-server.ts';

const big = 'x'.repeat(64 * 1_024);
/** Room for big messages; no limit on how many. */
const bigTalk = { rate: 0, maxMessageBytes: 80_000 };

/** A member that never reads, and the server's side of it. */
async function joinSlow(server: ChatServer): Promise<{ slow: raw.RawClient; actor: ConnectionActor }> {
  const slow = await connectHalfOpen(server, 'general?name=Slow');
  return { slow, actor: connectionOf(server, 'Slow').actor };
}

/** The members say big things in turn, each heard by all before the next. @returns how many it took. */
async function talkUntil(isEnough: () => boolean, members: readonly Member[]): Promise<number> {
  let said = 0;
  while (!isEnough()) {
    members[said % members.length]?.say(big);
    said += 1;
    await Promise.all(members.map((member) => member.next('chat', ({ offset }) => offset === said)));
  }
  return said;
}

function offsetsOf(member: Member): number[] {
  return member.messages.flatMap((message) => (message.type === 'chat' ? [message.offset] : []));
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, i) => i + 1);
}

describe('a member that never reads', patient, () => {
  test('while others chat is closed 4001; they lose nothing, and the room goes on', async () => {
    const server = await serve({ ...bigTalk, writeWaitMs: 600_000, closeTimeoutMs: 50 });
    const others = await Promise.all(
      Array.from({ length: 5 }, (_, i) => joinByWebSocket(server, { name: `member ${i}` })),
    );
    const { actor } = await joinSlow(server);
    const said = await talkUntil(() => actor.getSnapshot().matches('closing'), others);
    const over = { code: closeCodes.slowConsumer.code, reason: closeCodes.slowConsumer.reason, by: 'server' };
    expect(await toPromise(actor)).toEqual(over);
    const room = server.hub.rooms.get('general');
    expect(room?.members).toHaveLength(5);
    const saidLater = said + (await talkMore(others, said));
    for (const other of others) expect(offsetsOf(other)).toEqual(upTo(saidLater));
    expect([...server.connections.closedByCode]).toEqual([[4001, 1]]);
  });

  test('is closed 4001 when its outbox stays above the high-water mark for the write wait', async () => {
    const server = await serve({ ...bigTalk, writeWaitMs: 50, closeTimeoutMs: 50 });
    const ann = await joinByWebSocket(server);
    const { actor } = await joinSlow(server);
    const { outbox } = connectionOf(server, 'Slow').writer;
    const congested = waitFor(actor, (snapshot) => snapshot.matches({ open: { outbound: 'congested' } }));
    const said = await talkUntil(() => outbox.isHigh, [ann]);
    expect(outbox.isFull).toBe(false);
    await congested;
    expect(await toPromise(actor)).toMatchObject({ code: closeCodes.slowConsumer.code, by: 'server' });
    expect(offsetsOf(ann)).toEqual(upTo(said));
  });

  test('and then reads in time is clear again, and has missed nothing', async () => {
    const server = await serve({ ...bigTalk, writeWaitMs: 600_000 });
    const ann = await joinByWebSocket(server);
    const { slow, actor } = await joinSlow(server);
    const { outbox } = connectionOf(server, 'Slow').writer;
    const said = await talkUntil(() => outbox.isHigh, [ann]);
    slow.resume();
    await waitFor(actor, (snapshot) => snapshot.matches({ open: { outbound: 'clear' } }));
    const isLast = ({ payload }: raw.Frame) => payload.includes(`"offset":${said}}`);
    await slow.frames.next(isLast);
    const offsets = slow.frames.all.map(({ payload }) =>
      /"type":"chat".*"offset":(\d+)/.exec(payload.toString()),
    );
    expect(offsets.flatMap((match) => (match === null ? [] : [Number(match[1])]))).toEqual(upTo(said));
    expect(server.connections.size).toBe(2);
  });
});

/** A few more words of everyone's, once the slow one is gone. */
async function talkMore(members: readonly Member[], said: number): Promise<number> {
  for (const member of members) member.say('on we go');
  const last = said + members.length;
  await Promise.all(members.map((member) => member.next('chat', ({ offset }) => offset === last)));
  return members.length;
}
