import { describe, expect, test } from 'vitest';
import { toPromise } from 'xstate';
import { systemClock, type Clock } from '../src/clock.ts';
import type { ChatServer, SystemMessage } from '../src/index.ts';
import { connectionOf, connectWebSocket, joinByWebSocket, type Member } from './support/peers.ts';
import { patient, serve } from './support/test-server.ts';

function systemMessagesOf({ messages }: Member): SystemMessage[] {
  return messages.filter((message) => message.type === 'system');
}

/**
 * How many messages a storm may cost each member: a handful, or, on a machine so busy that the storm lasts long,
 * those that the intervals of that time allow.
 */
function handful({ config }: ChatServer, startedAt: number): number {
  const intervals = Math.ceil((performance.now() - startedAt) / config.presenceIntervalMs);
  return Math.max(12, config.presenceBurst + intervals + 1);
}

describe('presence', patient, () => {
  test('of 1,000 clients that join one room at once costs each a handful of messages', async () => {
    const server = await serve({ rate: 0 });
    const crowd = 1_000;
    const startedAt = performance.now();
    const members = Array.from({ length: crowd }, () => connectWebSocket(server, { room: 'plaza' }));
    await Promise.all(members.map((member) => member.next('system', (message) => message.members === crowd)));
    const most = handful(server, startedAt);
    for (const member of members) {
      const told = systemMessagesOf(member);
      expect(told.length).toBeLessThanOrEqual(most);
      expect(told.at(-1)).toMatchObject({ members: crowd });
    }
    // The first one in has heard of everyone, itself too.
    const first = members.find(
      ({ messages: [welcome] }) => welcome?.type === 'welcome' && welcome.members === 1,
    );
    const joined = systemMessagesOf(first as Member).map((message) => message.joined ?? 1);
    expect(joined.reduce((sum, count) => sum + count, 0)).toBe(crowd);

    const leftAt = performance.now();
    const [stayers, leavers] = [members.slice(0, 300), members.slice(300)];
    for (const leaver of leavers) leaver.vanish();
    await Promise.all(stayers.map((member) => member.next('system', (message) => message.members === 300)));
    const mostInAll = most + handful(server, leftAt);
    for (const stayer of stayers) {
      const told = systemMessagesOf(stayer);
      expect(told.length).toBeLessThanOrEqual(mostInAll);
      expect(told.at(-1)).toMatchObject({ members: 300 });
    }
    expect(server.hub.rooms.get('plaza')?.members).toHaveLength(300);
  });

  test('in a small quiet room is told one by one, by name', async () => {
    const server = await serve({ presenceBurst: 10 });
    const ann = await joinByWebSocket(server, { name: 'Ann' });
    const told = [await ann.next('system')];
    const others = [];
    for (const name of ['Bob', 'Cid', 'Dan']) {
      others.push(await joinByWebSocket(server, { name }));
      told.push(await ann.next('system'));
    }
    for (const other of others) {
      other.close();
      told.push(await ann.next('system'));
    }
    expect(told.map(({ event, sender, members }) => [event, sender, members])).toEqual([
      ['joined', 'Ann', 1],
      ['joined', 'Bob', 2],
      ['joined', 'Cid', 3],
      ['joined', 'Dan', 4],
      ['left', 'Bob', 3],
      ['left', 'Cid', 2],
      ['left', 'Dan', 1],
    ]);
  });

  test('of a small room that is not quiet is gathered into one message with counts', async () => {
    // The interval ends when the test says so.
    const presenceIntervalMs = 61_234;
    let endInterval: (() => void) | undefined;
    const clock: Clock = {
      ...systemClock,
      setTimeout: (fn, delayMs) => {
        if (delayMs !== presenceIntervalMs) return systemClock.setTimeout(fn, delayMs);
        endInterval = fn;
        return 'the interval';
      },
    };
    const server = await serve({ presenceBurst: 1, presenceIntervalMs, clock });
    const ann = await joinByWebSocket(server, { name: 'Ann' });
    await ann.next('system');
    const others = await Promise.all(['Bob', 'Cid', 'Dan'].map((name) => joinByWebSocket(server, { name })));
    const { actor } = connectionOf(server, 'Bob');
    others[0]?.close();
    await toPromise(actor);
    ann.say('so many people');
    await ann.next('chat');
    expect(systemMessagesOf(ann)).toHaveLength(1);

    endInterval?.();
    expect(await ann.next('system')).toMatchObject({
      event: 'presence',
      sender: 'server',
      content: '3 joined, 1 left',
      joined: 3,
      left: 1,
      members: 3,
    });
    expect(systemMessagesOf(ann)).toHaveLength(2);
  });

  test('counts in a welcome are those of the room at that moment', async () => {
    const server = await serve();
    for (let members = 1; members <= 5; members += 1) {
      const member = connectWebSocket(server);
      expect(await member.next('welcome')).toMatchObject({ members });
    }
  });
});
