import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HistoryRange } from '../../src/broker.ts';
import { Log, type LogLimits } from '../../src/brokers/log.ts';
import { publicationIn } from '../support/publications.ts';

const second = 1_000;

interface Kept {
  readonly what: string;
  readonly offset: number;
  readonly at: number;
}

/** A log as a plain list of what is kept, the oldest first, and as plain keys. */
class Model {
  readonly #limits: LogLimits;
  #offset = 0;
  #kept: Kept[] = [];
  #keys: Kept[] = [];

  constructor(limits: LogLimits) {
    this.#limits = limits;
  }

  append(what: string, key: string | undefined, at: number): number {
    this.expire(at);
    const known = this.#keys.find((each) => each.what === key);
    if (known !== undefined) return known.offset;
    this.#offset += 1;
    const { historyMessages, dedupeWindowMs } = this.#limits;
    this.#kept = [...this.#kept, { what, offset: this.#offset, at }];
    this.#kept = this.#kept.slice(Math.max(0, this.#kept.length - historyMessages));
    if (key !== undefined && dedupeWindowMs > 0) this.#keys.push({ what: key, offset: this.#offset, at });
    return this.#offset;
  }

  expire(now: number): void {
    const { historyAgeMs, dedupeWindowMs } = this.#limits;
    this.#kept = this.#kept.filter(({ at }) => now - at < historyAgeMs);
    this.#keys = this.#keys.filter(({ at }) => now - at < dedupeWindowMs);
  }

  clear(): void {
    [this.#kept, this.#keys] = [[], []];
  }

  read({ after, before, limit }: HistoryRange) {
    const all = this.#kept.filter(
      ({ offset }) => offset > (after ?? 0) && offset < (before ?? Number.MAX_SAFE_INTEGER),
    );
    const some = after === undefined ? all.slice(Math.max(0, all.length - limit)) : all.slice(0, limit);
    return {
      offset: this.#offset,
      first: this.#offset - this.#kept.length + 1,
      entries: some.map(({ what, offset }) => `${offset}: ${what}`),
    };
  }
}

const said = { id: 'id', room: 'tea', sender: 'ann', timestamp: 'now' };

const place = fc.nat(9);
const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record(
      { content: fc.string(), key: fc.constantFrom('a', 'b') },
      { requiredKeys: ['content'] },
    ),
  },
  {
    weight: 6,
    arbitrary: fc.record(
      { after: place, before: place, limit: fc.constantFrom(1, 2, 3, Infinity) },
      { requiredKeys: ['limit'] },
    ),
  },
  { weight: 2, arbitrary: fc.record({ passMs: fc.constantFrom(1, 5 * second, 20 * second) }) },
  { weight: 1, arbitrary: fc.constant('clear' as const) },
);

test('whatever is said, read and forgotten, whenever: a log has what a plain list has, and counts its bytes', () => {
  const limits = fc.record({
    historyMessages: fc.constantFrom(0, 1, 2, 7, 100_000),
    historyAgeMs: fc.constantFrom(0, 10 * second, 60 * second),
    dedupeWindowMs: fc.constantFrom(0, 10 * second, 90 * second),
  });
  fc.assert(
    fc.property(limits, fc.array(step, { maxLength: 60 }), (ofLog, steps) => {
      const log = new Log('tea', ofLog, 0);
      const model = new Model(ofLog);
      const bytesOfNone = log.bytes;
      const answers: unknown[] = [];
      const expected: unknown[] = [];
      let now = 0;
      for (const doing of steps) {
        if (doing === 'clear') {
          log.clear();
          model.clear();
        } else if ('passMs' in doing) {
          now += doing.passMs;
        } else if ('content' in doing) {
          answers.push(log.append({ ...said, ...doing }, now).offset);
          expected.push(model.append(doing.content, doing.key, now));
        } else {
          log.expire(now);
          model.expire(now);
          const { position, first, entries } = log.read(doing);
          const lines = entries.map((entry) => `${entry.offset}: ${publicationIn(entry).content}`);
          answers.push({ offset: position.offset, first, entries: lines });
          expected.push(model.read(doing));
        }
        const units = log.read({ limit: Infinity }).entries.reduce((sum, { text }) => sum + text.length, 0);
        expect(log.bytes).toBeGreaterThanOrEqual(bytesOfNone + units);
      }
      expect(answers).toEqual(expected);
      log.expire(now + 100 * second);
      expect(log.bytes).toBe(bytesOfNone);
    }),
    { numRuns: 2_000 },
  );
});
