import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Actor, GaugesRecord, InspectorRecord } from '../../src/inspector/messages.ts';
import { applyRecord, type Moment } from '../../src/inspector/timeline.ts';
import { liveLimits, Tape } from '../../src/web/inspect/model/tape.ts';

const limits = { records: 20, recordsHeld: 60, recordsPerFrame: 5 };

function actorOf(id: string): Actor {
  return { id, name: id, type: 'other', status: 'active', value: 'on', since: 0, changedAt: 0 };
}

function moved(id: string, seq: number, at = seq): InspectorRecord {
  return { seq, at, kind: 'transition', actor: id, type: 'go', value: `state ${seq}`, edges: ['a>b'] };
}

function measured(seq: number, rssBytes: number): GaugesRecord {
  const eventLoopDelayMs = { p50: 0, p99: 0, max: 0 };
  return { seq, at: seq, kind: 'gauges', channels: [], actors: 0, eventLoopDelayMs, rssBytes };
}

function tapeOf(records: readonly InspectorRecord[], most = liveLimits): Tape {
  const tape = new Tape(most);
  for (const record of records) tape.push(record);
  return tape;
}

const records = fc.array(
  fc.record({ id: fc.constantFrom('a', 'b', 'c'), kind: fc.constantFrom('spawn', 'go', 'stop') }),
  { minLength: 1, maxLength: 60, size: 'max' },
);

const isOfA = (record: InspectorRecord) => record.kind === 'transition' && record.actor === 'a';

describe('a tape', () => {
  test('has at every place what the records up to it make, however often one goes back and forth', () => {
    fc.assert(
      fc.property(records, fc.array(fc.nat(), { maxLength: 20 }), (lives, visits) => {
        const all = lives.map(({ id, kind }, seq): InspectorRecord => {
          if (kind === 'spawn') return { seq, at: seq, kind: 'spawn', actor: { ...actorOf(id), since: seq } };
          if (kind === 'stop') return { seq, at: seq, kind: 'stop', actor: id, status: 'done' };
          return moved(id, seq);
        });
        const tape = tapeOf(all, { ...limits, records: 100 });
        for (const visit of visits) {
          const place = visit % (all.length + 1);
          const expected: Moment = new Map();
          for (const record of all.slice(0, place)) applyRecord(expected, record);
          const scene = tape.sceneAt(place);
          expect(scene.actors).toEqual(expected);
          expect(scene.records.at(-1)).toBe(all[place - 1]);
        }
      }),
    );
  });

  test('remembers those that ended as they were last, and forgets them again when one goes back', () => {
    const tape = new Tape(liveLimits);
    tape.found(actorOf('a'));
    tape.push(moved('a', 0));
    tape.push({ seq: 1, at: 1, kind: 'stop', actor: 'a', status: 'done', output: { code: 1_000 } });
    tape.push(moved('b', 2));
    expect(tape.sceneAt(1).ended.size).toBe(0);
    expect(tape.sceneAt(2).ended.get('a')).toMatchObject({ actor: { value: 'state 0' }, stop: { seq: 1 } });
    expect(tape.sceneAt(0).actors.get('a')).toEqual(actorOf('a'));
  });

  test('lets the oldest records go, frame by frame, and keeps more of them while it is held', () => {
    const tape = new Tape(limits);
    const pushUpTo = (count: number) => {
      while (tape.end < count) tape.push(moved('a', tape.end));
    };
    tape.found(actorOf('a'));
    pushUpTo(1_003);
    expect([tape.first, tape.end]).toEqual([980, 1_003]);
    expect(tape.sceneAt(980)).toMatchObject({ records: [] });
    expect(tape.sceneAt(982).actors.get('a')?.value).toBe('state 981');

    tape.hold(true);
    pushUpTo(1_040);
    expect(tape.first).toBe(980);
    pushUpTo(2_000);
    expect(tape.first).toBe(1_940);
    tape.hold(false);
    expect(tape.first).toBe(1_980);
  });

  test('shows the gauges of five minutes up to a moment, also those from before its records', () => {
    const tape = new Tape(limits);
    tape.found(actorOf('a'));
    for (let second = 0; second < 1_000; second += 1) {
      tape.push(measured(10 * second, second));
      for (let more = 1; more < 10; more += 1) tape.push(moved('a', 10 * second + more));
    }
    const { gauges } = tape.sceneAt(tape.first + 15);
    expect(gauges).toHaveLength(300);
    expect(gauges.at(-1)?.seq).toBe(tape.recordAt(tape.first + 11)?.seq);
  });

  test('gives figures as they were told by then', () => {
    const tape = new Tape(liveLimits);
    tape.found(actorOf('a'));
    const tell = (at: number, count: number) =>
      tape.figures({ type: 'figures', at, rows: [['a', count, 0, 0, 0]] });
    tell(0, 10);
    tape.push(moved('a', 0, 500));
    tell(1_000, 30);
    tape.push(moved('a', 1, 1_500));
    tell(2_000, 60);
    const figureAt = (place: number) => tape.sceneAt(place).figures.get('a');
    expect(figureAt(0)).toMatchObject({ messagesIn: 10, inPerSecond: 0 });
    expect(figureAt(1)).toMatchObject({ messagesIn: 30, inPerSecond: 20 });
    expect(figureAt(2)).toMatchObject({ messagesIn: 60, inPerSecond: 30 });
    expect(figureAt(1)).toMatchObject({ messagesIn: 30, inPerSecond: 20 });
  });

  test('begins anew where records were missed, and keeps what was before', () => {
    const tape = new Tape(liveLimits);
    tape.found(actorOf('a'));
    tape.push(moved('a', 0));
    tape.push(moved('a', 1));
    tape.cut();
    tape.found(actorOf('b'));
    tape.push(moved('b', 70));
    expect([...tape.sceneAt(1).actors.values()]).toMatchObject([{ id: 'a', value: 'state 0' }]);
    expect([...tape.sceneAt(3).actors.values()]).toMatchObject([{ id: 'b', value: 'state 70' }]);
  });

  test('finds the place of a time, and the next record that is wanted either way', () => {
    const tape = tapeOf([moved('a', 0, 10), moved('b', 1, 20), moved('b', 2, 20), moved('a', 3, 30)]);
    expect([9, 10, 19, 20, 30, 99].map((at) => tape.placeOf(at))).toEqual([0, 1, 1, 3, 4, 4]);
    expect(tape.find(1, 1, isOfA)).toBe(4);
    expect(tape.find(4, -1, isOfA)).toBe(1);
    expect(tape.find(1, -1, isOfA)).toBeUndefined();
    expect(tape.span).toEqual({ from: 9, to: 30 });
  });
});
