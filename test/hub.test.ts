import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createActor, type SnapshotFrom } from 'xstate';
import type { Batch } from '../src/batch.ts';
import type {
  Broker,
  BrokerListener,
  History,
  HistoryRange,
  Member,
  Position,
  Publication,
  Unavailable,
} from '../src/broker.ts';
import type { Entry } from '../src/entry.ts';
import { MemoryBroker } from '../src/brokers/memory.ts';
import type { Sender } from '../src/channel.ts';
import { defineConfig, type Config } from '../src/config.ts';
import { hubLogic } from '../src/hub-actor.ts';
import { Hub } from '../src/hub.ts';
import type { Broadcast, Registration } from '../src/requests.ts';
import { trackActors } from '../src/leaks.ts';
import type { ServerMessage } from '../src/protocol.ts';
import type { Subscriber } from '../src/room.ts';
import { createTraffic } from '../src/traffic.ts';
import { FakeSubscriber } from './support/fake-subscriber.ts';
import { entryOf } from './support/publications.ts';
import { SimulatedClock } from './support/simulated-clock.ts';

/** A simulated clock that counts the hub's rounds. */
class RoundClock extends SimulatedClock {
  rounds = 0;

  override setImmediate(fn: () => void): unknown {
    return super.setImmediate(() => {
      this.rounds += 1;
      fn();
    });
  }
}

/** A hub under a simulated clock, with words for what people do to it. */
class House {
  readonly clock = new RoundClock();
  readonly traffic = createTraffic();
  readonly config: Config;
  readonly hub: Hub;

  constructor(settings: Partial<Config> = {}, broker?: Broker) {
    this.config = defineConfig(settings);
    const memory = new MemoryBroker({ clock: this.clock, limits: this.config });
    this.hub = new Hub({
      broker: broker ?? memory,
      clock: this.clock,
      config: this.config,
      traffic: this.traffic,
    });
  }

  /** Somebody who is in no room yet. */
  person(name: string): FakeSubscriber {
    return new FakeSubscriber(name, () => this.clock.rounds);
  }

  join(subscriber: FakeSubscriber, room = 'tea', sender: Sender = nobody): Registration {
    const registration: Registration = { subscriber, room, withdrawn: false, entered: false };
    this.hub.register.offer(registration, sender);
    return registration;
  }

  leave(subscriber: FakeSubscriber, room?: string): void {
    this.hub.unregister.offer(room === undefined ? { subscriber } : { subscriber, room }, nobody);
  }

  say(subscriber: FakeSubscriber, content: string, room = 'tea', sender: Sender = nobody): boolean {
    return this.hub.broadcast.offer(
      {
        registration: { subscriber, room, withdrawn: false, entered: true },
        content,
        saidAt: this.clock.now(),
      },
      sender,
    );
  }

  /** These people in one room, with nothing left to tell them. */
  seat(names: readonly string[], room = 'tea'): FakeSubscriber[] {
    const people = names.map((name) => this.person(name));
    for (const person of people) this.join(person, room);
    this.clock.advance(this.config.presenceIntervalMs);
    for (const person of people) person.news();
    return people;
  }

  /** Ends it. @throws where something is left. */
  close(): void {
    this.hub.stop();
    const { hub, clock } = this;
    const left = [...hub.remains(), `${hub.subscribers} subscribers`, `${clock.pending} timers`];
    if (left.join() !== '0 subscribers,0 timers') throw new Error(`left in the hub: ${left.join(', ')}`);
  }
}

const nobody: Sender = { id: 'nobody', unparked: () => undefined };

function house(settings?: Partial<Config>, broker?: Broker): House {
  const built = new House(settings, broker);
  onTestFinished(() => built.close());
  return built;
}

/** A broker that answers a subscription when the test says so. */
class LateBroker implements Broker {
  readonly answersAtOnce = false;
  limitsRooms = false;
  window = Infinity;
  readonly outlivesServer = true;
  readonly calls: string[] = [];
  readonly presence: string[] = [];
  readonly published: Publication[] = [];
  readonly saidAt: number[] = [];
  listener: BrokerListener | undefined;
  tellHistory: ((history: History | Unavailable | undefined) => void) | undefined;

  listen(listener: BrokerListener): void {
    this.listener = listener;
  }

  publish(publication: Publication, saidAt: number): void {
    this.window -= 1;
    this.published.push(publication);
    this.saidAt.push(saidAt);
  }

  subscribe(room: string): void {
    this.calls.push(`subscribe ${room}`);
  }

  unsubscribe(room: string): void {
    this.calls.push(`unsubscribe ${room}`);
  }

  entered(room: string, { name }: Member): void {
    this.presence.push(`${name} entered ${room}`);
  }

  left(room: string, { name }: Member): void {
    this.presence.push(`${name} left ${room}`);
  }

  namesElsewhere(): void {}

  roomsElsewhere(): void {}

  history(
    room: string,
    { after }: HistoryRange,
    then: (history: History | Unavailable | undefined) => void,
  ): void {
    this.calls.push(`history ${room} after ${after}`);
    this.tellHistory = then;
  }
}

function types(messages: readonly ServerMessage[]): string[] {
  return messages.map((message) => (message.type === 'system' ? message.event : message.type));
}

function contents(messages: readonly ServerMessage[]): string[] {
  return messages.filter(({ type }) => type === 'chat').map(({ content }) => content);
}

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `person-${index}`);

describe('joining', () => {
  test('is answered with a welcome that says where the newcomer stands', () => {
    const { hub, clock, ...rest } = house({ pingPeriodMs: 7_000 });
    const ann = new FakeSubscriber('ann');
    hub.register.offer({ subscriber: ann, room: 'tea', withdrawn: false, entered: false }, nobody);
    clock.settle();
    expect(ann.heard[0]).toEqual({
      type: 'welcome',
      room: 'tea',
      sender: 'server',
      content: 'welcome to tea, ann',
      timestamp: '2026-01-01T00:00:00.000Z',
      you: 'id of ann',
      name: 'ann',
      epoch: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      offset: 0,
      members: 1,
      recovered: false,
      pingPeriodMs: 7_000,
    });
    expect([ann.timesRegistered, hub.subscribers, rest.traffic.messagesIn]).toEqual([1, 1, 0]);
  });

  test('tells the newcomer the place of the last message, and everyone who came', () => {
    const tea = house();
    const [ann] = tea.seat(['ann']) as [FakeSubscriber];
    tea.say(ann, 'one');
    tea.say(ann, 'two');
    tea.clock.settle();
    ann.news();

    const bob = tea.person('bob');
    tea.join(bob);
    tea.clock.settle();
    expect(bob.heard).toMatchObject([
      { type: 'welcome', offset: 2, members: 2 },
      { type: 'system', event: 'joined', sender: 'bob', members: 2 },
    ]);
    expect(ann.heard).toMatchObject([{ type: 'system', event: 'joined', sender: 'bob', members: 2 }]);
  });

  test('a room one is in already is welcomed again, and is news to nobody', () => {
    const tea = house();
    const [ann, bob] = tea.seat(['ann', 'bob']) as [FakeSubscriber, FakeSubscriber];
    tea.join(ann);
    tea.clock.settle();
    expect(ann.heard).toMatchObject([{ type: 'welcome', members: 2 }]);
    expect(bob.heard).toEqual([]);
    expect(tea.hub.rooms.get('tea')?.members).toEqual([ann, bob]);
  });

  test('withdrawn before its turn -> nothing happens', () => {
    const tea = house();
    const ann = tea.person('ann');
    tea.join(ann).withdrawn = true;
    tea.leave(ann, 'tea');
    tea.clock.settle();
    expect([ann.heard, ann.timesRegistered, tea.hub.subscribers, tea.hub.rooms.size]).toEqual([[], 0, 0, 0]);
  });

  test('withdrawn and then asked again -> enters once', () => {
    const tea = house();
    const ann = tea.person('ann');
    tea.join(ann).withdrawn = true;
    tea.leave(ann, 'tea');
    tea.join(ann);
    tea.clock.settle();
    expect(types(ann.heard)).toEqual(['welcome', 'joined']);
    expect(tea.hub.rooms.get('tea')?.members).toEqual([ann]);
  });
});

describe('leaving', () => {
  test('one room of two leaves the other', () => {
    const tea = house();
    const [ann, bob] = tea.seat(['ann', 'bob']) as [FakeSubscriber, FakeSubscriber];
    tea.join(ann, 'coffee');
    tea.clock.settle();
    tea.leave(ann, 'tea');
    tea.clock.settle();
    expect(bob.heard).toMatchObject([{ type: 'system', event: 'left', sender: 'ann', members: 1 }]);
    ann.news();
    tea.say(bob, 'is she gone?');
    tea.say(ann, 'alone', 'coffee');
    tea.clock.settle();
    expect(contents(ann.heard)).toEqual(['alone']);
    expect([ann.timesUnregistered, tea.hub.subscribers]).toEqual([0, 2]);
  });

  test('for good ends every membership, and is confirmed once', () => {
    const tea = house();
    const [ann, bob] = tea.seat(['ann', 'bob']) as [FakeSubscriber, FakeSubscriber];
    for (const room of ['coffee', 'juice']) tea.join(ann, room);
    tea.clock.settle();
    tea.leave(ann);
    tea.clock.settle();
    expect([ann.timesUnregistered, tea.hub.subscribers, [...tea.hub.rooms.keys()]]).toEqual([1, 1, ['tea']]);
    expect(bob.heard).toMatchObject([{ type: 'system', event: 'left', sender: 'ann' }]);
  });

  test('for good is confirmed even to one who never came in', () => {
    const tea = house();
    const ann = tea.person('ann');
    tea.leave(ann);
    tea.clock.settle();
    expect([ann.timesUnregistered, ann.heard]).toEqual([1, []]);
  });

  test.each(['tea', 'nowhere'])('%s without being in it changes nothing', (room) => {
    const tea = house();
    const [ann] = tea.seat(['ann']) as [FakeSubscriber];
    tea.leave(tea.person('stranger'), room);
    tea.clock.settle();
    expect([ann.heard, tea.hub.rooms.get('tea')?.members]).toEqual([[], [ann]]);
  });

  test('the last member -> the room is gone, and its numbering goes on for those who come back in time', () => {
    const tea = house();
    const [ann] = tea.seat(['ann']) as [FakeSubscriber];
    tea.say(ann, 'one');
    tea.clock.settle();
    const first = tea.hub.rooms.get('tea')?.position;
    tea.leave(ann, 'tea');
    tea.clock.settle();
    expect([tea.hub.rooms.size, tea.hub.subscribers]).toEqual([0, 0]);

    tea.join(ann);
    tea.clock.settle();
    expect(first?.offset).toBe(1);
    expect(tea.hub.rooms.get('tea')?.position).toMatchObject({ offset: 1 });
    expect(tea.hub.rooms.get('tea')?.position?.epoch).toBe(first?.epoch);
  });
});

const doing = fc.record({
  do: fc.constantFrom('join', 'join', 'join', 'join', 'leave', 'leave', 'say', 'say', 'say', 'go'),
  person: fc.nat({ max: 2 }),
  room: fc.constantFrom('tea', 'coffee', 'juice'),
});

/** Who is in which room: what the hub should know. */
class Model {
  readonly #roomsOf = new Map<Subscriber, Set<string>>();

  do(what: string, who: Subscriber, room: string): void {
    const rooms = this.#roomsOf.get(who) ?? new Set();
    this.#roomsOf.set(who, rooms);
    if (what === 'join') rooms.add(room);
    else if (what === 'leave') rooms.delete(room);
    else if (what === 'go') rooms.clear();
  }

  members(): Record<string, Set<Subscriber>> {
    const members: Record<string, Set<Subscriber>> = {};
    for (const [who, rooms] of this.#roomsOf)
      for (const room of rooms) (members[room] ??= new Set()).add(who);
    return members;
  }

  /** How many of each room's members are in others too. */
  shared(): Record<string, number> {
    const isElsewhere = (who: Subscriber) => (this.#roomsOf.get(who)?.size ?? 0) > 1;
    return Object.fromEntries(
      Object.entries(this.members()).map(([room, members]) => [
        room,
        [...members].filter(isElsewhere).length,
      ]),
    );
  }
}

describe('a round', () => {
  test('takes who leaves, then who comes, then what is said, whatever was asked first', () => {
    const tea = house();
    const [ann, bob] = tea.seat(['ann', 'bob']) as [FakeSubscriber, FakeSubscriber];
    const cid = tea.person('cid');
    tea.say(ann, 'hello');
    tea.join(cid);
    tea.leave(bob);
    tea.clock.settle();
    expect(ann.heard).toMatchObject([
      { type: 'system', event: 'presence', joined: 1, left: 1, members: 2 },
      { type: 'chat', content: 'hello', offset: 1 },
    ]);
    expect(types(cid.heard)).toEqual(['welcome', 'presence', 'chat']);
    expect(bob.heard).toEqual([]);
    expect([ann.writes.length, cid.writes.length]).toEqual([1, 1]);
  });

  test('writes once to each member, however many messages and rooms', () => {
    const tea = house();
    const [ann, bob] = tea.seat(['ann', 'bob']) as [FakeSubscriber, FakeSubscriber];
    for (const room of ['coffee', 'juice']) tea.join(ann, room);
    tea.clock.settle();
    ann.news();
    for (const room of ['tea', 'coffee', 'juice', 'tea']) tea.say(ann, `in ${room}`, room);
    tea.clock.settle();
    expect(ann.writes).toHaveLength(1);
    expect(contents(ann.heard)).toEqual(['in tea', 'in tea', 'in coffee', 'in juice']);
    expect(bob.writes).toHaveLength(1);
    expect(contents(bob.heard)).toEqual(['in tea', 'in tea']);
  });

  test('makes one batch for all members: the same bytes', () => {
    const tea = house();
    const [ann, bob] = tea.seat(['ann', 'bob']) as [FakeSubscriber, FakeSubscriber];
    const delivered: { batch: Batch; subscriber: Subscriber }[] = [];
    tea.hub.tap = (batch, subscriber) => void delivered.push({ batch, subscriber });
    tea.say(ann, 'one');
    tea.say(bob, 'two');
    tea.clock.settle();
    const [first, second] = delivered;
    expect([first?.subscriber, second?.subscriber, delivered.length]).toEqual([ann, bob, 2]);
    expect(second?.batch).toBe(first?.batch);
    expect(first?.batch.size).toBe(2);
  });

  test('shows the tap what one alone is answered, too', () => {
    const tea = house();
    const ann = tea.person('ann');
    const delivered: string[] = [];
    tea.hub.tap = ({ messages }, { name }) => void delivered.push(`${name}: ${messages.join()}`);
    tea.join(ann);
    tea.clock.settle();
    expect(delivered).toEqual([
      expect.stringMatching(/^ann: .*"welcome"/) as string,
      expect.stringMatching(/^ann: .*"joined"/) as string,
    ]);
  });

  test('takes as many broadcasts as its budget, and leaves the rest to the next turn', () => {
    const tea = house({ roundBudget: 3 });
    const [ann] = tea.seat(['ann']) as [FakeSubscriber];
    const before = tea.clock.rounds;
    for (const content of names(8)) tea.say(ann, content);
    tea.clock.settle();
    expect(ann.writes.map(({ round, messages }) => [round - before, messages.length])).toEqual([
      [1, 3],
      [2, 3],
      [3, 2],
    ]);
    expect(contents(ann.heard)).toEqual(names(8));
    expect(tea.clock.rounds - before).toBe(3);
  });

  test('is made only when there is something to do', () => {
    const tea = house();
    tea.seat(['ann', 'bob']);
    const before = tea.clock.rounds;
    tea.clock.advance(3_600_000);
    expect([tea.clock.rounds, tea.clock.pending]).toEqual([before, 0]);
  });

  test('after any doings has written at most once to each, and each is where it should be', () => {
    fc.assert(
      fc.property(fc.array(doing, { maxLength: 60 }), (doings) => {
        const tea = new House({ presenceBurst: 1_000_000, roundBudget: 2 });
        const people = names(3).map((name) => tea.person(name));
        const model = new Model();
        for (const { person, ...each } of doings) {
          const who = people[person] as FakeSubscriber;
          // Requests of one turn are taken channel by channel, so where order matters a turn ends between them.
          if (each.do !== 'say') tea.clock.settle();
          if (each.do === 'join') tea.join(who, each.room);
          else if (each.do === 'leave') tea.leave(who, each.room);
          else if (each.do === 'go') tea.leave(who);
          else tea.say(who, 'hello', each.room);
          model.do(each.do, who, each.room);
          if (each.do !== 'say') tea.clock.settle();
          const rooms = [...tea.hub.rooms.values()];
          const members = rooms.map((room) => [room.name, new Set(room.members)] as const);
          expect(Object.fromEntries(members)).toEqual(model.members());
          const shared = rooms.map((room) => [room.name, room.shared] as const);
          expect(Object.fromEntries(shared)).toEqual(model.shared());
        }
        tea.clock.settle();
        for (const { writes } of people) {
          expect(new Set(writes.map(({ round }) => round)).size).toBe(writes.length);
        }
        tea.close();
      }),
    );
  });
});

/** Says its messages one after the other, and waits while it is parked: as a reader does. */
class Talker implements Sender {
  readonly id: string;
  readonly #house: House;
  readonly #subscriber: FakeSubscriber;
  #left: string[];
  #parked = false;

  constructor(to: House, subscriber: FakeSubscriber, messages: readonly string[]) {
    this.id = subscriber.id;
    this.#house = to;
    this.#subscriber = subscriber;
    this.#left = [...messages];
  }

  get isParked(): boolean {
    return this.#parked;
  }

  talk(): void {
    while (!this.#parked) {
      const content = this.#left.shift();
      if (content === undefined) return;
      this.#parked = !this.#house.say(this.#subscriber, content, 'tea', this);
    }
  }

  unparked(): void {
    this.#parked = false;
    this.talk();
  }
}

describe('a full channel', () => {
  test('parks its senders, and shows who they are', () => {
    const tea = house({ broadcastCapacity: 1, roundBudget: 1 });
    const [ann, bob] = tea.seat(['ann', 'bob']) as [FakeSubscriber, FakeSubscriber];
    const talkers = [ann, bob].map((who) => new Talker(tea, who, [`${who.name} 1`, `${who.name} 2`]));
    for (const talker of talkers) talker.talk();
    expect(tea.hub.view().channels).toContainEqual({
      name: 'broadcast',
      depth: 1,
      capacity: 1,
      parked: [ann.id, bob.id],
    });
    expect(tea.hub.remains()).toEqual(
      expect.arrayContaining([expect.stringContaining(ann.id), expect.stringContaining(bob.id)]),
    );
    tea.clock.settle();
    expect(talkers.map(({ isParked }) => isParked)).toEqual([false, false]);
    expect(contents(ann.heard)).toEqual(['ann 1', 'ann 2', 'bob 1', 'bob 2']);
  });

  test('lets in all who asked before the round began, the parked too, in the order in which they came', () => {
    const tea = house({ registerCapacity: 2 });
    const people = names(5).map((name) => tea.person(name));
    for (const person of people) tea.join(person);
    tea.clock.settle();
    expect(people.map(({ writes }) => writes[0]?.round)).toEqual([1, 1, 1, 1, 1]);
  });

  test('loses nothing and reorders nobody, whatever its capacity, budget and crowd', () => {
    const sizes = fc.record({
      broadcastCapacity: fc.integer({ min: 1, max: 6 }),
      roundBudget: fc.integer({ min: 1, max: 6 }),
    });
    const speeches = fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(sizes, speeches, (settings, lengths) => {
        const tea = new House(settings);
        const people = tea.seat(names(lengths.length));
        const scripts = people.map((who, index) =>
          Array.from({ length: lengths[index] ?? 0 }, (_, n) => `${who.name}: ${n}`),
        );
        for (const [index, who] of people.entries()) new Talker(tea, who, scripts[index] ?? []).talk();
        tea.clock.settle();

        const total = lengths.reduce((sum, length) => sum + length, 0);
        for (const who of people) {
          const heard = who.heard.filter((message) => message.type === 'chat');
          expect(heard.map(({ offset }) => offset)).toEqual(Array.from({ length: total }, (_, n) => n + 1));
          for (const [index, { name }] of people.entries()) {
            expect(contents(heard.filter(({ sender }) => sender === name))).toEqual(scripts[index]);
          }
        }
        expect(tea.traffic.messagesIn).toBe(total);
        tea.close();
      }),
    );
  });

  test('a parked request to join is granted before what its sender says next is taken', () => {
    const tea = house({ registerCapacity: 1 });
    const [ann, bob] = ['ann', 'bob'].map((name) => tea.person(name)) as [FakeSubscriber, FakeSubscriber];
    tea.join(ann, 'tea');
    tea.join(bob, 'coffee', { id: bob.id, unparked: () => void tea.say(bob, 'hello', 'coffee') });
    tea.clock.settle();
    expect(types(bob.heard)).toEqual(['welcome', 'joined', 'chat']);
  });

  test('a parked request to leave is granted before its sender comes in again', () => {
    const tea = house({ unregisterCapacity: 1 });
    const [ann, bob, cid] = tea.seat(['ann', 'bob', 'cid']) as [
      FakeSubscriber,
      FakeSubscriber,
      FakeSubscriber,
    ];
    tea.leave(bob, 'tea');
    const comesBack: Sender = { id: ann.id, unparked: () => void tea.join(ann) };
    tea.hub.unregister.offer({ subscriber: ann, room: 'tea' }, comesBack);
    tea.clock.settle();
    expect(tea.hub.rooms.get('tea')?.members).toEqual([cid, ann]);
    // Both go in one round, and whoever comes in again comes in the next.
    expect(types(cid.heard)).toEqual(['presence', 'joined']);
  });
});

describe('what is said', () => {
  test('reaches every member, the one who said it too, as the broker numbered it', () => {
    const tea = house();
    const people = tea.seat(['ann', 'bob', 'cid']);
    tea.clock.advance(1_000);
    tea.say(people[0] as FakeSubscriber, 'hello');
    tea.clock.settle();
    for (const { heard } of people) {
      expect(heard).toEqual([
        {
          type: 'chat',
          id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/) as string,
          room: 'tea',
          sender: 'ann',
          content: 'hello',
          timestamp: '2026-01-01T00:00:01.250Z',
          offset: 1,
        },
      ]);
    }
  });

  test('stays in its room', () => {
    const tea = house();
    const [ann] = tea.seat(['ann']) as [FakeSubscriber];
    const [bob] = tea.seat(['bob'], 'coffee') as [FakeSubscriber];
    tea.say(ann, 'hello');
    tea.clock.settle();
    expect([contents(ann.heard), bob.heard]).toEqual([['hello'], []]);
  });

  test('is counted: what the hub took, and what it gave to members', () => {
    const tea = house();
    const [ann] = tea.seat(['ann', 'bob', 'cid']) as [FakeSubscriber];
    const before = { ...tea.traffic };
    for (const content of ['one', 'two']) tea.say(ann, content);
    tea.clock.settle();
    expect(tea.traffic).toEqual({
      ...before,
      messagesIn: before.messagesIn + 2,
      deliveries: before.deliveries + 6,
    });
  });

  test("over the room's limit is refused to its sender alone, who learns when to come back", () => {
    const tea = house({ roomRate: 10, roomBurst: 2 });
    const [ann, bob] = tea.seat(['ann', 'bob']) as [FakeSubscriber, FakeSubscriber];
    for (const content of ['one', 'two']) tea.say(ann, content);
    tea.say(bob, 'three');
    tea.clock.settle();
    expect(contents(ann.heard)).toEqual(['one', 'two']);
    expect(bob.writes).toHaveLength(1);
    expect(bob.heard.find(({ type }) => type === 'error')).toMatchObject({
      code: 'rate_limited',
      room: 'tea',
      retryAfterMs: 100,
    });

    tea.clock.advance(100);
    tea.say(bob, 'three');
    tea.clock.settle();
    expect(contents(ann.heard)).toEqual(['one', 'two', 'three']);
  });

  test('is limited room by room', () => {
    const tea = house({ roomRate: 1, roomBurst: 1 });
    const [ann] = tea.seat(['ann']) as [FakeSubscriber];
    const [bob] = tea.seat(['bob'], 'coffee') as [FakeSubscriber];
    tea.say(ann, 'one');
    tea.say(bob, 'one', 'coffee');
    tea.clock.settle();
    expect([types(ann.heard), types(bob.heard)]).toEqual([['chat'], ['chat']]);
  });
});

describe('presence', () => {
  test('a small room tells a few at once, and gathers the rest of the interval', () => {
    const tea = house({ presenceBurst: 2, presenceIntervalMs: 250 });
    const [ann] = tea.seat(['ann']) as [FakeSubscriber];
    tea.clock.advance(1_000);
    for (const name of names(5)) {
      tea.join(tea.person(name));
      tea.clock.settle();
    }
    expect(ann.news()).toMatchObject([
      { event: 'joined', sender: 'person-0', members: 2 },
      { event: 'joined', sender: 'person-1', members: 3 },
    ]);
    tea.clock.advance(249);
    expect(ann.news()).toEqual([]);
    tea.clock.advance(1);
    expect(ann.news()).toMatchObject([{ event: 'presence', joined: 3, left: 0, members: 6 }]);

    tea.join(tea.person('late'));
    tea.clock.settle();
    expect(ann.news()).toMatchObject([{ event: 'joined', sender: 'late', members: 7 }]);
  });

  test('a large room gathers each interval, and says who came alone by name', () => {
    const tea = house({ presenceDetailLimit: 2 });
    const [ann] = tea.seat(names(3)) as [FakeSubscriber];
    tea.join(tea.person('bob'));
    tea.clock.advance(249);
    expect(ann.heard).toEqual([]);
    tea.clock.advance(1);
    expect(ann.news()).toMatchObject([{ event: 'joined', sender: 'bob', members: 4 }]);
  });

  test('what is said meanwhile is not held back', () => {
    const tea = house({ presenceDetailLimit: 0 });
    const [ann] = tea.seat(['ann']) as [FakeSubscriber];
    tea.join(tea.person('bob'));
    tea.say(ann, 'hello');
    tea.clock.settle();
    expect(types(ann.news())).toEqual(['chat']);
    tea.clock.advance(250);
    expect(types(ann.news())).toEqual(['joined']);
  });

  test('a thousand joins make a handful of messages for each, which add up to a thousand', () => {
    const tea = house();
    const crowd = names(1_000).map((name) => tea.person(name));
    for (const person of crowd) tea.join(person);
    tea.clock.advance(250);
    expect(Math.max(...crowd.map(({ heard }) => heard.length))).toBeLessThanOrEqual(3);
    const announced = (crowd[0] as FakeSubscriber).heard.filter((message) => message.type === 'system');
    expect(announced.reduce((sum, { joined = 1 }) => sum + joined, 0)).toBe(1_000);
    expect(announced.at(-1)?.members).toBe(1_000);
    expect(tea.clock.pending).toBe(0);
  });

  test('a thousand joins one by one, over a second, still make a handful', () => {
    const tea = house();
    const crowd = names(1_000).map((name) => tea.person(name));
    for (const person of crowd) {
      tea.join(person);
      tea.clock.advance(1);
    }
    tea.clock.advance(250);
    const announced = (crowd[0] as FakeSubscriber).heard.filter((message) => message.type === 'system');
    expect(announced.length).toBeLessThanOrEqual(12);
    expect(announced.reduce((sum, { joined = 1 }) => sum + joined, 0)).toBe(1_000);
  });

  test('a thousand leaves are one message to who stays, in each interval', () => {
    const tea = house({ unregisterCapacity: 1_000 });
    const [ann, ...others] = tea.seat(names(1_001)) as [FakeSubscriber, ...FakeSubscriber[]];
    for (const other of others) tea.leave(other);
    tea.clock.advance(250);
    expect(ann.heard).toMatchObject([{ event: 'presence', joined: 0, left: 1_000, members: 1 }]);
  });

  test('a room that is gone before its news is told tells nobody', () => {
    const tea = house({ presenceDetailLimit: 0 });
    const ann = tea.person('ann');
    tea.join(ann);
    tea.clock.settle();
    tea.leave(ann);
    tea.clock.advance(250);
    expect(types(ann.heard)).toEqual(['welcome']);
  });
});

describe('a broker that takes its time', () => {
  const position: Position = { epoch: 'first', offset: 41 };

  /** A hub on a broker that has been asked for these rooms and has not answered. */
  function waiting(...rooms: readonly string[]) {
    const broker = new LateBroker();
    const tea = house({}, broker);
    const people = rooms.map((room, index) => {
      const person = tea.person(`person-${index}`);
      tea.join(person, room);
      return person;
    });
    tea.clock.settle();
    const answer = (room: string, at: Position = position) => {
      broker.listener?.subscribed(room, at);
      tea.clock.settle();
    };
    return { hub: tea.hub, tea, broker, people: people as [FakeSubscriber, FakeSubscriber], answer };
  }

  test('asked once a room -> those who wait are no members yet, and hear nothing', () => {
    const { hub, broker, people } = waiting('tea', 'tea');
    expect(broker.calls).toEqual(['subscribe tea']);
    expect(people.map(({ heard, timesRegistered }) => [heard, timesRegistered])).toEqual([
      [[], 0],
      [[], 0],
    ]);
    expect([hub.rooms.get('tea')?.members, hub.subscribers]).toEqual([[], 2]);
  });

  test('answers -> those who waited are welcomed, in the order in which they came', () => {
    const { tea, people, answer } = waiting('tea', 'tea');
    tea.clock.advance(5_000);
    answer('tea');
    for (const [index, { writes, timesRegistered }] of people.entries()) {
      expect(timesRegistered).toBe(1);
      expect(writes.map(({ messages }) => messages)).toMatchObject([
        [
          { type: 'welcome', ...position, members: index + 1, timestamp: '2026-01-01T00:00:05.000Z' },
          { type: 'system', event: 'presence', joined: 2, members: 2 },
        ],
      ]);
    }
    expect(tea.hub.rooms.get('tea')?.waiting.size).toBe(0);
  });

  test('has no such room -> those who wait are told so, may say nothing there, and may ask again', () => {
    const { hub, tea, broker, people, answer } = waiting('tea', 'tea');
    const cid = tea.person('cid');
    const registration = tea.join(cid);
    tea.clock.settle();
    broker.listener?.unavailable('tea');
    hub.broadcast.offer({ registration, content: 'hello', saidAt: 0 }, nobody);
    tea.clock.settle();
    for (const { heard, timesTurnedAway } of [...people, cid]) {
      expect(heard[0]).toMatchObject({ type: 'error', code: 'unavailable', room: 'tea' });
      expect(timesTurnedAway).toBe(1);
    }
    expect(cid.heard[1]).toMatchObject({ type: 'error', code: 'not_in_room' });
    expect([hub.rooms.size, hub.subscribers, broker.published]).toEqual([0, 0, []]);
    hub.register.offer(registration, nobody);
    tea.clock.settle();
    answer('tea');
    expect(broker.calls).toEqual(['subscribe tea', 'unsubscribe tea', 'subscribe tea']);
    expect(types(cid.heard)).toEqual(['error', 'error', 'welcome', 'joined']);
  });

  test('answers -> only those who still wait are welcomed', () => {
    const { tea, broker, people, answer } = waiting('tea', 'tea');
    const [ann, bob] = people;
    tea.leave(ann);
    tea.clock.settle();
    answer('tea');
    expect([ann.heard, ann.timesRegistered, ann.timesUnregistered]).toEqual([[], 0, 1]);
    expect(types(bob.heard)).toEqual(['welcome', 'joined']);
    expect(broker.calls).toEqual(['subscribe tea']);
  });

  test('answers after everyone has left -> the room is gone, and stays gone', () => {
    const { tea, broker, people, answer } = waiting('tea');
    tea.leave(people[0], 'tea');
    tea.clock.settle();
    expect([tea.hub.rooms.size, tea.hub.subscribers]).toEqual([0, 0]);
    expect(broker.calls).toEqual(['subscribe tea', 'unsubscribe tea']);
    answer('tea');
    expect([tea.hub.rooms.size, people[0].heard]).toEqual([0, []]);
  });

  test('answers one who asked twice -> welcomed once', () => {
    const { tea, people, answer } = waiting('tea');
    tea.join(people[0]);
    tea.clock.settle();
    answer('tea');
    expect(types(people[0].heard)).toEqual(['welcome', 'joined']);
  });

  test('answers one room -> those of another wait on', () => {
    const { people, answer } = waiting('tea', 'coffee');
    answer('coffee');
    expect(people.map(({ heard }) => types(heard))).toEqual([[], ['welcome', 'joined']]);
  });

  test('hands over messages -> members hear them with its numbers, the next newcomer stands after them', () => {
    const { tea, broker, people, answer } = waiting('tea');
    answer('tea');
    people[0].news();
    const publication = { id: 'id', room: 'tea', sender: 'far away', content: 'hello', timestamp: 'then' };
    broker.listener?.message(entryOf(publication, 42));
    broker.listener?.message(entryOf({ ...publication, room: 'unknown' }, 7));
    tea.clock.settle();
    expect(people[0].news()).toEqual([{ type: 'chat', ...publication, offset: 42 }]);

    const late = tea.person('late');
    tea.join(late);
    tea.clock.settle();
    expect(late.heard).toMatchObject([{ type: 'welcome', epoch: 'first', offset: 42 }, { event: 'joined' }]);
  });

  test('is given what members say, with their name, and nothing of it is heard before it comes back', () => {
    const { tea, broker, people, answer } = waiting('tea');
    answer('tea');
    people[0].news();
    tea.say(people[0], 'hello');
    tea.clock.settle();
    expect(broker.published).toMatchObject([{ room: 'tea', sender: 'person-0', content: 'hello' }]);
    expect(people[0].heard).toEqual([]);
  });

  test('numbers anew -> the next newcomer is told the new epoch', () => {
    const { tea, people, answer } = waiting('tea');
    answer('tea');
    answer('tea', { epoch: 'second', offset: 0 });
    tea.join(people[0]);
    tea.clock.settle();
    expect(people[0].heard.at(-1)).toMatchObject({ type: 'welcome', epoch: 'second', offset: 0 });
  });

  test.each([
    ['numbers anew', { epoch: 'second', offset: 3 }],
    ['has lost messages', { epoch: 'first', offset: 50 }],
  ])('%s -> its members are told where they are now, after what came before', (_, place) => {
    const { broker, people, answer } = waiting('tea', 'tea');
    answer('tea');
    for (const person of people) person.news();
    broker.listener?.message(entryOf(sayingOf(42), 42));
    answer('tea', place);
    for (const { heard, writes, timesRegistered } of people) {
      expect(heard).toMatchObject([
        { type: 'chat', offset: 42 },
        { type: 'welcome', recovered: false, ...place, members: 2 },
      ]);
      expect([writes.length, timesRegistered]).toEqual([1, 1]);
    }
  });

  test('says again where a room is, unchanged -> nobody is told', () => {
    const { people, answer } = waiting('tea');
    answer('tea');
    people[0].news();
    answer('tea');
    expect(people[0].news()).toEqual([]);
  });

  test('hands over a message between two rounds -> who comes in the next one is welcomed behind it, and not told it', () => {
    const { tea, broker, people, answer } = waiting('tea');
    answer('tea');
    people[0].news();
    const late = tea.person('late');
    broker.listener?.message(entryOf(sayingOf(42), 42));
    tea.join(late);
    tea.clock.settle();
    expect(late.heard[0]).toMatchObject({ type: 'welcome', offset: 42 });
    expect([contents(late.heard), contents(people[0].heard)]).toEqual([[], ['message 42']]);
  });
});

/** A hub with one member, whose broker takes so many publications. */
function away(window: number) {
  const broker = new LateBroker();
  const tea = house({ broadcastCapacity: 2 }, broker);
  const ann = tea.person('ann');
  tea.join(ann);
  tea.clock.settle();
  broker.listener?.subscribed('tea', { epoch: 'first', offset: 0 });
  tea.clock.settle();
  ann.news();
  broker.window = window;
  return { tea, broker, ann };
}

/** A hub with ann in tea, whose broker speaks for other servers. */
function withOthers() {
  const broker = new LateBroker();
  const tea = house({}, broker);
  const ann = tea.person('ann');
  tea.join(ann);
  tea.clock.settle();
  broker.listener?.moved('tea', { members: 5, joined: 0, left: 0, name: '' });
  broker.listener?.subscribed('tea', { epoch: 'first', offset: 0 });
  tea.clock.settle();
  const hear = (members: number, joined: number, left: number, name = '') => {
    broker.listener?.moved('tea', { members, joined, left, name });
    tea.clock.advance(1_000);
    return ann.news();
  };
  return { tea, broker, ann, hear };
}

describe('members on other servers', () => {
  test('are counted for who comes in, and not told as news', () => {
    const { ann } = withOthers();
    expect(ann.news()).toMatchObject([
      { type: 'welcome', members: 6 },
      { type: 'system', event: 'joined', sender: 'ann', members: 6 },
    ]);
  });

  test('are told of as they come and go: by name where it is one', () => {
    const { ann, hear } = withOthers();
    ann.news();
    expect(hear(6, 1, 0, 'bob')).toMatchObject([{ event: 'joined', sender: 'bob', members: 7 }]);
    expect(hear(5, 0, 1, 'bob')).toMatchObject([{ event: 'left', sender: 'bob', members: 6 }]);
    expect(hear(9, 5, 1, 'cid')).toMatchObject([{ event: 'presence', joined: 5, left: 1, members: 10 }]);
  });

  test('are told of by number where nobody said who they are, and not where nothing has changed', () => {
    const { ann, hear } = withOthers();
    ann.news();
    expect(hear(4, 0, 0)).toMatchObject([{ event: 'presence', left: 1, members: 5 }]);
    expect(hear(4, 1, 0, 'bob')).toEqual([]);
    expect(hear(4, 0, 0)).toEqual([]);
  });

  test('hear of ours as they come and go', () => {
    const { tea, broker, ann } = withOthers();
    tea.join(ann);
    tea.clock.settle();
    tea.leave(ann);
    tea.clock.settle();
    expect(broker.presence).toEqual(['ann entered tea', 'ann left tea']);
  });
});

describe('a broker that is away', () => {
  test('takes none -> what is said waits in the channel, without a round, and its senders are parked', () => {
    const { tea, broker, ann } = away(0);
    const taken = ['one', 'two', 'three'].map((content) => tea.say(ann, content));
    tea.clock.settle();
    const { rounds } = tea.clock;
    tea.clock.advance(1_000);
    expect(taken).toEqual([true, true, false]);
    expect([broker.published, tea.hub.broadcast.depth, tea.clock.rounds - rounds]).toEqual([[], 2, 0]);
    tea.hub.broadcast.clear();
  });

  test('takes some again -> it gets as many as it takes, in their order', () => {
    const { tea, broker, ann } = away(0);
    for (const content of ['one', 'two', 'three']) tea.say(ann, content);
    tea.clock.settle();
    broker.window = 2;
    broker.listener?.reopened();
    tea.clock.settle();
    expect(broker.published.map(({ content }) => content)).toEqual(['one', 'two']);
    broker.window = 1;
    broker.listener?.reopened();
    tea.clock.settle();
    expect(broker.published.map(({ content }) => content)).toEqual(['one', 'two', 'three']);
  });

  test('takes none for too long -> what waits is refused when its time is over, the parked after it', () => {
    const { tea, broker, ann } = away(0);
    const { brokerWaitMs } = tea.config;
    tea.say(ann, 'one');
    tea.clock.advance(1_000);
    for (const content of ['two', 'three']) tea.say(ann, content);
    tea.clock.advance(brokerWaitMs - 1_001);
    expect(ann.heard).toEqual([]);
    tea.clock.advance(1);
    expect(ann.heard).toMatchObject([{ type: 'error', code: 'unavailable', retryAfterMs: 1_000 }]);
    tea.clock.advance(999);
    expect([ann.heard.length, tea.hub.broadcast.depth]).toEqual([1, 2]);
    tea.clock.advance(1);
    expect([ann.heard.length, tea.hub.broadcast.depth]).toEqual([3, 0]);
    expect([tea.traffic.messagesRefused, broker.published]).toEqual([3, []]);
  });

  test('takes some again -> it is told since when they wait', () => {
    const { tea, broker, ann } = away(0);
    const saidAt = tea.clock.now();
    tea.say(ann, 'one');
    tea.clock.advance(5_000);
    broker.window = 1;
    broker.listener?.reopened();
    tea.clock.settle();
    expect(broker.saidAt).toEqual([saidAt]);
  });

  test('refuses -> the sender is told so, with its id where it gave one', () => {
    const { tea, broker, ann } = away(Infinity);
    const registration = { subscriber: ann, room: 'tea', withdrawn: false, entered: true };
    tea.hub.broadcast.offer(
      { registration, content: 'with one', id: 'id-1', saidAt: tea.clock.now() },
      nobody,
    );
    tea.say(ann, 'without');
    tea.clock.settle();
    for (const publication of [...broker.published, ...broker.published])
      broker.listener?.refused(publication);
    tea.clock.settle();
    expect(ann.heard).toMatchObject([
      { type: 'error', code: 'unavailable', ref: 'id-1', retryAfterMs: 1_000 },
      { type: 'error', code: 'unavailable' },
    ]);
    expect(ann.heard[1]).not.toHaveProperty('ref');
  });

  test('says that too much is said in a room -> the sender is told so, and when to come back', () => {
    const { tea, broker, ann } = away(Infinity);
    tea.say(ann, 'hello');
    tea.clock.settle();
    for (const publication of broker.published) broker.listener?.limited(publication, 700);
    tea.clock.settle();
    expect(ann.heard).toMatchObject([{ type: 'error', code: 'rate_limited', retryAfterMs: 700 }]);
  });

  test('cannot read what one who comes back has missed -> told so, and no member', () => {
    const { tea, broker, bob } = returning(3);
    broker.tellHistory?.('unavailable');
    tea.clock.settle();
    expect(bob.heard).toMatchObject([{ type: 'error', code: 'unavailable', room: 'tea' }]);
    expect([tea.hub.rooms.get('tea')?.members.length, tea.hub.subscribers]).toEqual([1, 1]);
    expect([bob.timesRegistered, bob.timesTurnedAway]).toEqual([0, 1]);
  });

  test('cannot read what a member asks for again -> told so, and a member still', () => {
    const { tea, broker, ann } = returning(3);
    ann.news();
    const since = { epoch: 'first', offset: 1 };
    tea.hub.register.offer({ subscriber: ann, room: 'tea', since, withdrawn: false, entered: false }, nobody);
    tea.clock.settle();
    broker.tellHistory?.('unavailable');
    tea.clock.settle();
    expect(types(ann.news())).toEqual(['error']);
    expect([tea.hub.rooms.get('tea')?.has(ann), ann.timesTurnedAway]).toEqual([true, 0]);
  });
});

function sayingOf(n: number): Publication {
  return { id: `id-${n}`, room: 'tea', sender: 'far away', content: `message ${n}`, timestamp: 'then' };
}

function entriesFrom(first: number, last: number): Entry[] {
  const offsets = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  return offsets.map((offset) => entryOf(sayingOf(offset), offset));
}

/** A room in which so many things were said, the last of them by ann, who is in it. */
function roomWith(said: number, settings?: Partial<Config>) {
  const tea = house({ historyMessages: 10, ...settings });
  const [ann] = tea.seat(['ann']) as [FakeSubscriber];
  for (let n = 1; n <= said; n += 1) tea.say(ann, `message ${n}`);
  tea.clock.settle();
  ann.news();
  const epoch = tea.hub.rooms.get('tea')?.position?.epoch ?? '';
  const comeBack = (since: Position) => {
    const bob = tea.person('bob');
    const registration: Registration = {
      subscriber: bob,
      room: 'tea',
      since,
      withdrawn: false,
      entered: false,
    };
    tea.hub.register.offer(registration, nobody);
    tea.clock.settle();
    return bob;
  };
  return { tea, ann, epoch, comeBack };
}

/** One who comes back to a room whose history a late broker is still to read. */
function returning(said: number) {
  const broker = new LateBroker();
  const tea = house({}, broker);
  const [ann, bob] = [tea.person('ann'), tea.person('bob')];
  tea.join(ann);
  tea.clock.settle();
  broker.listener?.subscribed('tea', { epoch: 'first', offset: 0 });
  const tell = (n: number) => broker.listener?.message(entryOf(sayingOf(n), n));
  for (let n = 1; n <= said; n += 1) tell(n);
  tea.clock.settle();
  const since = { epoch: 'first', offset: 1 };
  tea.hub.register.offer({ subscriber: bob, room: 'tea', since, withdrawn: false, entered: false }, nobody);
  tea.clock.settle();
  const answer = (from: number, to: number) => {
    broker.tellHistory?.({
      position: { epoch: 'first', offset: to },
      first: 1,
      entries: entriesFrom(from, to),
    });
    tea.clock.settle();
  };
  return { tea, broker, ann, bob, tell, answer };
}

describe('coming back', () => {
  test.each([
    [0, [1, 2, 3, 4, 5]],
    [2, [3, 4, 5]],
    [5, []],
  ])('after %i of 5 -> told what was missed and nothing else, right after the welcome', (after, missed) => {
    const { epoch, comeBack } = roomWith(5);
    const bob = comeBack({ epoch, offset: after });
    expect(bob.heard[0]).toMatchObject({ type: 'welcome', recovered: true, epoch, offset: 5 });
    expect(bob.heard.slice(1, missed.length + 1)).toMatchObject(
      missed.map((offset) => ({ type: 'chat', offset, content: `message ${offset}`, sender: 'ann' })),
    );
    expect(bob.heard.slice(missed.length + 1).filter(({ type }) => type === 'chat')).toEqual([]);
  });

  test('with what is replayed and what is said in the same round -> one after the other', () => {
    const { tea, ann, epoch } = roomWith(5);
    const bob = tea.person('bob');
    const since = { epoch, offset: 4 };
    tea.hub.register.offer({ subscriber: bob, room: 'tea', since, withdrawn: false, entered: false }, nobody);
    tea.say(ann, 'message 6');
    tea.clock.settle();
    expect(contents(bob.heard)).toEqual(['message 5', 'message 6']);
    expect(contents(ann.heard)).toEqual(['message 6']);
  });

  test.each([
    ['of another epoch', { epoch: 'another', offset: 2 }],
    ['of a future', { offset: 6 }],
    ['of which too much is gone', { offset: 1 }],
  ])('with a position %s -> told that it is not recovered, and nothing old', (_, position) => {
    const { epoch, comeBack } = roomWith(5, { historyMessages: 3 });
    const bob = comeBack({ epoch, ...position });
    expect(bob.heard[0]).toMatchObject({ type: 'welcome', recovered: false, epoch, offset: 5 });
    expect(contents(bob.heard)).toEqual([]);
  });

  test.each([
    [0, 5],
    [0, 0],
    [9, 5],
  ])(
    'with a position %i of another epoch, of which all %i are kept -> told them all, and that they are not all',
    (offset, said) => {
      const { epoch, comeBack } = roomWith(said);
      const bob = comeBack({ epoch: 'another', offset });
      expect(bob.heard[0]).toMatchObject({ type: 'welcome', recovered: false, epoch, offset: 0 });
      expect(contents(bob.heard)).toEqual(Array.from({ length: said }, (_, index) => `message ${index + 1}`));
    },
  );

  test('while it is in the room already -> told again what it asks for, and counted once', () => {
    const { tea, ann, epoch } = roomWith(5);
    const since = { epoch, offset: 3 };
    tea.hub.register.offer({ subscriber: ann, room: 'tea', since, withdrawn: false, entered: false }, nobody);
    tea.clock.settle();
    expect(types(ann.heard)).toEqual(['welcome', 'chat', 'chat']);
    expect(tea.hub.rooms.get('tea')?.members).toHaveLength(1);
  });

  test('asked twice before it is let in -> told once what was missed', () => {
    const { tea, epoch } = roomWith(5);
    const bob = tea.person('bob');
    const request = {
      subscriber: bob,
      room: 'tea',
      since: { epoch, offset: 3 },
      withdrawn: false,
      entered: false,
    };
    tea.hub.register.offer(request, nobody);
    tea.hub.register.offer(request, nobody);
    tea.clock.settle();
    expect(bob.heard.slice(0, 4)).toMatchObject([
      { type: 'welcome', recovered: true },
      { offset: 4 },
      { offset: 5 },
      { type: 'welcome', recovered: false, offset: 5 },
    ]);
  });

  test('to a late broker -> no member before it has answered', () => {
    const { tea, broker, bob, tell, answer } = returning(3);
    expect(broker.calls).toContain('history tea after 1');
    tell(4);
    tea.clock.settle();
    expect(bob.heard).toEqual([]);
    answer(2, 3);
    expect(bob.heard[0]).toMatchObject({ type: 'welcome', recovered: true, offset: 4 });
    expect(contents(bob.heard)).toEqual(['message 2', 'message 3', 'message 4']);
  });

  test('to a late broker whose history is ahead of what it has told -> the rest comes when it tells it', () => {
    const { tea, ann, bob, tell, answer } = returning(3);
    answer(2, 5);
    expect(contents(bob.heard)).toEqual(['message 2', 'message 3']);
    for (const n of [4, 5, 6]) tell(n);
    tea.clock.settle();
    expect(contents(bob.heard)).toEqual([2, 3, 4, 5, 6].map((n) => `message ${n}`));
    expect(contents(ann.heard)).toEqual([1, 2, 3, 4, 5, 6].map((n) => `message ${n}`));
  });

  test('to a late broker that tells more in the very turn in which it answers -> each once', () => {
    const { tea, broker, bob, tell } = returning(3);
    tell(4);
    broker.tellHistory?.({ position: { epoch: 'first', offset: 1 }, first: 2, entries: [] });
    tell(5);
    tea.clock.settle();
    // The history lacks what it should have: that is no recovery.
    expect(bob.heard[0]).toMatchObject({ type: 'welcome', recovered: false, offset: 4 });
    expect(contents(bob.heard)).toEqual(['message 5']);
  });

  test('to a late broker that knows nothing any more -> told so', () => {
    const { tea, broker, bob } = returning(3);
    broker.tellHistory?.(undefined);
    tea.clock.settle();
    expect(bob.heard[0]).toMatchObject({ type: 'welcome', recovered: false, offset: 3 });
  });

  test('and gone before the late broker answers -> nothing is left of it', () => {
    const { tea, bob, answer } = returning(3);
    tea.leave(bob);
    tea.clock.settle();
    answer(2, 3);
    expect([bob.heard, bob.timesUnregistered, tea.hub.subscribers]).toEqual([[], 1, 1]);
  });
});

function sayingWithId(subscriber: FakeSubscriber, content: string, id?: string): Broadcast {
  const registration = { subscriber, room: 'tea', withdrawn: false, entered: true };
  return { registration, content, id, saidAt: 0 };
}

describe('acknowledging', () => {
  test('what has an id -> its sender is told its place, before it hears it, in the same round', () => {
    const tea = house();
    const [ann, bob] = tea.seat(['ann', 'bob']) as [FakeSubscriber, FakeSubscriber];
    tea.hub.broadcast.offer(sayingWithId(ann, 'hello', 'my-1'), nobody);
    tea.clock.settle();
    const { epoch } = tea.hub.rooms.get('tea')?.position ?? {};
    expect(ann.news()).toMatchObject([
      { type: 'ack', room: 'tea', id: 'my-1', offset: 1, epoch },
      { type: 'chat', offset: 1, content: 'hello' },
    ]);
    expect(types(bob.news())).toEqual(['chat']);
  });

  test('what has none -> nobody is told', () => {
    const tea = house();
    const [ann] = tea.seat(['ann']) as [FakeSubscriber];
    tea.hub.broadcast.offer(sayingWithId(ann, 'hello'), nobody);
    tea.clock.settle();
    expect(types(ann.news())).toEqual(['chat']);
  });

  test('the same id again -> the same place, and published once', () => {
    const tea = house();
    const [ann, bob] = tea.seat(['ann', 'bob']) as [FakeSubscriber, FakeSubscriber];
    for (const content of ['hello', 'hello'])
      tea.hub.broadcast.offer(sayingWithId(ann, content, 'my-1'), nobody);
    tea.clock.settle();
    tea.hub.broadcast.offer(sayingWithId(ann, 'hello', 'my-1'), nobody);
    tea.clock.settle();
    expect(ann.heard.filter(({ type }) => type === 'ack')).toMatchObject([
      { offset: 1 },
      { offset: 1 },
      { offset: 1 },
    ]);
    expect(contents(bob.heard)).toEqual(['hello']);
  });

  test('the same id of another -> another message', () => {
    const tea = house();
    const [ann, bob] = tea.seat(['ann', 'bob']) as [FakeSubscriber, FakeSubscriber];
    for (const person of [ann, bob])
      tea.hub.broadcast.offer(sayingWithId(person, person.name, 'my-1'), nobody);
    tea.clock.settle();
    expect(contents(ann.heard)).toEqual(['ann', 'bob']);
    expect(bob.heard).toMatchObject([{ type: 'ack', offset: 2 }, { type: 'chat' }, { type: 'chat' }]);
  });

  test('what is refused -> the refusal names its id', () => {
    const tea = house({ roomRate: 1, roomBurst: 1 });
    const [ann] = tea.seat(['ann']) as [FakeSubscriber];
    for (const id of ['my-1', 'my-2']) tea.hub.broadcast.offer(sayingWithId(ann, 'hello', id), nobody);
    tea.clock.settle();
    expect(ann.news()).toMatchObject([
      { type: 'ack', id: 'my-1' },
      { type: 'error', code: 'rate_limited', ref: 'my-2', retryAfterMs: 1_000 },
      { type: 'chat' },
    ]);
  });

  test('late -> the ack comes when the broker has answered, even to one who has left the room', () => {
    const broker = new LateBroker();
    const tea = house({}, broker);
    const ann = tea.person('ann');
    const registration = tea.join(ann);
    tea.clock.settle();
    broker.listener?.subscribed('tea', { epoch: 'first', offset: 0 });
    tea.hub.broadcast.offer({ registration, content: 'hello', id: 'my-1', saidAt: tea.clock.now() }, nobody);
    tea.clock.settle();
    tea.leave(ann, 'tea');
    tea.clock.settle();
    ann.news();
    const [publication] = broker.published as [Publication];
    broker.listener?.published(publication, { epoch: 'first', offset: 7 });
    broker.listener?.published(publication, { epoch: 'first', offset: 7 });
    tea.clock.settle();
    expect(ann.news()).toMatchObject([{ type: 'ack', id: 'my-1', offset: 7, epoch: 'first' }]);
  });
});

describe('the end', () => {
  test('announced -> every member of every room is told that a drain begins', () => {
    const tea = house();
    const people = [...tea.seat(['ann', 'bob']), ...tea.seat(['cid'], 'coffee')];
    tea.hub.announceDrain();
    tea.clock.settle();
    for (const [index, { heard }] of people.entries()) {
      const where = index < 2 ? { room: 'tea', members: 2 } : { room: 'coffee', members: 1 };
      expect(heard).toMatchObject([{ type: 'system', event: 'draining', sender: 'server', ...where }]);
    }
  });

  test('announced -> what is said from then on would be missed, so it is refused', () => {
    const tea = house();
    const [ann, bob] = tea.seat(['ann', 'bob']) as [FakeSubscriber, FakeSubscriber];
    tea.hub.announceDrain();
    tea.say(ann, 'too late');
    tea.clock.settle();
    expect(ann.heard).toMatchObject([
      { type: 'error', code: 'unavailable', retryAfterMs: 1_000 },
      { event: 'draining' },
    ]);
    expect(bob.heard).toMatchObject([{ event: 'draining' }]);
  });

  test('announced, with a broker that outlives the server -> what is said is published as ever', () => {
    const broker = new LateBroker();
    const tea = house({}, broker);
    const [ann] = tea.seat(['ann']) as [FakeSubscriber];
    tea.hub.announceDrain();
    tea.say(ann, 'in time');
    tea.clock.settle();
    expect(broker.published).toMatchObject([{ content: 'in time' }]);
  });

  test('stopped -> what was under way is dropped, and nothing more happens', () => {
    const tea = house({ presenceDetailLimit: 0, broadcastCapacity: 1 });
    const [ann] = tea.seat(['ann']) as [FakeSubscriber];
    tea.join(tea.person('bob'));
    tea.clock.settle();
    for (const content of ['in', 'parked']) tea.say(ann, content);
    tea.leave(ann, 'tea');
    tea.hub.stop();
    expect([tea.hub.remains(), tea.hub.subscribers, tea.clock.pending]).toEqual([[], 0, 0]);
    tea.clock.advance(1_000);
    expect(ann.heard).toEqual([]);
  });

  test('stopped -> what a late broker says is for nobody', () => {
    const broker = new LateBroker();
    const tea = house({}, broker);
    const ann = tea.person('ann');
    tea.join(ann);
    tea.clock.settle();
    tea.hub.stop();
    broker.listener?.subscribed('tea', { epoch: 'first', offset: 0 });
    tea.clock.settle();
    expect([ann.heard, tea.hub.rooms.size, tea.clock.pending]).toEqual([[], 0, 0]);
  });

  test('remains() names what is still in rooms and channels', () => {
    const tea = house({ registerCapacity: 1 });
    tea.seat(['ann', 'bob']);
    for (const name of ['cid', 'dot']) tea.join(tea.person(name), 'tea', { ...nobody, id: name });
    const remains = tea.hub.remains().join('\n');
    for (const name of ['tea: 2 members', 'register: 1 waiting', 'dot']) expect(remains).toContain(name);
  });
});

function view({ status, context }: SnapshotFrom<typeof hubLogic>): unknown[] {
  const { rooms, subscribers, channels } = context;
  return [status, rooms, subscribers, channels.map(({ name, depth }) => `${name} ${depth}`)];
}

describe('the hub as an actor', () => {
  test('active -> look -> a fresh view -> stopped, with nothing left', async () => {
    const leaks = trackActors({ processResources: false });
    onTestFinished(() => leaks.stop());
    const tea = house();
    const actor = createActor(hubLogic, {
      id: 'hub',
      input: { hub: tea.hub },
      inspect: leaks.inspect,
    }).start();
    const empty = ['register 0', 'unregister 0', 'broadcast 0'];
    tea.seat(['ann', 'bob']);
    expect(view(actor.getSnapshot())).toEqual(['active', 0, 0, empty]);
    tea.join(tea.person('cid'));
    actor.send({ type: 'look' });
    expect(view(actor.getSnapshot())).toEqual(['active', 1, 2, ['register 1', ...empty.slice(1)]]);

    actor.stop();
    expect(view(actor.getSnapshot())).toEqual(['stopped', 0, 0, empty]);
    tea.join(tea.person('dot'));
    expect(tea.clock.pending).toBe(0);
    tea.hub.register.clear();
    await leaks.expectNone();
  });

  test('shows its channels with their capacities', () => {
    const tea = house();
    expect(tea.hub.view().channels.map(({ name, capacity }) => [name, capacity])).toEqual([
      ['register', 256],
      ['unregister', 256],
      ['broadcast', 1_024],
    ]);
  });
});
