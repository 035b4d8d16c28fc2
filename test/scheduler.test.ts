/** The scheduler: delayed events of many actors in one system, with XState's own machines on a simulated clock. */
import {
  cancel,
  createActor,
  createMachine,
  raise,
  type AnyActorRef,
  type AnyStateMachine,
  type InspectionEvent,
} from 'xstate';
import { describe, expect, test } from 'vitest';
import { timersOf } from '../src/inspector/timers.ts';
import { trackActors } from '../src/leaks.ts';
import { Scheduler } from '../src/scheduler.ts';
import { SimulatedClock } from './support/simulated-clock.ts';

/** Two timers at a time, one of which can be cancelled. */
const kettle = createMachine({
  id: 'kettle',
  initial: 'heating',
  states: {
    heating: {
      entry: raise({ type: 'whistle' }, { delay: 50, id: 'whistle' }),
      after: { 100: 'boiling' },
      on: { hush: { actions: cancel('whistle') }, whistle: 'loud', off: 'cold' },
    },
    loud: { after: { 10: 'boiling' } },
    boiling: { type: 'final' },
    cold: {},
  },
});

const kitchen = createMachine({ id: 'kitchen', invoke: { id: 'kettle', src: kettle } });

function start(machine: AnyStateMachine) {
  const clock = new SimulatedClock();
  const events: InspectionEvent[] = [];
  const actor: AnyActorRef = createActor(machine, {
    id: 'root',
    clock,
    inspect: (event) => void events.push(event),
  });
  Scheduler.install(actor.system, clock);
  actor.start();
  return { clock, actor, events };
}

describe('the scheduler', () => {
  test('heating (after 50 and 10) -> boiling: each event comes when it is due, and not before', () => {
    const { clock, actor } = start(kettle);
    clock.advance(49);
    expect(actor.getSnapshot()).toMatchObject({ value: 'heating' });
    clock.advance(1);
    expect(actor.getSnapshot()).toMatchObject({ value: 'loud' });
    clock.advance(10);
    expect(actor.getSnapshot()).toMatchObject({ value: 'boiling', status: 'done' });
    expect(clock.pending).toBe(0);
  });

  test('cancels one of an actor’s events and leaves the other', () => {
    const { clock, actor } = start(kettle);
    actor.send({ type: 'hush' });
    expect(timersOf(actor)).toMatchObject([{ event: 'xstate.after.100.kettle.heating', delayMs: 100 }]);
    clock.advance(99);
    expect(actor.getSnapshot()).toMatchObject({ value: 'heating' });
    clock.advance(1);
    expect(actor.getSnapshot()).toMatchObject({ value: 'boiling' });
  });

  test('cancels those of a state that is left, and none of a timer that never was', () => {
    const { clock, actor } = start(kettle);
    actor.send({ type: 'hush' });
    actor.send({ type: 'hush' });
    actor.send({ type: 'off' });
    expect(timersOf(actor)).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test('cancels all of an actor that stops, and of nobody else', () => {
    const { clock, actor } = start(kitchen);
    const { kettle: child } = actor.getSnapshot().children as Record<string, AnyActorRef>;
    const other = createActor(kettle, { id: 'other', parent: actor }).start();
    expect(Object.keys(actor.system.getSnapshot()._scheduledEvents)).toHaveLength(4);
    actor.stop();
    expect(child?.getSnapshot()).toMatchObject({ status: 'stopped' });
    expect(timersOf(other)).toHaveLength(2);
    expect(clock.pending).toBe(2);
  });

  test('counts events without a name one by one', () => {
    const burst = createMachine({ entry: [1, 2].map((delay) => raise({ type: 'spark' }, { delay })) });
    const { clock, actor } = start(burst);
    expect(timersOf(actor)).toHaveLength(2);
    expect(Object.keys(actor.system.getSnapshot()._scheduledEvents)).toHaveLength(2);
    clock.advance(2);
    expect(timersOf(actor)).toEqual([]);
  });

  test('says who it was that had sent itself an event', () => {
    const { clock, actor, events } = start(kettle);
    clock.advance(50);
    const sent = events.findLast(({ type }) => type === '@xstate.event');
    expect(sent).toMatchObject({ event: { type: 'whistle' }, sourceRef: actor, actorRef: actor });
  });

  test('tells when an event will come, by the clock that it is timed by', () => {
    const { clock, actor } = start(kettle);
    const now = clock.now();
    expect(timersOf(actor)).toEqual([
      { event: 'xstate.after.100.kettle.heating', dueAt: now + 100, delayMs: 100 },
      { event: 'whistle', dueAt: now + 50, delayMs: 50 },
    ]);
  });

  test('lets a leak be told by name', () => {
    const leaks = trackActors({ clock: new SimulatedClock(), processResources: false });
    const actor = createActor(kettle, { id: 'forgotten', clock: leaks.clock, inspect: leaks.inspect });
    Scheduler.install(actor.system, leaks.clock);
    actor.start();
    expect(leaks.alive()).toEqual([
      'actor forgotten (heating), last event xstate.init',
      'timer of forgotten: after 100 ms → xstate.after.100.kettle.heating',
      'timer of forgotten: after 50 ms → whistle',
    ]);
    actor.stop();
    expect(leaks.alive()).toEqual([]);
    leaks.stop();
  });
});
