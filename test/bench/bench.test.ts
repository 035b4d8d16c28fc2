/** The benchmark's own parts: whoever doubts its figures begins here. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { medians, showFigure } from './figures.ts';
import { judge } from './goals.ts';
import { contentOf, headBytes, plainMark, senderAt, stampAt, stampedMark } from './load/content.ts';
import { dialects } from './load/dialects.ts';
import { FrameReader } from './load/frame-reader.ts';
import { ChatFrame } from './load/frames.ts';
import { Latency } from './load/latency.ts';
import type { Contender } from './measure/interleave.ts';
import { merged } from './merge.ts';
import { drawChart } from './report/chart.ts';
import { resultsAsMarkdown } from './report/table.ts';
import type { CaseResult, Results } from './results.ts';

/** A server's text frame. */
function serverFrame(payload: Buffer): Buffer {
  const { length } = payload;
  const long = Buffer.alloc(length < 126 ? 0 : length < 65_536 ? 2 : 8);
  if (long.length === 2) long.writeUInt16BE(length);
  if (long.length === 8) long.writeBigUInt64BE(BigInt(length));
  const short = { 0: length, 2: 126, 8: 127 }[long.length]!;
  return Buffer.concat([Buffer.from([0x81, short]), long, payload]);
}

/** Takes the mask off a client's frame of less than 64 KiB. @returns its payload. */
function unmask(frame: Buffer): Buffer {
  const maskAt = (frame[1]! & 0x7f) === 126 ? 4 : 2;
  const payload = Buffer.from(frame.subarray(maskAt + 4));
  for (let at = 0; at < payload.length; at++) payload[at]! ^= frame[maskAt + (at & 3)]!;
  return payload;
}

describe('the frame reader', () => {
  const lengths = fc.array(
    fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(125, 126, 65_535, 65_536)),
    { minLength: 1, maxLength: 8 },
  );

  test('finds every frame, wherever the bytes are cut', () => {
    fc.assert(
      fc.property(lengths, fc.infiniteStream(fc.integer({ min: 1, max: 700 })), (expected, cuts) => {
        const bytes = Buffer.concat(expected.map((length) => serverFrame(Buffer.alloc(length, 'a'))));
        const found: number[] = [];
        const reader = new FrameReader((piece, first, payloadAt, length) => {
          expect(first).toBe(0x81);
          expect(piece.subarray(payloadAt, payloadAt + Math.min(length, 200))).toEqual(
            Buffer.alloc(Math.min(length, 200), 'a'),
          );
          found.push(length);
        });
        const inbox = Buffer.alloc(700);
        for (let at = 0; at < bytes.length;) {
          const size = Math.min(cuts.next().value as number, bytes.length - at);
          bytes.copy(inbox, 0, at, at + size);
          reader.read(inbox, 0, size);
          inbox.fill(0);
          at += size;
        }
        expect(found).toEqual(expected);
      }),
    );
  });
});

describe('a chat frame', () => {
  test.each(Object.entries(dialects))('in %s is masked JSON with the content in it', (_, dialect) => {
    const frame = new ChatFrame(dialect, 42, 64);
    const text = unmask(frame.copies(1)).toString();
    expect(text).toContain(contentOf(42, 64));
    expect(JSON.parse(text.replace(/^42/, ''))).toBeTypeOf('object');
  });

  test('carries its stamp and its sender, in the copy that was stamped only', () => {
    const frame = new ChatFrame(dialects.hubbub, 123, 512);
    const copies = frame.copies(3);
    frame.stamp(copies, 1, 9_876_543_210);
    const size = copies.length / 3;
    const payloads = [0, 1, 2].map((index) => unmask(copies.subarray(size * index, size * (index + 1))));
    const contentAt = payloads[0]!.indexOf(contentOf(123, 512));
    expect(payloads.map((payload) => payload[contentAt])).toEqual([plainMark, stampedMark, plainMark]);
    expect(payloads.map((payload) => senderAt(payload, contentAt))).toEqual([123, 123, 123]);
    expect(stampAt(payloads[1]!, contentAt)).toBe(9_876_543_210);
  });

  test.each([headBytes, 64, 512, 3_600])('has a content of %i bytes', (bytes) => {
    expect(Buffer.byteLength(contentOf(7, bytes))).toBe(bytes);
  });
});

test('percentiles are by nearest rank', () => {
  const latency = new Latency();
  for (let ms = 100; ms >= 1; ms--) latency.add(ms);
  expect(latency.percentiles()).toEqual({ p50: 50, p99: 99, max: 100 });
  expect(new Latency().percentiles()).toEqual({ p50: 0, p99: 0, max: 0 });
});

test('a figure is the median of its trials, but of lost and closed the worst', () => {
  const trials = [
    { cpuPerDelivery: 3, lost: 0, closed: 0 },
    { cpuPerDelivery: 1, lost: -2, closed: 1 },
    { cpuPerDelivery: 2, lost: 0, closed: 0 },
  ];
  expect(medians(trials)).toEqual({ cpuPerDelivery: 2, lost: -2, closed: 1 });
  expect(medians([])).toEqual({});
  expect(showFigure('deliveriesPerSecond', 1_234_567.8)).toBe('1,234,568');
});

/** What one server came to in so many trials. */
function contender(name: string, values: readonly number[]): Contender {
  const trials = values.map((cpuPerDelivery) => ({ cpuPerDelivery }));
  return { name, trials, median: medians(trials) };
}

/** A case in which the limit took 1, 2 and 4 µs. */
function result(ours: readonly number[]): CaseResult {
  return {
    name: '100x10',
    title: '100 members & 10 senders',
    shows: ['cpuPerDelivery'],
    contenders: [contender('hubbub', ours), contender('limit', [1, 2, 4])],
  };
}

describe('goals', () => {
  test('are judged by the median of the rounds’ ratios, as shown', () => {
    // The rounds' ratios are 1.0, 1.104 and 3; the medians' ratio would be 1.5.
    const [goal] = judge([result([1, 2.208, 12])]);
    expect(goal).toEqual({
      case: '100x10',
      words: 'CPU per delivery ÷ limit',
      figure: '1.10',
      goal: '≤ 1.10',
      met: true,
    });
    expect(judge([result([2, 4, 8])])[0]).toMatchObject({ figure: '2.00', met: false });
  });

  test('are judged anew where a case was measured again by itself', () => {
    const machine = { cpu: '', cores: 2, memoryGib: 8, system: 'Linux', node: 'v20', loadBefore: 0 };
    const run = (startedAt: string, ours: readonly number[]): Results => {
      const cases = [result(ours)];
      return { machine, startedAt, seconds: 1, rounds: 3, cases, goals: judge(cases) };
    };
    const both = merged(run('yesterday', [2, 4, 8]), run('today', [1, 2, 4]));
    expect(both).toMatchObject({
      startedAt: 'yesterday',
      cases: [{ name: '100x10', takenAt: 'today' }],
      goals: [{ figure: '1.00', met: true }],
    });
    expect(resultsAsMarkdown(both)).toContain('`--case 100x10`, taken by itself today');
  });

  test('without their contenders or cases are left out', () => {
    expect(judge([])).toEqual([]);
    expect(judge([{ ...result([1, 2, 4]), contenders: [] }])).toEqual([]);
  });

  test('stand beside the bars of a chart that refers to nothing outside itself', () => {
    const cases = [result([1, 2.208, 12])];
    const machine = {
      cpu: 'a <fast> one',
      cores: 2,
      memoryGib: 8,
      system: 'Linux',
      node: 'v20',
      loadBefore: 0,
    };
    const results: Results = { machine, startedAt: '', seconds: 1, rounds: 3, cases, goals: judge(cases) };
    const chart = drawChart(results) ?? '';
    expect(chart).toContain('hubbub ÷ limit = 1.10 (goal ≤ 1.10)');
    expect(chart).toContain('100 members &amp; 10 senders');
    expect(chart).toContain('a &lt;fast> one');
    expect(chart.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|url\(|href|@import/);
    expect(drawChart({ ...results, cases: [] })).toBeUndefined();
  });
});
