import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { Channel, type Sender } from '../src/channel.ts';

/** A sender that writes down when its value moves in. */
function sender(id: string, told: string[] = [], then?: () => void): Sender {
  return {
    id,
    unparked: () => {
      told.push(id);
      then?.();
    },
  };
}

const nobody = sender('nobody');
const quiet = (): void => undefined;

type Step = { do: 'offer'; id: string } | { do: 'take' } | { do: 'clear' };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 10,
      arbitrary: fc.record({ do: fc.constant('offer' as const), id: fc.constantFrom('a', 'b', 'c', 'd') }),
    },
    { weight: 9, arbitrary: fc.constant({ do: 'take' } as const) },
    { weight: 1, arbitrary: fc.constant({ do: 'clear' } as const) },
  ),
  { maxLength: 200 },
);

function perform(channel: Channel<number>, step: Step, value: number, told: string[] = []): unknown {
  switch (step.do) {
    case 'offer':
      return channel.offer(value, sender(step.id, told));
    case 'take':
      return channel.take();
    case 'clear':
      return channel.clear();
  }
}

/** What a channel is, in the fewest words: one list, of which those within capacity are in. */
class Model {
  values: { value: number; id: string }[] = [];
  told: string[] = [];
  readonly capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** @returns what a channel's method returns. */
  do(step: Step, value: number): unknown {
    switch (step.do) {
      case 'offer':
        return this.values.push({ value, id: step.id }) <= this.capacity;
      case 'take':
        return this.#take();
      case 'clear':
        this.values = [];
        return undefined;
    }
  }

  view(): object {
    return {
      depth: Math.min(this.values.length, this.capacity),
      parked: Math.max(0, this.values.length - this.capacity),
      parkedSenders: this.values.slice(this.capacity).map(({ id }) => id),
      told: this.told,
    };
  }

  #take(): number | undefined {
    const movesIn = this.values[this.capacity];
    if (movesIn !== undefined) this.told.push(movesIn.id);
    return this.values.shift()?.value;
  }
}

describe('any sequence of offers, takes and clears', () => {
  test('keeps the order, the bound and the parked senders of a plain list', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), steps, (capacity, sequence) => {
        const told: string[] = [];
        const channel = new Channel<number>('any', capacity, quiet);
        const model = new Model(capacity);
        for (const [value, step] of sequence.entries()) {
          expect(perform(channel, step, value, told)).toBe(model.do(step, value));
          const { depth, parked } = channel;
          const parkedSenders = channel.parkedSenders();
          expect({ depth, parked, parkedSenders, told }).toEqual(model.view());
        }
      }),
    );
  });

  test('wakes the receiver once for each value offered, and for nothing else', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const wake = vi.fn<() => void>();
        const channel = new Channel<number>('any', 2, wake);
        for (const step of sequence) perform(channel, step, 0);
        expect(wake).toHaveBeenCalledTimes(sequence.filter((step) => step.do === 'offer').length);
      }),
    );
  });

  test('shows the tap each value as it comes in, or as it is parked and then as it moves in', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), steps, (capacity, sequence) => {
        const channel = new Channel<number>('tapped', capacity, quiet);
        const seen = { accepted: [] as number[], parked: [] as number[], unparked: [] as number[] };
        channel.tap = (what, value) => void seen[what].push(value);
        const offers = sequence.filter((step) => step.do !== 'clear');
        const results = offers.map((step, value) => ({ step, value, result: perform(channel, step, value) }));

        const offered = (result: boolean) =>
          results
            .filter((each) => each.step.do === 'offer' && each.result === result)
            .map(({ value }) => value);
        expect(seen.accepted).toEqual(offered(true));
        expect(seen.parked).toEqual(offered(false));
        expect(seen.unparked).toEqual(seen.parked.slice(0, seen.parked.length - channel.parked));
      }),
    );
  });
});

describe('a channel', () => {
  test('is known by its name and capacity, and is empty at first', () => {
    const channel = new Channel<string>('broadcast', 1_024, quiet);
    expect([channel.name, channel.capacity, channel.depth, channel.parked]).toEqual([
      'broadcast',
      1_024,
      0,
      0,
    ]);
    expect(channel.take()).toBeUndefined();
    expect(channel.parkedSenders()).toEqual([]);
  });

  test('full -> an offer is parked, and moves in with the next take', () => {
    const told: string[] = [];
    const channel = new Channel<string>('door', 1, quiet);
    expect(channel.offer('first', sender('a', told))).toBe(true);
    expect(channel.offer('second', sender('b', told))).toBe(false);
    expect([channel.depth, channel.parked]).toEqual([1, 1]);
    expect(told).toEqual([]);

    expect(channel.take()).toBe('first');
    expect(told).toEqual(['b']);
    expect([channel.depth, channel.parked]).toEqual([1, 0]);
    expect(channel.take()).toBe('second');
    expect(told).toEqual(['b']);
  });

  test('tells a sender only once its value is in, so that what it then offers comes after', () => {
    const channel = new Channel<string>('door', 1, quiet);
    let depthWhenTold = 0;
    let accepted: boolean | undefined;
    const eager = sender('eager', [], () => {
      depthWhenTold = channel.depth;
      accepted = channel.offer('again', nobody);
    });
    channel.offer('first', nobody);
    channel.offer('parked', eager);
    channel.offer('behind', nobody);

    expect(channel.take()).toBe('first');
    expect([depthWhenTold, accepted]).toEqual([1, false]);
    expect([channel.take(), channel.take(), channel.take(), channel.take()]).toEqual([
      'parked',
      'behind',
      'again',
      undefined,
    ]);
  });

  test('forgets its parked senders when it is cleared: they are never told', () => {
    const told: string[] = [];
    const channel = new Channel<string>('door', 1, quiet);
    channel.offer('in', sender('a', told));
    channel.offer('parked', sender('b', told));
    channel.clear();

    expect([channel.depth, channel.parked, channel.take()]).toEqual([0, 0, undefined]);
    channel.offer('new', nobody);
    expect([channel.take(), told]).toEqual(['new', []]);
  });

  test('holds on to nothing that was taken, though the queue of parked senders never runs empty', () => {
    const channel = new Channel<number>('busy', 2, quiet);
    let next = 0;
    for (; next < 5; next += 1) channel.offer(next, nobody);
    for (let taken = 0; taken < 1_000; taken += 1, next += 1) {
      expect(channel.take()).toBe(taken);
      channel.offer(next, nobody);
      expect([channel.depth, channel.parked, channel.parkedSenders().length]).toEqual([2, 3, 3]);
    }
  });
});
