import { describe, expect, onTestFinished, test } from 'vitest';
import { createActor } from 'xstate';
import type {
  BrokerListener,
  History,
  HistoryRange,
  Position,
  Publication,
  Unavailable,
} from '../../src/broker.ts';
import { MemoryBroker, memoryBrokerMachine, type MemoryBrokerLimits } from '../../src/brokers/memory.ts';
import type { Entry } from '../../src/entry.ts';
import { trackActors } from '../../src/leaks.ts';
import { publicationIn } from '../support/publications.ts';
import { describeBroker } from '../support/broker-conformance.ts';
import { SimulatedClock } from '../support/simulated-clock.ts';

const second = 1_000;
const limits: MemoryBrokerLimits = {
  historyMessages: 3,
  historyAgeMs: 60 * second,
  historyBytes: 1_000_000,
  dedupeWindowMs: 90 * second,
};

describeBroker('memory', () => ({
  broker: new MemoryBroker({ clock: new SimulatedClock(), limits: { ...limits, historyMessages: 100 } }),
}));

const publication = { id: 'id', room: 'tea', sender: 'ann', content: 'hello', timestamp: 'now' };

/** An entry as words. */
function lineOf(entry: Entry): string {
  return `${entry.offset}: ${publicationIn(entry).content}`;
}

/** A memory broker under a simulated clock, and what it told. */
class Shelf {
  readonly clock = new SimulatedClock();
  readonly broker: MemoryBroker;
  readonly told: string[] = [];
  readonly epochs: string[] = [];
  readonly places: Position[] = [];

  constructor(changes: Partial<MemoryBrokerLimits> = {}) {
    this.broker = new MemoryBroker({ clock: this.clock, limits: { ...limits, ...changes } });
    const ear: BrokerListener = {
      subscribed: (room, { epoch, offset }) => {
        this.told.push(`subscribed ${room} at ${offset}`);
        this.epochs.push(epoch);
      },
      unavailable: (room) => void this.told.push(`unavailable ${room}`),
      message: (entry) => void this.told.push(lineOf(entry)),
      published: (_, position) => void this.places.push(position),
      refused: ({ content }) => void this.told.push(`refused ${content}`),
      limited: ({ content }) => void this.told.push(`limited ${content}`),
      moved: (room) => void this.told.push(`moved in ${room}`),
      reopened: () => void this.told.push('reopened'),
    };
    this.broker.listen(ear);
  }

  say(content: string, about: Partial<Publication> = {}): void {
    this.broker.publish({ ...publication, content, ...about });
  }

  read(room = 'tea', range: HistoryRange = { limit: Infinity }): History | undefined {
    const answers: (History | Unavailable | undefined)[] = [];
    this.broker.history(room, range, (history) => answers.push(history));
    const [answer] = answers;
    if (answers.length !== 1 || answer === 'unavailable') throw new Error(`answered ${answers.length} times`);
    return answer;
  }

  /** What is kept of a room, as words. */
  kept(room = 'tea'): string[] | undefined {
    return this.read(room)?.entries.map(lineOf);
  }
}

describe('the memory broker alone', () => {
  test('has told everything when a call returns', () => {
    const { broker, told, places, ...shelf } = new Shelf();
    broker.subscribe('tea');
    expect(told).toEqual(['subscribed tea at 0']);
    broker.publish(publication);
    expect(told).toEqual(['subscribed tea at 0', '1: hello']);
    expect(places).toEqual([{ epoch: shelf.epochs[0], offset: 1 }]);
  });

  test('keeps so many messages of a room, the last ones', () => {
    const shelf = new Shelf();
    for (const content of ['one', 'two', 'three', 'four', 'five']) shelf.say(content);
    expect(shelf.kept()).toEqual(['3: three', '4: four', '5: five']);
    expect(shelf.read()).toMatchObject({ first: 3, position: { offset: 5 } });
  });

  test('keeps none where none are to be kept, and numbers all the same', () => {
    const shelf = new Shelf({ historyMessages: 0 });
    for (const content of ['one', 'two']) shelf.say(content);
    expect(shelf.read()).toMatchObject({ first: 3, position: { offset: 2 }, entries: [] });
  });

  test('keeps a message for its time, and no longer', () => {
    const shelf = new Shelf();
    shelf.say('old');
    shelf.clock.advance(30 * second);
    shelf.say('young');
    shelf.clock.advance(30 * second - 1);
    expect(shelf.kept()).toEqual(['1: old', '2: young']);
    shelf.clock.advance(1);
    expect(shelf.kept()).toEqual(['2: young']);
    shelf.clock.advance(30 * second);
    expect(shelf.read()).toMatchObject({ first: 3, position: { offset: 2 }, entries: [] });
  });

  test('knows a key for its window, and no longer', () => {
    const shelf = new Shelf();
    shelf.say('first', { key: 'ann 1' });
    shelf.clock.advance(90 * second - 1);
    shelf.say('again', { key: 'ann 1' });
    shelf.clock.advance(1);
    shelf.say('anew', { key: 'ann 1' });
    expect(shelf.places.map(({ offset }) => offset)).toEqual([1, 1, 2]);
  });

  test('knows no key where there is no window', () => {
    const shelf = new Shelf({ dedupeWindowMs: 0 });
    for (const content of ['first', 'again']) shelf.say(content, { key: 'ann 1' });
    expect(shelf.places.map(({ offset }) => offset)).toEqual([1, 2]);
  });

  test('goes on with a room that people come back to in time, and else begins anew', () => {
    const shelf = new Shelf();
    const visit = () => {
      shelf.broker.subscribe('tea');
      shelf.say('hello');
      shelf.broker.unsubscribe('tea');
    };
    visit();
    shelf.clock.advance(90 * second - 1);
    visit();
    shelf.clock.advance(90 * second);
    visit();
    const [first, second_, third] = shelf.epochs;
    expect([second_ === first, third === first]).toEqual([true, false]);
    expect(shelf.told.filter((what) => what.startsWith('subscribed'))).toEqual([
      'subscribed tea at 0',
      'subscribed tea at 1',
      'subscribed tea at 0',
    ]);
  });

  test('never begins a room anew that somebody is in, however quiet it is', () => {
    const shelf = new Shelf();
    shelf.broker.subscribe('tea');
    shelf.say('hello');
    shelf.clock.advance(3_600 * second);
    shelf.say('still here');
    expect(shelf.places.map(({ epoch, offset }) => [epoch, offset])).toEqual([
      [shelf.epochs[0], 1],
      [shelf.epochs[0], 2],
    ]);
    expect(shelf.kept()).toEqual(['2: still here']);
  });

  test('lets go of all that nobody comes back for', () => {
    const shelf = new Shelf();
    for (let room = 0; room < 100; room += 1) {
      shelf.broker.subscribe(`room-${room}`);
      shelf.say('hello', { room: `room-${room}`, key: 'key' });
      shelf.broker.unsubscribe(`room-${room}`);
    }
    expect(shelf.broker.rooms).toBe(100);
    shelf.clock.advance(90 * second);
    expect(shelf.read('elsewhere')).toBeUndefined();
    expect([shelf.broker.rooms, shelf.broker.bytes]).toEqual([0, 0]);
  });

  test('above its bytes gives up what was quiet longest, and no room that somebody is in', () => {
    const shelf = new Shelf({ historyBytes: 10_000 });
    shelf.broker.subscribe('busy');
    shelf.say('early', { room: 'busy' });
    for (let room = 0; room < 100; room += 1) {
      shelf.say('x'.repeat(1_000), { room: `room-${room}` });
      expect(shelf.broker.bytes).toBeLessThanOrEqual(10_000);
    }
    expect([shelf.kept('busy'), shelf.kept('room-0'), shelf.kept('room-99')?.length]).toEqual([
      [],
      undefined,
      1,
    ]);
    expect(shelf.read('busy')).toMatchObject({ first: 2, position: { epoch: shelf.epochs[0], offset: 1 } });
  });

  test('with room for nothing keeps nothing, and still tells', () => {
    const shelf = new Shelf({ historyBytes: 0 });
    shelf.broker.subscribe('tea');
    for (const content of ['one', 'two']) shelf.say(content);
    expect([shelf.told, shelf.kept()]).toEqual([['subscribed tea at 0', '1: one', '2: two'], []]);
  });

  test('that nobody listens to does its work in silence', () => {
    const broker = new MemoryBroker({ clock: new SimulatedClock(), limits });
    expect(() => {
      broker.subscribe('tea');
      broker.publish(publication);
      broker.unsubscribe('tea');
    }).not.toThrow();
  });
});

describe('its machine', () => {
  test('local -> stop -> stopped, with nothing left', async () => {
    const leaks = trackActors({ processResources: false });
    onTestFinished(() => leaks.stop());
    const actor = createActor(memoryBrokerMachine, { id: 'broker', inspect: leaks.inspect }).start();
    expect(actor.getSnapshot()).toMatchObject({ value: 'local', status: 'active' });
    actor.send({ type: 'stop' });
    expect(actor.getSnapshot()).toMatchObject({ value: 'stopped', status: 'done' });
    await leaks.expectNone();
  });
});
