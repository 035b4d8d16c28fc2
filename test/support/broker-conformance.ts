/**
 * The broker conformance suite: what every broker owes the hub, in memory or not. It waits for what it is owed, so
 * that a broker may answer at once or later.
 */
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type {
  Broker,
  BrokerListener,
  History,
  HistoryRange,
  Position,
  Publication,
} from '../../src/broker.ts';
import type { Entry } from '../../src/entry.ts';
import { entryOf, publicationIn } from './publications.ts';

/** Makes a broker that is ready to be used, and hands over what ends it. */
export type CreateBroker = () => Promise<BrokerUnderTest> | BrokerUnderTest;

export interface BrokerUnderTest {
  readonly broker: Broker;
  readonly stop?: () => Promise<void> | void;
}

/** One thing that a broker told. */
type Told =
  | { readonly kind: 'subscribed'; readonly room: string; readonly position: Position }
  | { readonly kind: 'message'; readonly publication: Publication; readonly offset: number }
  | { readonly kind: 'published'; readonly publication: Publication; readonly position: Position };

/** A listener that keeps what it was told, and can be waited for. */
class Ear implements BrokerListener {
  readonly told: Told[] = [];
  readonly #waiting = new Set<() => void>();

  subscribed(room: string, position: Position): void {
    this.#hear({ kind: 'subscribed', room, position });
  }

  unavailable(room: string): void {
    throw new Error(`unavailable: ${room}`);
  }

  message(entry: Entry): void {
    this.#hear({ kind: 'message', publication: publicationIn(entry), offset: entry.offset });
  }

  published(publication: Publication, position: Position): void {
    this.#hear({ kind: 'published', publication, position });
  }

  refused(publication: Publication): void {
    throw new Error(`refused: ${publication.content}`);
  }

  limited(publication: Publication): void {
    throw new Error(`limited: ${publication.content}`);
  }

  moved(): void {}

  reopened(): void {}

  /** The answers to subscriptions of this room, once there are so many. */
  async positions(room: string, count: number): Promise<Position[]> {
    const answers = () =>
      this.told.flatMap((told) => (told.kind === 'subscribed' && told.room === room ? [told.position] : []));
    await this.#until(() => answers().length >= count);
    return answers();
  }

  /** The messages of this room, once there are so many. */
  async messages(room: string, count: number): Promise<{ publication: Publication; offset: number }[]> {
    const messages = () =>
      this.told.flatMap((told) => (told.kind === 'message' && told.publication.room === room ? [told] : []));
    await this.#until(() => messages().length >= count);
    return messages().map(({ publication, offset }) => ({ publication, offset }));
  }

  /** Where this very publication got its place. */
  async placeOf(publication: Publication): Promise<Position> {
    const answers = () =>
      this.told.flatMap((told) =>
        told.kind === 'published' && told.publication === publication ? [told.position] : [],
      );
    await this.#until(() => answers().length > 0);
    return answers()[0] as Position;
  }

  #hear(told: Told): void {
    this.told.push(told);
    for (const look of this.#waiting) look();
  }

  #until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!isSo()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }
}

let publications = 0;

function historyOf(broker: Broker, room: string, range: HistoryRange): Promise<History | undefined> {
  return new Promise((resolve, reject) => {
    broker.history(room, range, (history) =>
      history === 'unavailable' ? reject(new Error(history)) : resolve(history),
    );
  });
}

const everything: HistoryRange = { limit: Infinity };

function saying(room: string, content = 'hello', key?: string): Publication {
  publications += 1;
  return {
    id: `publication-${publications}`,
    room,
    sender: 'ann',
    content,
    timestamp: new Date(Date.UTC(2026, 0, 1) + publications).toISOString(),
    ...(key === undefined ? {} : { key }),
  };
}

const words = ['one', 'two', 'three', 'four', 'five'];

const kinds = ['tea', 'coffee'] as const;
const step = fc.record({
  kind: fc.constantFrom(...kinds),
  doing: fc.constantFrom('subscribe' as const, 'unsubscribe' as const, 'publish' as const),
});

/** One room's coming, going and talking, each step waited for, and what was wrong with the numbers it got. */
class Walk {
  readonly wrong: string[] = [];
  readonly #room: string;
  readonly #broker: Broker;
  readonly #ear: Ear;
  /** Where the room is; unknown while it is not subscribed. */
  #position: Position | undefined;
  readonly #reached = new Map<string, number>();
  #answers = 0;
  #heard = 0;

  constructor(room: string, broker: Broker, ear: Ear) {
    this.#room = room;
    this.#broker = broker;
    this.#ear = ear;
  }

  async subscribe(): Promise<void> {
    this.#broker.subscribe(this.#room);
    this.#answers += 1;
    const answers = await this.#ear.positions(this.#room, this.#answers);
    const position = answers.at(-1) as Position;
    // A numbering that is known goes on where it was; another one begins anew.
    const expected = this.#reached.get(position.epoch) ?? 0;
    if (position.offset !== expected) this.wrong.push(`subscribed at ${position.offset}, not ${expected}`);
    this.#position = position;
  }

  unsubscribe(): void {
    this.#broker.unsubscribe(this.#room);
    this.#position = undefined;
  }

  async publish(): Promise<void> {
    if (this.#position === undefined) return;
    const { epoch, offset } = this.#position;
    this.#broker.publish(saying(this.#room), Date.now());
    this.#heard += 1;
    const heard = (await this.#ear.messages(this.#room, this.#heard)).at(-1);
    if (heard?.offset !== offset + 1) this.wrong.push(`message ${heard?.offset} after ${offset}`);
    this.#position = { epoch, offset: offset + 1 };
    this.#reached.set(epoch, offset + 1);
  }
}

export function describeBroker(name: string, create: CreateBroker): void {
  async function start(): Promise<{ broker: Broker; ear: Ear }> {
    const { broker, stop } = await create();
    onTestFinished(async () => stop?.());
    const ear = new Ear();
    broker.listen(ear);
    return { broker, ear };
  }

  describe(`the ${name} broker`, () => {
    test('answers a subscription with the place of a room where nothing was said', async () => {
      const { broker, ear } = await start();
      broker.subscribe('tea');
      const [position] = await ear.positions('tea', 1);
      expect(position).toEqual({ epoch: expect.any(String) as string, offset: 0 });
      expect(position?.epoch).not.toBe('');
    });

    test('answers every subscription, and none that was not made', async () => {
      const { broker, ear } = await start();
      for (const room of ['tea', 'coffee', 'juice']) broker.subscribe(room);
      await Promise.all(['tea', 'coffee', 'juice'].map((room) => ear.positions(room, 1)));
      expect(ear.told).toHaveLength(3);
    });

    test('numbers what is said from 1, in the order in which it was said', async () => {
      const { broker, ear } = await start();
      broker.subscribe('tea');
      await ear.positions('tea', 1);
      const said = words.map((content) => saying('tea', content));
      for (const publication of said) broker.publish(publication, Date.now());
      expect(await ear.messages('tea', 5)).toEqual(
        said.map((publication, index) => ({ publication, offset: index + 1 })),
      );
    });

    test('numbers each room by itself', async () => {
      const { broker, ear } = await start();
      for (const room of ['tea', 'coffee']) broker.subscribe(room);
      await Promise.all([ear.positions('tea', 1), ear.positions('coffee', 1)]);
      for (const room of ['tea', 'coffee', 'tea', 'coffee', 'tea']) broker.publish(saying(room), Date.now());
      expect((await ear.messages('tea', 3)).map(({ offset }) => offset)).toEqual([1, 2, 3]);
      expect((await ear.messages('coffee', 2)).map(({ offset }) => offset)).toEqual([1, 2]);
    });

    test('hands over a message as it was given, whatever is in it', async () => {
      const { broker, ear } = await start();
      broker.subscribe('tea');
      await ear.positions('tea', 1);
      const said = ['', ' ', '\r\n*1\r\n', '\0', '🫖', '{"json":true}', 'é'.repeat(10_000)].map((content) =>
        saying('tea', content),
      );
      for (const publication of said) broker.publish(publication, Date.now());
      const heard = await ear.messages('tea', said.length);
      expect(heard.map(({ publication }) => publication)).toEqual(said);
    });

    test('takes a room of any name that the protocol allows for itself alone', async () => {
      const { broker, ear } = await start();
      const rooms = ['.', 'a', 'A', 'a.b', 'a-b', '寿司', 'x'.repeat(64)];
      for (const room of rooms) broker.subscribe(room);
      for (const room of rooms) await ear.positions(room, 1);
      for (const room of rooms) broker.publish(saying(room, room), Date.now());
      for (const room of rooms) {
        const [heard] = await ear.messages(room, 1);
        expect(heard).toMatchObject({ publication: { room, content: room }, offset: 1 });
      }
      expect(ear.told).toHaveLength(rooms.length * 3);
    });

    test('says where a room is to one who subscribes again', async () => {
      const { broker, ear } = await start();
      broker.subscribe('tea');
      const [first] = await ear.positions('tea', 1);
      for (const content of words) broker.publish(saying('tea', content), Date.now());
      await ear.messages('tea', 5);
      broker.subscribe('tea');
      expect((await ear.positions('tea', 2))[1]).toEqual({ epoch: first?.epoch, offset: 5 });
    });

    test('is silent about rooms that are not subscribed', async () => {
      const { broker, ear } = await start();
      broker.subscribe('tea');
      broker.subscribe('left');
      await Promise.all([ear.positions('tea', 1), ear.positions('left', 1)]);
      broker.unsubscribe('left');
      broker.publish(saying('left'), Date.now());
      broker.publish(saying('never entered'), Date.now());
      broker.publish(saying('tea', 'the end'), Date.now());
      await ear.messages('tea', 1);
      const heard = ear.told.filter(({ kind }) => kind !== 'published');
      expect(heard.map((told) => (told.kind === 'message' ? told.publication.room : told.kind))).toEqual([
        'subscribed',
        'subscribed',
        'tea',
      ]);
    });

    test('takes it well that a room is left that was never entered', async () => {
      const { broker, ear } = await start();
      broker.unsubscribe('tea');
      broker.subscribe('tea');
      expect(await ear.positions('tea', 1)).toMatchObject([{ offset: 0 }]);
    });

    test('says of each publication which place it got, handing back the object itself', async () => {
      const { broker, ear } = await start();
      broker.subscribe('tea');
      const [position] = await ear.positions('tea', 1);
      const said = words.map((content) => saying('tea', content));
      for (const publication of said) broker.publish(publication, Date.now());
      expect(await Promise.all(said.map((publication) => ear.placeOf(publication)))).toEqual(
        said.map((_, index) => ({ epoch: position?.epoch, offset: index + 1 })),
      );
    });

    test('publishes once what is said again with its key, and says where the first one is', async () => {
      const { broker, ear } = await start();
      broker.subscribe('tea');
      await ear.positions('tea', 1);
      const first = saying('tea', 'once', 'ann 1');
      const again = saying('tea', 'twice?', 'ann 1');
      const other = saying('tea', 'another', 'ann 2');
      for (const publication of [first, again, other]) broker.publish(publication, Date.now());
      const places = await Promise.all([first, again, other].map((publication) => ear.placeOf(publication)));
      expect(places.map(({ offset }) => offset)).toEqual([1, 1, 2]);
      expect((await ear.messages('tea', 2)).map(({ publication }) => publication.content)).toEqual([
        'once',
        'another',
      ]);
    });

    test('knows a key in its own room alone', async () => {
      const { broker, ear } = await start();
      const [inTea, inCoffee] = [saying('tea', 'hello', 'key'), saying('coffee', 'hello', 'key')];
      for (const publication of [inTea, inCoffee]) broker.publish(publication, Date.now());
      expect(await ear.placeOf(inTea)).toMatchObject({ offset: 1 });
      expect(await ear.placeOf(inCoffee)).toMatchObject({ offset: 1 });
    });

    test('keeps what was said, whoever is there, and goes on from it', async () => {
      const { broker, ear } = await start();
      const said = words.map((content) => saying('tea', content));
      for (const publication of said) broker.publish(publication, Date.now());
      const { epoch } = await ear.placeOf(said[4] as Publication);
      broker.subscribe('tea');
      expect(await ear.positions('tea', 1)).toEqual([{ epoch, offset: 5 }]);
      broker.unsubscribe('tea');
      broker.subscribe('tea');
      expect(await ear.positions('tea', 2)).toMatchObject([{ epoch }, { epoch, offset: 5 }]);
      expect(await historyOf(broker, 'tea', everything)).toMatchObject({
        position: { epoch, offset: 5 },
        first: 1,
        entries: said.map((publication, index) => entryOf(publication, index + 1)),
      });
    });

    test.each([
      ['all', everything, [1, 2, 3, 4, 5]],
      ['the last two', { limit: 2 }, [4, 5]],
      ['what is after one', { after: 2, limit: Infinity }, [3, 4, 5]],
      ['the first two after one', { after: 1, limit: 2 }, [2, 3]],
      ['what is before one', { before: 3, limit: Infinity }, [1, 2]],
      ['the last before one', { before: 4, limit: 1 }, [3]],
      ['what is between two', { after: 1, before: 4, limit: 9 }, [2, 3]],
      ['nothing after the last', { after: 5, limit: 9 }, []],
      ['nothing after the future', { after: 500, limit: 9 }, []],
      ['nothing before the first', { before: 1, limit: 9 }, []],
      ['nothing', { limit: 0 }, []],
    ])('reads %s of a history', async (_, range, offsets) => {
      const { broker, ear } = await start();
      const said = words.map((content) => saying('tea', content));
      for (const publication of said) broker.publish(publication, Date.now());
      await ear.placeOf(said[4] as Publication);
      const history = await historyOf(broker, 'tea', range);
      expect(history?.entries.map(({ offset }) => offset)).toEqual(offsets);
      expect([history?.first, history?.position.offset]).toEqual([1, 5]);
    });

    test('knows nothing of a room that never was', async () => {
      const { broker } = await start();
      expect(await historyOf(broker, 'nowhere', everything)).toBeUndefined();
    });

    test('after any coming, going and talking has numbered each epoch without gap or repeat', async () => {
      const { broker, ear } = await start();
      let walks = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          walks += 1;
          const rooms = new Map(kinds.map((kind) => [kind, new Walk(`${kind}-${walks}`, broker, ear)]));
          for (const { kind, doing } of steps) await rooms.get(kind)?.[doing]();
          expect([...rooms.values()].flatMap(({ wrong }) => wrong)).toEqual([]);
        }),
        { numRuns: 50 },
      );
    });
  });
}
