import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createActor, fromCallback, setup } from 'xstate';
import { closeCodes } from '../src/close-codes.ts';
import { trackActors } from '../src/leaks.ts';
import { supervise } from '../src/supervise.ts';
import { implementations, MemoryStage, offerSpeech, sabotage } from './support/connection-harness.ts';
import { patient } from './support/test-server.ts';

// A machine with a child, a timer, and a transition that throws

function bug(): never {
  throw new Error('bug');
}

function createSubject() {
  const disposed = vi.fn<() => void>();
  const reported = vi.fn<(thrown: unknown) => void>();
  const machine = setup({
    types: { events: {} as { type: 'work' } | { type: 'failed'; thrown: unknown } | { type: 'rest' } },
    actors: { child: fromCallback(() => disposed) },
    actions: {
      work: bug,
      report: (_, params: { thrown: unknown }) => reported(params.thrown),
      tidy: () => undefined,
    },
  }).createMachine({
    invoke: { id: 'child', src: 'child' },
    initial: 'up',
    on: {
      failed: { target: '.down', actions: { type: 'report', params: ({ event }) => event } },
    },
    states: {
      up: { on: { work: { target: 'worked', actions: 'work' } }, after: { 60_000: 'worked' } },
      worked: {},
      down: { entry: 'tidy', on: { rest: 'over' } },
      over: { type: 'final' },
    },
  });
  return { machine, disposed, reported };
}

const failure = (thrown: unknown) => ({ type: 'failed', thrown }) as const;

describe('a supervised machine', () => {
  test('up (work throws) -> down, with what was thrown', () => {
    const { machine, reported, disposed } = createSubject();
    const leaks = trackActors({ processResources: false });
    onTestFinished(() => leaks.stop());
    const actor = createActor(supervise(machine, failure), { inspect: leaks.inspect }).start();
    actor.send({ type: 'work' });
    expect(actor.getSnapshot()).toMatchObject({ value: 'down', status: 'active' });
    expect(reported).toHaveBeenCalledExactlyOnceWith(new Error('bug'));
    expect(disposed).not.toHaveBeenCalled();
    actor.send({ type: 'rest' });
    expect(disposed).toHaveBeenCalledOnce();
    expect(leaks.alive()).toEqual([]);
  });

  test('ends in error where taking the failure throws too', () => {
    const { machine } = createSubject();
    const actor = createActor(supervise(machine.provide({ actions: { tidy: bug } }), failure));
    const error = vi.fn<(thrown: unknown) => void>();
    actor.subscribe({ error });
    actor.start().send({ type: 'work' });
    expect(error).toHaveBeenCalledExactlyOnceWith(new Error('bug'));
    expect(actor.getSnapshot().status).toBe('error');
  });

  test('is not supervised any more once it is provided with other parts', () => {
    const { machine } = createSubject();
    const supervised = supervise(machine, failure);
    const other = createActor(supervised.provide({}));
    const error = vi.fn<(thrown: unknown) => void>();
    other.subscribe({ error });
    other.start().send({ type: 'work' });
    expect(error).toHaveBeenCalledOnce();
    const again = createActor(supervise(supervised.provide({}), failure)).start();
    again.send({ type: 'work' });
    expect(again.getSnapshot().value).toBe('down');
    again.stop();
  });
});

// The connection

function settle(stage: MemoryStage, ms: number): void {
  stage.gate.open();
  stage.clock.advance(ms);
}

/** A life in which every part of the machine is used, as far as it comes before it ends. */
function live(stage: MemoryStage): void {
  const { peer, puppet, config, hub, clock } = stage;
  settle(stage, 10);
  peer.ping(); // heard within the ping period, and then in time with its pong
  puppet.answerPing();
  clock.advance(config.pingPeriodMs + 100);
  puppet.say(config.burst + 2); // throttled
  clock.advance(1_000);
  peer.stall(); // congested, and clear again
  for (let message = 0; message < 20; message += 1) {
    offerSpeech(hub);
    clock.advance(1);
  }
  peer.resume();
  clock.advance(10);
  puppet.say(2); // blocked for a moment
  clock.advance(1_000);
  peer.stall(); // it answers no goodbye, and has to be terminated
  if (stage.connections.size > 0) stage.connection.actor.send({ type: 'close', ...closeCodes.kicked });
  clock.advance(60_000);
}

const settings = { outboxMessages: 32, broadcastCapacity: 1 };

describe('a connection', patient, () => {
  test('whose writer throws goes down with it, and is salvaged', () => {
    const stage = new MemoryStage({ settings });
    vi.spyOn(stage.socket, 'ping').mockImplementation(bug);
    live(stage);
    expect(stage.reported).toEqual(['connection failed: bug']);
    expect([...stage.connections.closedByCode]).toEqual([[1011, 1]]);
    expect(stage.codeSeen).toBe(1006);
    expect(stage.leftovers()).toEqual([]);
  });

  test('uses every part of its machine in the life that is lived here, but for the report of what was thrown', () => {
    const used = new Set<string>();
    for (const name of implementations()) {
      sabotage(name);
      const stage = new MemoryStage({ settings });
      live(stage);
      if (stage.reported.length > 0) used.add(name);
    }
    expect(implementations().filter((name) => !used.has(name))).toEqual(['report']);
  });
});

describe('a connection whose machine throws once, in', patient, () => {
  // Registration comes before there are transitions, and what throws in a report throws in a teardown.
  const afterStart = implementations().filter((name) => name !== 'register' && name !== 'report');

  test.each(afterStart)('%s, is torn down as any other', (name) => {
    sabotage(name);
    const stage = new MemoryStage({ settings });
    live(stage);
    expect(stage.reported).not.toEqual([]);
    expect(stage.leftovers()).toEqual([]);
    expect(stage.farewells).toBeGreaterThan(0);
    expect(stage.socket.goodbyes.length).toBeLessThanOrEqual(1);
    expect(stage.connections.closedByCode.size).toBe(1);
  });
});

describe('a connection whose teardown throws too, in', patient, () => {
  test.each(implementations())('%s, is salvaged', (name) => {
    if (name === 'report') sabotage('ping');
    sabotage(name, Infinity);
    const stage = new MemoryStage({ settings });
    live(stage);
    expect(stage.reported).not.toEqual([]);
    expect(stage.leftovers()).toEqual([]);
    expect(stage.connections.closedByCode.size).toBe(1);
  });
});
