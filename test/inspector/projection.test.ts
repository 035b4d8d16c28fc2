import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createActor, createMachine } from 'xstate';
import { briefly, fully, project, projectEvent } from '../../src/inspector/projection.ts';

class Reader {
  readonly secret = 'never shown';
}

describe('a projection', () => {
  test('is what JSON would make of plain data, in the order in which it was declared', () => {
    const value = { b: 1, a: [true, null, 'text'], left: undefined, c: { d: 0.5 } };
    expect(JSON.stringify(project(value))).toBe(JSON.stringify(value));
  });

  test.each([
    ['an error', new TypeError('wrong'), { name: 'TypeError', message: 'wrong' }],
    ['a class', new Reader(), '‹Reader›'],
    ['bytes', Buffer.from('secret'), '‹Buffer of 6 bytes›'],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['a date that is none', new Date(Number.NaN), '‹invalid date›'],
    ['a map', new Map([[1, 2]]), '‹Map of 1›'],
    ['a named function', fail, '‹function fail›'],
    ['what is no number', Number.NaN, 'NaN'],
    ['a big number', 12n, '12'],
    ['nothing', undefined, '‹undefined›'],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
  ])('of %s says what it is', (_, value, expected) => {
    expect(project(value)).toEqual(expected);
  });

  test('of an actor is its id', () => {
    const actor = createActor(createMachine({}));
    expect(project({ ref: actor })).toEqual({ ref: `‹actor ${actor.sessionId}›` });
  });

  test('is bounded, however deep, broad or long the value is', () => {
    const circle: Record<string, unknown> = {
      text: 'x'.repeat(1_000),
      many: Array.from({ length: 1_000 }, (_, i) => i),
    };
    circle['self'] = circle;
    const text = JSON.stringify(project(circle));
    expect(text.length).toBeLessThan(5_000);
    expect(text).toContain('980 more');
    expect(text).toContain('(1000 characters)');
  });

  test('is bounded in all, and not by each of its limits alone', () => {
    const wide = (depth: number): unknown => {
      if (depth === 0) return 'x'.repeat(1_000);
      const below = wide(depth - 1);
      return Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`${i} ${'n'.repeat(500)}`, below]));
    };
    const value = wide(3);
    expect(JSON.stringify(project(value, briefly)).length).toBeLessThan(2 * briefly.total);
    expect(JSON.stringify(project(value, fully)).length).toBeLessThan(2 * fully.total);
    const grid = Array.from({ length: 200 }, () => Array.from({ length: 200 }, () => ({ isAlive: true })));
    const text = JSON.stringify(project({ grid }, fully));
    expect(text.length).toBeLessThan(2 * fully.total);
    expect(text).toContain(' more›');
  });

  test('never throws, whatever is looked at', () => {
    const unspeakable = {
      get now(): never {
        throw Object.create(null);
      },
    };
    expect(project(unspeakable)).toEqual({ now: '‹unreadable: it cannot even be told why›' });
    expect(
      projectEvent({
        type: 'go',
        ...Object.create(null),
        get to() {
          return fail();
        },
      }),
    ).toEqual({ to: '‹unreadable: Error: no›' });
    const locked = new Proxy({}, { ownKeys: fail, get: fail, has: fail, getPrototypeOf: fail });
    expect(project(locked)).toBe('‹unreadable: Error: no›');
    expect(projectEvent(locked)).toBe('‹unreadable: Error: no›');
    expect(project({ one: 1, locked, many: [2, locked, 3] })).toEqual({
      one: 1,
      locked: '‹unreadable: Error: no›',
      many: [2, '‹unreadable: Error: no›', 3],
    });
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withNullPrototype: true,
        }),
        (value) => {
          const text = JSON.stringify(project(value));
          expect(JSON.parse(text)).toEqual(project(value));
        },
      ),
    );
  });

  test('of an event is what it carries besides its type', () => {
    expect(projectEvent({ type: 'go' })).toBeUndefined();
    expect(projectEvent({ type: 'go', to: 'b' }, briefly)).toEqual({ to: 'b' });
  });
});

function fail(): never {
  throw new Error('no');
}
