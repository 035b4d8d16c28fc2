import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Batch, type Encoding } from '../src/batch.ts';
import { Outbox } from '../src/outbox.ts';

/** One byte a character, and nothing between the messages. */
const bare: Encoding = { name: 'bare', encode: (messages) => Buffer.from(messages.join('')) };
const roomy = { outboxMessages: 1_000, outboxBytes: 1_000_000 };

function batch(...messages: string[]): Batch {
  return new Batch(messages);
}

describe('an outbox', () => {
  test('empty -> has nothing to take, and is neither high nor full', () => {
    const outbox = new Outbox(bare, roomy);
    expect(outbox.take()).toBeUndefined();
    expect(outbox).toMatchObject({ messages: 0, bytes: 0, isInFlight: false, isHigh: false, isFull: false });
  });

  test('gives one batch as the very bytes that every member shares', () => {
    const shared = batch('hello');
    const outbox = new Outbox(bare, roomy);
    outbox.add(shared);
    expect(outbox.take()).toBe(shared.bytes(bare));
  });

  test('gives several batches as one write, in order', () => {
    const outbox = new Outbox(bare, roomy);
    for (const each of [batch('a'), batch('b', 'c'), batch('d')]) outbox.add(each);
    expect(outbox.take()?.toString()).toBe('abcd');
    expect(outbox.take()).toBeUndefined();
  });

  test('waiting -> in flight -> settled: held until the kernel has it', () => {
    const outbox = new Outbox(bare, roomy);
    outbox.add(batch('one', 'two'));
    expect(outbox).toMatchObject({ messages: 2, bytes: 6, isInFlight: false });
    outbox.take();
    expect(outbox).toMatchObject({ messages: 2, bytes: 6, isInFlight: true });
    outbox.add(batch('three'));
    expect(outbox).toMatchObject({ messages: 3, bytes: 11, isInFlight: true });
    outbox.settle();
    expect(outbox).toMatchObject({ messages: 1, bytes: 5, isInFlight: false });
    expect(outbox.take()?.toString()).toBe('three');
  });

  test('lets go of everything when it is cleared', () => {
    const outbox = new Outbox(bare, roomy);
    outbox.add(batch('in flight'));
    outbox.take();
    outbox.add(batch('waiting'));
    outbox.add(batch('too'));
    outbox.clear();
    expect(outbox).toMatchObject({ messages: 0, bytes: 0, isInFlight: false });
    expect(outbox.take()).toBeUndefined();
  });

  test.each([
    ['messages', { outboxMessages: 4, outboxBytes: 1_000 }, 'x'],
    ['bytes', { outboxMessages: 1_000, outboxBytes: 40 }, 'ten bytes.'],
  ])('is high at half of its limit of %s, and full at the limit', (_, limits, message) => {
    const outbox = new Outbox(bare, limits);
    const marks = Array.from({ length: 5 }, () => {
      outbox.add(batch(message));
      return [outbox.isHigh, outbox.isFull];
    });
    expect(marks).toEqual([
      [false, false],
      [true, false],
      [true, false],
      [true, true],
      [true, true],
    ]);
  });

  test('takes a batch whole, however large, while it is not full', () => {
    const outbox = new Outbox(bare, { outboxMessages: 4, outboxBytes: 40 });
    outbox.add(batch(...Array.from({ length: 100 }, () => 'ten bytes.')));
    expect(outbox).toMatchObject({ messages: 100, bytes: 1_000, isFull: true });
  });

  test('counts what is in flight towards its high-water mark, and only what waits towards its limits', () => {
    const outbox = new Outbox(bare, { outboxMessages: 4, outboxBytes: 1_000 });
    outbox.add(batch('a', 'b', 'c', 'd'));
    outbox.take();
    expect([outbox.isFull, outbox.isHigh]).toEqual([false, true]);
    outbox.add(batch('e', 'f', 'g', 'h'));
    expect([outbox.isFull, outbox.isHigh]).toEqual([true, true]);
    outbox.settle();
    expect([outbox.isFull, outbox.isHigh]).toEqual([true, true]);
  });
});

/** What an outbox holds, as two lists. */
class Model {
  waiting: string[] = [];
  inFlight: string[] = [];

  /** @returns what is written, where something is. */
  do(step: Step): string | undefined {
    if (step === 'settle') {
      this.inFlight = [];
    } else if (step === 'take') {
      const taken = this.waiting;
      this.waiting = [];
      this.inFlight.push(...taken);
      if (taken.length > 0) return taken.join('');
    } else {
      this.waiting.push(...step);
    }
    return undefined;
  }

  view(): object {
    const held = [...this.waiting, ...this.inFlight];
    return { messages: held.length, bytes: held.join('').length, isInFlight: this.inFlight.length > 0 };
  }
}

type Step = string[] | 'take' | 'settle';

function perform(outbox: Outbox, step: Step): string | undefined {
  if (step === 'take') return outbox.take()?.toString();
  if (step === 'settle') outbox.settle();
  else outbox.add(batch(...step));
  return undefined;
}

test('any sequence of adds, takes and settles keeps the order and the counts of two plain lists', () => {
  const message = fc.string({ minLength: 1, maxLength: 5, unit: 'grapheme-ascii' });
  const step = fc.oneof(
    fc.array(message, { minLength: 1, maxLength: 4 }),
    fc.constant('take' as const),
    fc.constant('settle' as const),
  );
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const outbox = new Outbox(bare, roomy);
      const model = new Model();
      for (const each of steps) {
        expect(perform(outbox, each)).toBe(model.do(each));
        expect(outbox).toMatchObject(model.view());
      }
    }),
  );
});
