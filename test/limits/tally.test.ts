import { describe, expect, test } from 'vitest';
import { Tally, type Tell } from '../../src/limits/tally.ts';

/** A Redis that answers when it is told to. */
class SlowRedis {
  readonly told: { held: number; asking: number }[] = [];
  readonly #waiting: { resolve: (passes: number) => void; reject: (error: Error) => void }[] = [];

  readonly tell: Tell = (held, asking) => {
    this.told.push({ held, asking });
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  };

  async answer(passes: number): Promise<void> {
    this.#waiting.shift()?.resolve(passes);
    await settled();
  }

  async fail(): Promise<void> {
    this.#waiting.shift()?.reject(new Error('away'));
    await settled();
  }
}

/** All that follows from what has been resolved has happened. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

function ask(tally: Tally, times: number): boolean[] {
  const answers: boolean[] = [];
  for (let count = 0; count < times; count += 1) tally.ask((isIn) => answers.push(isIn));
  return answers;
}

describe('a tally', () => {
  test('tells one thing after the other: all who ask meanwhile go with the next one', async () => {
    const redis = new SlowRedis();
    const tally = new Tally(10);
    const first = ask(tally, 1);
    const telling = tally.tell(redis.tell);
    const later = ask(tally, 3);
    await tally.tell(redis.tell);
    expect(redis.told).toEqual([{ held: 0, asking: 1 }]);
    await redis.answer(1);
    expect([first, later]).toEqual([[true], []]);
    await redis.answer(2);
    await telling;
    expect(later).toEqual([true, true, false]);
    expect(redis.told).toEqual([
      { held: 0, asking: 1 },
      { held: 1, asking: 3 },
    ]);
    expect(tally.isTold).toBe(true);
  });

  test('tells the number itself, not how it has changed', async () => {
    const redis = new SlowRedis();
    const tally = new Tally(10);
    ask(tally, 3);
    const telling = tally.tell(redis.tell);
    await redis.answer(3);
    tally.leave();
    tally.leave();
    void tally.tell(redis.tell);
    await redis.answer(0);
    await telling;
    expect(redis.told.at(-1)).toEqual({ held: 1, asking: 0 });
  });

  test('that nobody has the patience to wait for decides alone, and tells what came of it', async () => {
    const redis = new SlowRedis();
    const tally = new Tally(2);
    const answers = ask(tally, 3);
    const telling = tally.tell(redis.tell);
    tally.decideAlone();
    expect(answers).toEqual([true, true, false]);
    // By then others have taken the room: the late answer is not for those who are in.
    await redis.answer(0);
    expect(redis.told.at(-1)).toEqual({ held: 2, asking: 0 });
    await redis.answer(0);
    await telling;
    expect(tally.isTold).toBe(true);
  });

  test('that gets no answer decides alone, and tells all again when it is asked to', async () => {
    const redis = new SlowRedis();
    const tally = new Tally(1);
    const answers = ask(tally, 2);
    const telling = tally.tell(redis.tell);
    const failure = telling.catch((error: Error) => error.message);
    await redis.fail();
    expect(await failure).toBe('away');
    expect(answers).toEqual([true, false]);
    expect([tally.isTold, tally.isEmpty]).toEqual([false, false]);
    const again = tally.tell(redis.tell);
    await redis.answer(0);
    await again;
    expect(redis.told.at(-1)).toEqual({ held: 1, asking: 0 });
    expect(tally.isTold).toBe(true);
  });

  test('in doubt tells the same again', async () => {
    const redis = new SlowRedis();
    const tally = new Tally(1);
    ask(tally, 1);
    const telling = tally.tell(redis.tell);
    await redis.answer(1);
    await telling;
    await tally.tell(redis.tell);
    expect(redis.told).toHaveLength(1);
    tally.doubt();
    const again = tally.tell(redis.tell);
    await redis.answer(0);
    await again;
    expect(redis.told.at(-1)).toEqual({ held: 1, asking: 0 });
  });
});
