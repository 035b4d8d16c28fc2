import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Publication } from '../src/broker.ts';
import { Limiter } from '../src/limiter.ts';
import type { ServerMessage, SystemMessage } from '../src/protocol.ts';
import { Room } from '../src/room.ts';
import { FakeSubscriber } from './support/fake-subscriber.ts';
import { entryOf } from './support/publications.ts';

const timestamp = '2026-01-01T00:00:00.000Z';
const epoch = 'first';

function saying(content: string, sender = 'ann'): Publication {
  return { id: 'id', room: 'tea', sender, content, timestamp };
}

/** Any UTF-16 at all, halves of surrogate pairs too, for JSON can bring them. */
const anyText = fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units));

/** A room with these members, whose coming has been told. */
function roomOf(...members: FakeSubscriber[]): Room {
  const room = new Room('tea');
  room.position = { epoch, offset: 0 };
  for (const member of members) room.enter(member);
  told(room);
  return room;
}

/** What the room tells its members now, or undefined where there is nothing. */
function told(room: Room, withPresence = true): ServerMessage[] | undefined {
  const batch = room.takeBatch(withPresence, timestamp);
  return batch?.messages.map((text) => JSON.parse(text.toString()) as ServerMessage);
}

const ann = new FakeSubscriber('ann');
const bob = new FakeSubscriber('bob');
const cid = new FakeSubscriber('cid');
const everyone = [ann, bob, cid, new FakeSubscriber('dot'), new FakeSubscriber('eve')] as const;

describe('membership', () => {
  const steps = fc.array(fc.record({ who: fc.constantFrom(...everyone), enters: fc.boolean() }), {
    maxLength: 100,
  });

  test('after any sequence of enters and leaves the members are those of a plain set', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const room = new Room('tea');
        const model = new Set<FakeSubscriber>();
        for (const { who, enters } of sequence) {
          const changes = model.has(who) !== enters;
          expect(enters ? room.enter(who) : room.leave(who)).toBe(changes);
          if (enters) model.add(who);
          else model.delete(who);
          expect(room.members).toHaveLength(model.size);
          expect(new Set(room.members)).toEqual(model);
          expect(room.isEmpty).toBe(model.size === 0);
        }
      }),
    );
  });

  test('whoever is in can leave, in any order, until nobody is', () => {
    fc.assert(
      fc.property(steps, fc.shuffledSubarray([...everyone], { minLength: 5 }), (sequence, order) => {
        const room = new Room('tea');
        for (const { who, enters } of sequence) {
          if (enters) room.enter(who);
          else room.leave(who);
        }
        const members = new Set(room.members);
        expect(order.filter((who) => room.leave(who))).toEqual(order.filter((who) => members.has(who)));
        expect(room.members).toEqual([]);
      }),
    );
  });

  test('what is announced adds up to who came and who went', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const room = new Room('tea');
        const announced = sequence.flatMap(({ who, enters }, index) => {
          if (enters) room.enter(who);
          else room.leave(who);
          return index % 3 === 0 ? (told(room) ?? []) : [];
        });
        announced.push(...(told(room) ?? []));
        expect(announced.reduce((sum, message) => sum + changeIn(message as SystemMessage), 0)).toBe(
          room.members.length,
        );
      }),
    );
  });

  test('a room that somebody waits to enter is not empty', () => {
    const room = new Room('tea');
    room.waiting.set(ann, { subscriber: ann, room: 'tea', withdrawn: false, entered: true });
    expect([room.isEmpty, room.members]).toEqual([false, []]);
    room.waiting.delete(ann);
    expect(room.isEmpty).toBe(true);
  });

  test('a room has the limiter that it was given, or none', () => {
    const limiter = new Limiter(1, 1);
    expect([new Room('tea').limiter, new Room('tea', limiter).limiter]).toEqual([undefined, limiter]);
  });
});

/** By how much an announcement says that the room grew. */
function changeIn({ event, joined = 0, left = 0 }: SystemMessage): number {
  if (event === 'presence') return joined - left;
  return event === 'joined' ? 1 : -1;
}

describe('what is said', () => {
  test('is a chat message with the room, the sender and its place', () => {
    const room = roomOf(ann);
    room.say(entryOf(saying('hello'), 1));
    expect(told(room)).toEqual([
      {
        type: 'chat',
        id: 'id',
        room: 'tea',
        sender: 'ann',
        content: 'hello',
        timestamp,
        offset: 1,
      },
    ]);
  });

  test('moves the room to its place, in the same epoch', () => {
    const room = roomOf(ann);
    room.say(entryOf(saying('hello'), 7));
    expect(room.position).toEqual({ epoch, offset: 7 });
  });

  test('leaves a room without a position without one', () => {
    const room = new Room('tea');
    room.say(entryOf(saying('hello'), 7));
    expect(room.position).toBeUndefined();
  });

  test('comes in order, and once', () => {
    const room = roomOf(ann);
    for (const [index, content] of ['one', 'two', 'three'].entries())
      room.say(entryOf(saying(content), index + 1));
    expect(told(room)?.map(({ content }) => content)).toEqual(['one', 'two', 'three']);
    expect(told(room)).toBeUndefined();
  });

  test('may be any text', () => {
    fc.assert(
      fc.property(anyText, anyText, (content, sender) => {
        const room = roomOf(ann);
        room.say(entryOf(saying(content, sender), 1));
        expect(told(room)).toMatchObject([{ content, sender }]);
      }),
    );
  });

  test('is not held back while presence is', () => {
    const room = roomOf(ann);
    room.enter(bob);
    room.say(entryOf(saying('hello'), 1));
    expect(told(room, false)).toMatchObject([{ type: 'chat', content: 'hello' }]);
    expect(told(room, false)).toBeUndefined();
    expect(told(room)).toMatchObject([{ type: 'system', event: 'joined' }]);
  });

  test('includes what the server announces, where it was announced', () => {
    const room = roomOf(ann);
    room.say(entryOf(saying('before'), 1));
    const draining = { type: 'system', event: 'draining', members: 1, content: 'restarting' } as const;
    room.announce({ ...draining, room: 'tea', sender: 'server', timestamp });
    room.say(entryOf(saying('after'), 2));
    expect(told(room)?.map(({ content }) => content)).toEqual(['before', 'restarting', 'after']);
  });
});

describe('presence', () => {
  test('one who came is told by name, before what was said', () => {
    const room = roomOf(ann);
    room.say(entryOf(saying('hello'), 1));
    room.enter(bob);
    expect(told(room)).toEqual([
      {
        type: 'system',
        room: 'tea',
        sender: 'bob',
        content: 'bob joined',
        timestamp,
        event: 'joined',
        members: 2,
      },
      expect.objectContaining({ type: 'chat', content: 'hello' }),
    ]);
  });

  test('one who went is told by name, after what was said', () => {
    const room = roomOf(ann, bob);
    room.leave(bob);
    room.say(entryOf(saying('last words', 'bob'), 1));
    expect(told(room)).toEqual([
      expect.objectContaining({ type: 'chat', content: 'last words' }),
      {
        type: 'system',
        room: 'tea',
        sender: 'bob',
        content: 'bob left',
        timestamp,
        event: 'left',
        members: 1,
      },
    ]);
  });

  test.each([
    [[bob, cid], [], '2 joined', { joined: 2, left: 0, members: 3 }],
    [[], [ann, bob], '2 left', { joined: 0, left: 2, members: 0 }],
    [[bob], [ann], '1 joined, 1 left', { joined: 1, left: 1, members: 1 }],
    [[bob, cid], [bob], '2 joined, 1 left', { joined: 2, left: 1, members: 2 }],
  ])('more than one are told as one summary with counts (%#)', (entering, leaving, content, counts) => {
    const room = entering.length > 0 ? roomOf(ann) : roomOf(ann, bob);
    for (const who of entering) room.enter(who);
    for (const who of leaving) room.leave(who);
    expect(told(room)).toEqual([
      { type: 'system', room: 'tea', sender: 'server', content, timestamp, event: 'presence', ...counts },
    ]);
  });

  test('is pending until it is told', () => {
    const room = roomOf(ann);
    expect(room.presence.pending).toBe(false);
    room.enter(bob);
    expect(room.presence.pending).toBe(true);
    told(room, false);
    expect(room.presence.pending).toBe(true);
    told(room);
    expect(room.presence.pending).toBe(false);
  });

  test('allows so many announcements in an interval, and as many in the next', () => {
    const { presence } = new Room('tea');
    const start = Date.UTC(2026, 0, 1);
    const allowed = [0, 0, 1, 2, 249, 250, 251, 499, 500].map((ms) => presence.allows(start + ms, 3, 250));
    expect(allowed).toEqual([true, true, true, false, false, true, true, true, true]);
  });
});
