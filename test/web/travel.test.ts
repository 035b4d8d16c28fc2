import { beforeEach, describe, expect, test } from 'vitest';
import type { InspectorRecord } from '../../src/inspector/messages.ts';
import { Tape } from '../../src/web/inspect/model/tape.ts';
import { Travel } from '../../src/web/inspect/model/travel.ts';
import { SimulatedClock } from '../support/simulated-clock.ts';

/** One actor's event, and another's, by turns, every half a second. */
function eventAt(place: number): InspectorRecord {
  return { seq: place, at: 500 * place, kind: 'event', to: place % 2 === 0 ? 'a' : 'b', type: 'go' };
}

const isOfA = (record: InspectorRecord) => record.kind === 'event' && record.to === 'a';

describe('travel', () => {
  let clock: SimulatedClock;
  let tape: Tape;
  let isLive: boolean;
  let travel: Travel;

  beforeEach(() => {
    clock = new SimulatedClock();
    tape = new Tape({ records: 3_000, recordsHeld: 6_000, recordsPerFrame: 500 });
    isLive = true;
    for (let place = 1; place <= 10; place += 1) tape.push(eventAt(place));
    const ground = () => ({ tape, until: 6_000, isLive });
    travel = new Travel(ground, clock);
  });

  test('live -> paused -> live', () => {
    travel.pause();
    expect(travel.cursor.value).toEqual({ place: 10, at: 6_000 });
    travel.toEnd();
    expect(travel.cursor.value).toBeUndefined();
  });

  test('goes to a time, which may be between two events', () => {
    travel.goTo(2_700);
    expect(travel.cursor.value).toEqual({ place: 5, at: 2_700 });
    travel.goTo(-1);
    expect(travel.cursor.value?.place).toBe(0);
  });

  test('steps from event to event, of one or of any, and says where there is none', () => {
    travel.step(-1, isOfA);
    expect(travel.cursor.value).toEqual({ place: 10, at: 5_000 });
    travel.step(-1, isOfA);
    expect(travel.cursor.value).toEqual({ place: 8, at: 4_000 });
    travel.step(1, () => true);
    expect(travel.cursor.value).toEqual({ place: 9, at: 4_500 });
    travel.goTo(600);
    expect(travel.step(-1, isOfA)).toBe(false);
    expect(travel.cursor.value?.place).toBe(1);
  });

  test.each([0.1, 1, 16])('plays at %d×', (speed) => {
    travel.goTo(1_000);
    travel.speed.set(speed);
    travel.play();
    clock.advance(100);
    expect(travel.cursor.value?.at).toBeCloseTo(1_000 + 100 * speed);
    expect(travel.cursor.value?.place).toBe(tape.placeOf(1_000 + 100 * speed));
    travel.pause();
    const paused = travel.cursor.value;
    clock.advance(1_000);
    expect(travel.cursor.value).toBe(paused);
    expect(clock.pending).toBe(0);
  });

  test('that plays on to the present is live again; in a recording it stops at the end, and starts over', () => {
    travel.goTo(5_500);
    travel.play();
    clock.advance(1_000);
    expect([travel.cursor.value, travel.isPlaying.value, clock.pending]).toEqual([undefined, false, 0]);
    travel.play();
    expect(travel.isPlaying.value).toBe(false);

    isLive = false;
    travel.play();
    expect(travel.cursor.value).toEqual({ place: 0, at: 499 });
    travel.goTo(5_500);
    clock.advance(1_000);
    expect([travel.cursor.value?.at, travel.isPlaying.value]).toEqual([6_000, false]);
    travel.play();
    expect(travel.cursor.value).toEqual({ place: 0, at: 499 });
    travel.toEnd();
  });

  test('that has lost its moment goes to the oldest that there is, and says so', () => {
    travel.goTo(1_000);
    for (let place = 11; place <= 20_000; place += 1) tape.push(eventAt(place));
    travel.check();
    expect(travel.cursor.value?.place).toBe(tape.first);
    expect(travel.notice.value).toContain('no longer kept');
    travel.goTo(9_000_000);
    expect(travel.notice.value).toBe('');
  });

  test('ends where the server came back as another', () => {
    travel.strand('gone');
    expect(travel.notice.value).toBe('');
    travel.pause();
    travel.strand('gone');
    expect([travel.cursor.value, travel.notice.value]).toEqual([undefined, 'gone']);
  });
});
