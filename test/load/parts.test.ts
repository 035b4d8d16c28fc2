import { describe, expect, test } from 'vitest';
import { minPayloadBytes, readContent, signatureOf, writeContent } from '../../src/load/content.ts';
import { showClock, showDuration, showNumber, showPercent, showRate } from '../../src/load/format.ts';
import { Messages } from '../../src/load/messages.ts';
import { Offsets } from '../../src/load/offsets.ts';
import { Tally } from '../../src/load/tally.ts';
import { maxPoints, Timeline } from '../../src/load/timeline.ts';

describe('a content', () => {
  const signature = signatureOf('k3f9zq', 12);

  test('has the size that was asked for and says when it was sent', () => {
    for (const bytes of [minPayloadBytes, 64, 4_000]) {
      const content = writeContent(signature, 59_999.1234, bytes);
      expect(Buffer.byteLength(content)).toBe(bytes);
      expect(readContent(signature, content)).toBe(59_999.123);
    }
  });

  test('has room for the last user of a long run', () => {
    const last = signatureOf('zzzzzz', 99_999);
    const day = 24 * 60 * 60 * 1_000;
    expect(writeContent(last, day, minPayloadBytes)).toHaveLength(minPayloadBytes);
  });

  test('is nothing to anyone but its sender', () => {
    const content = writeContent(signature, 1, 64);
    expect(readContent(signatureOf('k3f9zq', 1), content)).toBeUndefined();
    expect(readContent(signatureOf('k3f9zr', 12), content)).toBeUndefined();
    expect(readContent(signature, `${signature}soon`)).toBeUndefined();
  });
});

test.each([
  { saw: 'consecutive numbers', offsets: [6, 7, 8], lost: 0, duplicated: 0 },
  { saw: 'a gap of two', offsets: [6, 9], lost: 2, duplicated: 0 },
  { saw: 'a gap right after the welcome', offsets: [8], lost: 2, duplicated: 0 },
  { saw: 'the same again', offsets: [6, 6, 7], lost: 0, duplicated: 1 },
  { saw: 'what was there before the welcome', offsets: [5, 6], lost: 0, duplicated: 1 },
])('a member at 5 that saw $saw: $lost lost, $duplicated duplicated', ({ offsets, lost, duplicated }) => {
  const watch = new Offsets(5);
  const seen = offsets.map((offset) => watch.see(offset));
  expect(seen.reduce((sum, count) => sum + Math.max(0, count), 0)).toBe(lost);
  expect(seen.filter((count) => count < 0)).toHaveLength(duplicated);
});

test('a tally lists the most frequent first, and lumps together what a server makes up without end', () => {
  const tally = new Tally();
  for (let i = 0; i < 1_000; i += 1) tally.add(`code ${i}`);
  tally.add('code 7');
  const entries = tally.entries();
  expect(entries.slice(0, 2)).toEqual([
    ['others', 1_000 - 64],
    ['code 7', 2],
  ]);
  expect(entries).toHaveLength(65);
  expect(tally.total).toBe(1_001);
});

test('a timeline of any length has a bounded number of points that together say the same', () => {
  const timeline = new Timeline();
  const seconds = maxPoints * 5 + 3;
  for (let second = 0; second < seconds; second += 1) {
    const p95Ms = second === 1_234 ? 99 : 5;
    timeline.add({
      fromMs: second * 1_000,
      lengthMs: 1_000,
      sessions: second,
      sent: 1,
      received: 2,
      errors: 3,
      p95Ms,
    });
  }
  const { points } = timeline;
  expect(points.length).toBeLessThanOrEqual(maxPoints);
  let endMs = 0;
  for (const point of points) {
    expect(point.fromMs).toBe(endMs);
    endMs += point.lengthMs;
  }
  const sum = (read: (point: (typeof points)[number]) => number) =>
    points.reduce((total, point) => total + read(point), 0);
  expect(endMs).toBe(seconds * 1_000);
  expect([sum(({ sent }) => sent), sum(({ received }) => received), sum(({ errors }) => errors)]).toEqual([
    seconds,
    seconds * 2,
    seconds * 3,
  ]);
  expect(points.at(-1)?.sessions).toBe(seconds - 1);
  expect(Math.max(...points.map(({ p95Ms }) => p95Ms ?? 0))).toBe(99);
});

const frame = (text: string) => Buffer.from(text);

describe('messages', () => {
  test('the same text is read once', () => {
    const messages = new Messages();
    const first = messages.read(frame('{"type":"chat","offset":1}'));
    expect(first).toEqual({ type: 'chat', offset: 1 });
    expect(messages.read(frame('{"type":"chat","offset":1}'))).toBe(first);
  });

  test('it still knows what comes after many others', () => {
    const messages = new Messages();
    for (let offset = 0; offset < 5_000; offset += 1) {
      expect(messages.read(frame(`{"type":"chat","offset":${offset}}`))).toMatchObject({ offset });
    }
  });

  test.each(['', 'null', '7', '[]', '{}', '{"type":7}', '{"type"', '"chat"'])('%j is none', (text) => {
    expect(new Messages().read(frame(text))).toBeUndefined();
  });
});

describe('figures are written', () => {
  test.each([
    [0, '0s'],
    [0.0004, '0.4µs'],
    [0.85, '850µs'],
    [12.345, '12.35ms'],
    [999.5, '999.5ms'],
    [1_250, '1.25s'],
    [65_000, '1m5s'],
  ])('%d ms as %s', (ms, text) => {
    expect(showDuration(ms)).toBe(text);
  });

  test('rates, clocks and numbers as one reads them', () => {
    expect([showRate(12.34), showRate(99_800.4)]).toEqual(['12.3', '99,800']);
    expect([showClock(65_400), showClock(3_600_000)]).toEqual(['01:05', '1:00:00']);
    expect([showNumber(1, 'room'), showNumber(1_000, 'room')]).toEqual(['1 room', '1,000 rooms']);
  });

  test('100 % only where nothing is missing', () => {
    expect(showPercent(1, 1)).toBe('100.00%');
    expect(showPercent(999_999, 1_000_000)).toBe('99.99%');
    expect(showPercent(0, 0)).toBe('0.00%');
  });
});
