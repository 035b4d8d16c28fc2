import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  assign,
  createActor,
  createMachine,
  fromCallback,
  fromTransition,
  raise,
  setup,
  spawnChild,
} from 'xstate';
import type { AnyActorRef, InspectionEvent } from 'xstate';
import type { Clock } from '../src/clock.ts';
import { LeakError, runningActors, trackActors } from '../src/leaks.ts';
import type { LeakOptions, LeakTracker } from '../src/leaks.ts';

/** Actors alone: what vitest itself does in the process is not in these lists. */
function trackOnlyActors(options: LeakOptions = {}): LeakTracker {
  return tracked({ ...options, processResources: false });
}

function tracked(options: LeakOptions = {}): LeakTracker {
  const leaks = trackActors(options);
  onTestFinished(() => leaks.stop());
  return leaks;
}

async function leaksOf(leaks: LeakTracker): Promise<LeakError> {
  const error: unknown = await leaks.expectNone({ withinMs: 10 }).catch((thrown: unknown) => thrown);
  if (error instanceof LeakError) return error;
  throw new Error('expected a LeakError', { cause: error });
}

/** A clock whose time the test moves: `fire` runs everything that is pending. */
class ManualClock implements Clock {
  readonly #pending = new Map<number, () => void>();
  #nextId = 0;

  now(): number {
    return 42;
  }

  setTimeout(fn: () => void): number {
    this.#nextId += 1;
    this.#pending.set(this.#nextId, fn);
    return this.#nextId;
  }

  clearTimeout(id: unknown): void {
    this.#pending.delete(id as number);
  }

  setImmediate(fn: () => void): number {
    return this.setTimeout(fn);
  }

  clearImmediate(id: unknown): void {
    this.clearTimeout(id);
  }

  fire(): void {
    const due = [...this.#pending.values()];
    this.#pending.clear();
    for (const fn of due) fn();
  }
}

function round(): void {}

const listener = fromCallback(() => () => undefined);

const parent = setup({ actors: { listener } }).createMachine({
  id: 'parent',
  initial: 'up',
  states: {
    up: {
      invoke: { src: 'listener', id: 'reader' },
      on: {
        'bug.found': {
          target: 'down',
          actions: assign(() => {
            throw new Error('bug');
          }),
        },
        stop: 'down',
      },
    },
    down: { type: 'final' },
  },
});

const door = createMachine({
  id: 'door',
  initial: 'closed',
  states: {
    closed: { on: { open: 'open' } },
    open: { after: { 5_000: 'closed' } },
  },
});

describe('an actor', () => {
  it('that is never stopped is named with its path, state and last event', async () => {
    const leaks = trackOnlyActors();
    const actor = createActor(parent, { id: 'connection-1', inspect: leaks.inspect }).start();
    actor.send({ type: 'ping' });

    const error = await leaksOf(leaks);
    expect(error.message).toBe(
      [
        '2 left alive:',
        '  - actor connection-1 (up), last event ping',
        '  - actor connection-1/reader (active), last event xstate.init',
      ].join('\n'),
    );
    expect(error.leaks).toEqual(leaks.alive());

    actor.stop();
    await leaks.expectNone();
  });

  it('in parallel states is named with each of them', () => {
    const leaks = trackOnlyActors();
    const region = { initial: 'idle', states: { idle: { initial: 'calm', states: { calm: {} } } } };
    const machine = createMachine({
      initial: 'open',
      states: { open: { type: 'parallel', states: { heartbeat: region, inbound: region, bare: {} } } },
    });
    const actor = createActor(machine, { id: 'c', inspect: leaks.inspect }).start();
    expect(leaks.alive()).toEqual([
      'actor c (open.heartbeat.idle.calm, open.inbound.idle.calm, open.bare), last event xstate.init',
    ]);
    actor.stop();
    expect(leaks.alive()).toEqual([]);
  });

  it('orphaned by a transition that throws is told as an orphan until its disposer runs', async () => {
    const leaks = trackOnlyActors();
    const actor = createActor(parent, { id: 'connection-2', inspect: leaks.inspect });
    const failed = vi.fn<(error: unknown) => void>();
    actor.subscribe({ error: failed });
    actor.start();
    const reader = actor.getSnapshot().children['reader'] as AnyActorRef;
    actor.send({ type: 'bug.found' });

    expect(failed).toHaveBeenCalledOnce();
    actor.stop(); // too late: an actor that failed does not stop its children any more
    expect((await leaksOf(leaks)).leaks).toEqual([
      'actor connection-2/reader (active), orphan of connection-2 (error), last event xstate.init',
    ]);
    expect(runningActors(actor)).toEqual([
      'actor connection-2/reader (active), orphan of connection-2 (error)',
    ]);

    (reader as unknown as { _stop(): void })._stop();
    await leaks.expectNone();
    expect(runningActors(actor)).toEqual([]);
  });

  it('that ends in a final state, fails, was never started or is stopped, is gone', () => {
    const leaks = trackOnlyActors();
    const { inspect } = leaks;
    createActor(parent, { inspect }).start().send({ type: 'stop' });
    const failing = createActor(
      fromTransition(() => {
        throw new Error('bug');
      }, {}),
      { inspect },
    );
    failing.subscribe({ error: () => undefined });
    failing.start().send({ type: 'any' });
    createActor(parent, { inspect });
    createActor(
      fromTransition(() => ({}), {}),
      { inspect },
    )
      .start()
      .stop();
    expect(leaks.alive()).toEqual([]);
  });

  it('that is started again after its stop is alive again', () => {
    const leaks = trackOnlyActors();
    const actor = createActor(listener, { id: 'again', inspect: leaks.inspect }).start();
    actor.stop();
    expect(leaks.alive()).toEqual([]);
    actor.start();
    expect(leaks.alive()).toHaveLength(1);
    actor.stop();
  });

  it('of a system that is inspected later is known from its next event on', () => {
    const leaks = trackOnlyActors();
    const actor = createActor(door, { id: 'late' }).start();
    actor.system.inspect(leaks.inspect);
    actor.send({ type: 'knock' });
    expect(leaks.alive()).toEqual(['actor late (closed), last event knock']);
    actor.stop();
  });

  it('is named without an observer by runningActors, with all below it', () => {
    const actor = createActor(parent, { id: 'server' }).start();
    expect(runningActors(actor)).toEqual(['actor server (up)', 'actor server/reader (active)']);
    actor.stop();
    expect(runningActors(actor)).toEqual([]);
  });
});

describe('a timer', () => {
  it('of a state is named with its actor, delay and event until the state ends', () => {
    const leaks = trackOnlyActors();
    const actor = createActor(door, { id: 'front', inspect: leaks.inspect }).start();
    actor.send({ type: 'open' });
    expect(leaks.alive()).toEqual([
      'actor front (open), last event open',
      'timer of front: after 5000 ms → xstate.after.5000.door.open',
    ]);
    actor.stop();
    expect(leaks.alive()).toEqual([]);
  });

  it('of a state is named once when the tracked clock keeps it', () => {
    const clock = new ManualClock();
    const leaks = trackOnlyActors({ clock });
    const actor = createActor(door, { id: 'front', inspect: leaks.inspect, clock: leaks.clock }).start();
    actor.send({ type: 'open' });
    leaks.clock.setTimeout(() => undefined, 5_000);
    expect(leaks.alive().slice(1)).toEqual([
      'timer of front: after 5000 ms → xstate.after.5000.door.open',
      'timer of the clock: after 5000 ms → anonymous',
    ]);
    clock.fire();
    expect(leaks.alive()).toEqual(['actor front (closed), last event xstate.after.5000.door.open']);
    actor.stop();
  });

  it('of the clock is named until it fires or is cleared', () => {
    const clock = new ManualClock();
    const leaks = trackOnlyActors({ clock });
    const flush = vi.fn<() => void>().mockName('flush');
    const cleared = leaks.clock.setTimeout(round, 10_000);
    leaks.clock.setTimeout(() => flush(), 250);
    leaks.clock.setImmediate(round);
    const dropped = leaks.clock.setImmediate(() => undefined);
    expect(leaks.clock.now()).toBe(42);
    expect(leaks.alive()).toEqual([
      'timer of the clock: after 10000 ms → round',
      'timer of the clock: after 250 ms → anonymous',
      'turn of the clock → round',
      'turn of the clock → anonymous',
    ]);

    leaks.clock.clearTimeout(cleared);
    leaks.clock.clearImmediate(dropped);
    expect(leaks.alive()).toEqual([
      'timer of the clock: after 250 ms → anonymous',
      'turn of the clock → round',
    ]);
    clock.fire();
    expect(flush).toHaveBeenCalledOnce();
    expect(leaks.alive()).toEqual([]);
  });

  it('set behind the back of every clock is counted', async () => {
    const leaks = tracked();
    // Many, as a few that vitest had pending at the baseline may have ended since and hide as many.
    const timers = Array.from({ length: 20 }, () => setTimeout(round, 60_000));
    expect((await leaksOf(leaks)).message).toMatch(
      /\d+ × timer of the process, set through no tracked clock$/,
    );
    timers.forEach(clearTimeout);
    await leaks.expectNone();
  });

  it('that has a name is not counted with the nameless', async () => {
    const leaks = tracked();
    const actor = createActor(door, { id: 'front', inspect: leaks.inspect }).start();
    actor.send({ type: 'open' });
    const id = leaks.clock.setTimeout(() => undefined, 60_000);
    expect((await leaksOf(leaks)).leaks).toEqual([
      'actor front (open), last event open',
      'timer of front: after 5000 ms → xstate.after.5000.door.open',
      'timer of the clock: after 60000 ms → anonymous',
    ]);
    leaks.clock.clearTimeout(id);
    actor.stop();
    await leaks.expectNone();
  });
});

describe('a watched source', () => {
  it('names what it has left', async () => {
    const leaks = trackOnlyActors();
    const parked = new Set(['c-1 on hub.broadcast', 'c-2 on hub.broadcast']);
    leaks.watch('parked sender', () => [...parked]);
    expect((await leaksOf(leaks)).message).toBe(
      '2 left alive:\n  - parked sender: c-1 on hub.broadcast\n  - parked sender: c-2 on hub.broadcast',
    );
    parked.clear();
    await leaks.expectNone();
  });

  it('that throws is a leak too', () => {
    const leaks = trackOnlyActors();
    leaks.watch('rooms', () => {
      throw new Error('hub is gone');
    });
    expect(leaks.alive()).toEqual(['rooms: cannot tell (Error: hub is gone)']);
  });
});

describe('the process', () => {
  it('has its open servers and sockets named by address', async () => {
    const leaks = tracked();
    const server = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = connect(port, '127.0.0.1');
    await Promise.all([once(server, 'connection'), once(client, 'connect')]);

    const here = `127.0.0.1:${port}`;
    const there = `127.0.0.1:${client.localPort}`;
    const { leaks: left } = await leaksOf(leaks);
    expect(new Set(left)).toEqual(
      new Set([
        `server listening on ${here}`,
        `TCP socket ${here} → ${there}`,
        `TCP socket ${there} → ${here}`,
      ]),
    );

    client.end();
    server.close();
    await leaks.expectNone();
  });

  it('has its children named', async () => {
    const leaks = tracked();
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    onTestFinished(() => void child.kill());
    await once(child, 'spawn');
    expect((await leaksOf(leaks)).leaks).toEqual([`child process ${child.pid} (${process.execPath})`]);
    child.kill();
    await leaks.expectNone({ withinMs: 5_000 });
  });
});

describe('baseline', () => {
  it('excuses what is alive at that moment, and no more of the same', async () => {
    const leaks = tracked();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const actor = createActor(parent, { id: 'server', inspect: leaks.inspect }).start();
    const parked = ['c-1'];
    leaks.watch('parked', () => parked);
    const id = leaks.clock.setTimeout(() => undefined, 60_000);
    leaks.baseline();
    await leaks.expectNone();

    parked.push('c-1', 'c-2');
    const twin = createActor(parent, { id: 'server', inspect: leaks.inspect }).start();
    const again = leaks.clock.setTimeout(() => undefined, 60_000);
    expect((await leaksOf(leaks)).leaks).toEqual([
      'actor server (up), last event xstate.init',
      'actor server/reader (active), last event xstate.init',
      'timer of the clock: after 60000 ms → anonymous',
      'parked: c-1',
      'parked: c-2',
    ]);

    parked.length = 0;
    twin.stop();
    actor.stop();
    leaks.clock.clearTimeout(id);
    leaks.clock.clearTimeout(again);
    server.close();
    await leaks.expectNone();
  });

  it('excuses the states of its actors whatever they wait for, but not delayed events that pile up', () => {
    const machine = createMachine({
      id: 'hub',
      initial: 'idle',
      states: {
        idle: { on: { 'work.begin': 'busy' } },
        busy: {
          after: { 100: 'idle' },
          on: { later: { actions: raise({ type: 'flush' }, { delay: 300 }) } },
        },
      },
    });
    const leaks = trackOnlyActors();
    const actor = createActor(machine, { id: 'hub', inspect: leaks.inspect }).start();
    leaks.baseline();
    actor.send({ type: 'work.begin' });
    expect(leaks.alive()).toEqual([]);
    actor.send({ type: 'later' });
    actor.send({ type: 'later' });
    expect(leaks.alive()).toEqual([
      'timer of hub: after 300 ms → flush',
      'timer of hub: after 300 ms → flush',
    ]);
    actor.stop();
    expect(leaks.alive()).toEqual([]);
  });
});

describe('expectNone', () => {
  it('waits for what is about to stop', async () => {
    const leaks = trackOnlyActors();
    const soon = createActor(parent, { inspect: leaks.inspect }).start();
    const later = createActor(parent, { inspect: leaks.inspect }).start();
    setImmediate(() => setImmediate(() => soon.stop()));
    setTimeout(() => later.stop(), 20);
    expect(leaks.alive()).toHaveLength(4);
    await leaks.expectNone();
    expect(leaks.alive()).toEqual([]);
  });

  it('waits in real time where a test has faked it', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const leaks = trackOnlyActors();
    leaks.watch('socket', () => ['s-1']);
    expect((await leaksOf(leaks)).leaks).toEqual(['socket: s-1']);
  });

  it('lists the first hundred and says how many more there are', async () => {
    const leaks = trackOnlyActors();
    leaks.watch('socket', () => Array.from({ length: 103 }, (_, i) => `s-${i}`));
    const error = await leaksOf(leaks);
    expect(error.leaks).toHaveLength(103);
    expect(error.message.split('\n')).toHaveLength(102);
    expect(error.message).toMatch(
      /^103 left alive:\n {2}- socket: s-0\n[^]*- socket: s-99\n {2}… and 3 more$/,
    );
  });
});

describe('the tracker', () => {
  it('never throws into an actor, and says that it could not follow', () => {
    const leaks = trackOnlyActors();
    const broken: InspectionEvent = {
      type: '@xstate.event',
      rootId: 'x:0',
      sourceRef: undefined,
      event: { type: 'any' },
      get actorRef(): never {
        throw new Error('no such actor');
      },
    };
    const actor = createActor(door, {
      id: 'front',
      inspect: (event) => leaks.inspect(event.type === '@xstate.event' ? broken : event),
    }).start();
    actor.send({ type: 'open' });
    expect(actor.getSnapshot().value).toBe('open');
    expect(leaks.alive()).toEqual(['tracker: cannot follow an actor (Error: no such actor)']);
    actor.stop();
  });

  it('stays small while 10,000 short-lived actors come and go', { timeout: 30_000 }, () => {
    const leaks = trackOnlyActors();
    const { inspect } = leaks;
    const lasting = Array.from({ length: 50 }, () => createActor(listener, { inspect }).start());
    let most = 0;
    for (let i = 0; i < 10_000; i += 1) {
      createActor(listener, { inspect }).start().stop();
      most = Math.max(most, leaks.trackedActors);
    }
    expect(most).toBeLessThan(3 * lasting.length);
    expect(leaks.alive()).toHaveLength(lasting.length);
    for (const actor of lasting) actor.stop();
    expect(leaks.alive()).toEqual([]);
    expect(leaks.trackedActors).toBe(0);
  });

  it('follows spawned children as it follows invoked ones', () => {
    const leaks = trackOnlyActors();
    const machine = setup({ actors: { listener } }).createMachine({
      entry: spawnChild('listener', { id: 'hub' }),
    });
    const actor = createActor(machine, { id: 'server', inspect: leaks.inspect }).start();
    expect(leaks.alive()[1]).toBe('actor server/hub (active), last event xstate.init');
    actor.stop();
    expect(leaks.alive()).toEqual([]);
  });

  it('forgets everything at stop', () => {
    const leaks = trackOnlyActors();
    const actor = createActor(door, { inspect: leaks.inspect }).start();
    leaks.watch('socket', () => ['s-1']);
    expect(leaks.alive()).toHaveLength(2);
    leaks.stop();
    actor.send({ type: 'open' });
    expect(leaks.alive()).toEqual([]);
    expect(leaks.trackedActors).toBe(0);
    actor.stop();
  });
});
