import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createActor, waitFor } from 'xstate';
import { MemoryBroker } from '../src/brokers/memory.ts';
import { defineConfig } from '../src/config.ts';
import type { ConnectionActor } from '../src/connection.ts';
import type { Connection, Connections } from '../src/connections.ts';
import { Hub } from '../src/hub.ts';
import { createChatServer } from '../src/index.ts';
import { trackActors } from '../src/leaks.ts';
import { serverMachine } from '../src/server.ts';
import type { Socket } from '../src/socket.ts';
import { createTraffic } from '../src/traffic.ts';
import { FakeSubscriber } from './support/fake-subscriber.ts';
import { SimulatedClock } from './support/simulated-clock.ts';
import { TransitionLog, transitionsOf } from './support/transitions.ts';

/** What a member does: it goes when it is asked, only when it is terminated, or not even then. */
type Manner = 'polite' | 'stubborn' | 'immortal';

/** The connections of a server, as far as its machine knows of them. */
class Crowd {
  readonly #members = new Set<Connection>();
  /** Is told when the last one is gone. */
  onEmpty: () => void = () => undefined;
  /** What was done to them. */
  readonly done: string[] = [];

  get size(): number {
    return this.#members.size;
  }

  [Symbol.iterator](): IterableIterator<Connection> {
    return this.#members.values();
  }

  /** Nobody is connected through it. */
  start(): void {}

  stop(): void {}

  join(manner: Manner): void {
    const send = () => {
      this.done.push('asked');
      if (manner === 'polite') this.#leave(member);
    };
    const terminate = () => {
      this.done.push('terminated');
      if (manner !== 'immortal') this.#leave(member);
    };
    const actor = { getSnapshot: () => ({ status: 'active' }), send };
    const member = {
      actor: actor as unknown as ConnectionActor,
      socket: { terminate } as unknown as Socket,
    } as Connection;
    this.#members.add(member);
  }

  /** All go by themselves. */
  disperse(): void {
    for (const member of this.#members) this.#leave(member);
  }

  #leave(member: Connection): void {
    this.#members.delete(member);
    if (this.#members.size === 0) this.onEmpty();
  }
}

/** A promise that is kept or broken from outside: `Promise.withResolvers`, which Node 20 has not. */
class Promised<T> {
  resolve!: (value: T) => void;
  reject!: (reason: Error) => void;
  readonly promise = new Promise<T>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}

const timeouts = { drainTimeoutMs: 10_000, drainGraceMs: 4_000, closeTimeoutMs: 2_000 };

/** A server's machine with a real hub and broker, in a house that does what the test says. */
class Scene {
  readonly clock = new SimulatedClock();
  readonly leaks = trackActors({ clock: this.clock, processResources: false });
  readonly transitions = new TransitionLog();
  readonly crowd = new Crowd();
  readonly listening = new Promised<string>();
  readonly released = new Promised<void>();
  readonly hub = new Hub({
    broker: new MemoryBroker({ clock: this.leaks.clock, limits: defineConfig() }),
    clock: this.leaks.clock,
    config: defineConfig(),
    traffic: createTraffic(),
  });
  readonly actor = createActor(serverMachine, {
    clock: this.leaks.clock,
    inspect: (event) => {
      this.leaks.inspect(event);
      this.transitions.inspect(event);
    },
    input: {
      hub: this.hub,
      connections: this.crowd as unknown as Connections,
      clock: this.leaks.clock,
      random: () => 0.5,
      timeouts,
      listen: () => this.listening.promise,
      release: () => this.released.promise,
    },
  });

  constructor() {
    this.crowd.onEmpty = () => this.actor.send({ type: 'emptied' });
    this.actor.start();
    onTestFinished(() => {
      this.actor.stop();
      this.leaks.stop();
    });
  }

  async listen(): Promise<void> {
    this.listening.resolve('http://127.0.0.1:1');
    await this.until('listening');
  }

  /** Listens, and then drains a crowd of one. */
  async drain(manner: Manner): Promise<void> {
    await this.listen();
    this.crowd.join(manner);
    this.actor.send({ type: 'drain' });
  }

  async drainToGrace(manner: Manner): Promise<void> {
    await this.drain(manner);
    this.clock.advance(10);
    await waitFor(this.actor, (snapshot) => snapshot.matches({ draining: 'grace' }), { timeout: 0 });
  }

  async until(state: 'listening' | 'stopped'): Promise<void> {
    await waitFor(this.actor, (snapshot) => snapshot.matches(state));
  }
}

const scenarios: Readonly<Record<string, (scene: Scene) => Promise<void> | void>> = {
  async 'starting (done) -> listening'(scene) {
    await scene.listen();
    expect(scene.actor.getSnapshot().context.url).toBe('http://127.0.0.1:1');
  },
  async 'starting (error) -> stopped'(scene) {
    const taken = new Error('the port is taken');
    scene.listening.reject(taken);
    await scene.until('stopped');
    expect(scene.actor.getSnapshot().context).toMatchObject({ url: undefined, error: taken });
  },
  async 'listening (drain) -> draining'(scene) {
    await scene.drain('polite');
    expect(scene.actor.getSnapshot().value).toEqual({ draining: 'spreading' });
  },
  async 'draining.spreading (always) -> draining.releasing'(scene) {
    await scene.listen();
    scene.actor.send({ type: 'drain' });
    expect(scene.crowd.done).toEqual([]);
  },
  async 'draining.spreading (emptied) -> draining.releasing'(scene) {
    await scene.drain('polite');
    scene.clock.advance(10);
    expect(scene.crowd.done).toEqual(['asked']);
  },
  async 'draining.spreading (asked) -> draining.grace'(scene) {
    await scene.drainToGrace('stubborn');
    expect(scene.crowd.done).toEqual(['asked']);
  },
  async 'draining.grace (always) -> draining.releasing'(scene) {
    // All have gone, but it was not heard.
    await scene.drain('stubborn');
    scene.crowd.onEmpty = () => undefined;
    scene.crowd.disperse();
    scene.clock.advance(10);
  },
  async 'draining.grace (emptied) -> draining.releasing'(scene) {
    await scene.drainToGrace('stubborn');
    scene.crowd.disperse();
    expect(scene.crowd.done).toEqual(['asked']);
  },
  async 'draining.grace (after drainGrace) -> draining.terminating'(scene) {
    await scene.drainToGrace('immortal');
    scene.clock.advance(timeouts.drainGraceMs - 1);
    expect(scene.crowd.done).toEqual(['asked']);
    scene.clock.advance(1);
    expect(scene.crowd.done).toEqual(['asked', 'terminated']);
  },
  async 'draining.terminating (always) -> draining.releasing'(scene) {
    await scene.drainToGrace('stubborn');
    scene.clock.advance(timeouts.drainGraceMs);
    expect(scene.crowd.done).toEqual(['asked', 'terminated']);
  },
  async 'draining.terminating (emptied) -> draining.releasing'(scene) {
    await scene.drainToGrace('immortal');
    scene.clock.advance(timeouts.drainGraceMs);
    scene.crowd.disperse();
  },
  async 'draining.terminating (after closeTimeout) -> draining.releasing'(scene) {
    await scene.drainToGrace('immortal');
    scene.clock.advance(timeouts.drainGraceMs + timeouts.closeTimeoutMs);
    expect(scene.crowd.size).toBe(1);
  },
  async 'draining.releasing (done) -> draining.released'(scene) {
    await scene.listen();
    scene.actor.send({ type: 'drain' });
    expect(scene.actor.getSnapshot().value).toEqual({ draining: 'releasing' });
    scene.released.resolve();
    await scene.until('stopped');
    expect(scene.actor.getSnapshot().context.error).toBeUndefined();
  },
  async 'draining.releasing (error) -> draining.released'(scene) {
    const stuck = new Error('HTTP would not close');
    await scene.listen();
    scene.actor.send({ type: 'drain' });
    scene.released.reject(stuck);
    await scene.until('stopped');
    expect(scene.actor.getSnapshot().context.error).toBe(stuck);
  },
  async 'draining (done) -> stopped'(scene) {
    await scene.drain('polite');
    scene.released.resolve();
    scene.clock.advance(10);
    await scene.until('stopped');
  },
};

describe('the server’s machine', () => {
  test('has a scenario for each of its transitions, and no others', () => {
    expect(Object.keys(scenarios).toSorted()).toEqual(transitionsOf(serverMachine).toSorted());
  });

  test.each(Object.entries(scenarios))('%s', async (transition, play) => {
    const scene = new Scene();
    await play(scene);
    expect(scene.transitions.names).toContain(transition);

    // However far it has come, it ends with nothing left.
    scene.listening.resolve('http://127.0.0.1:1');
    scene.released.resolve();
    await waitFor(scene.actor, (snapshot) => !snapshot.matches('starting'));
    if (scene.actor.getSnapshot().matches('listening')) scene.actor.send({ type: 'drain' });
    scene.clock.advance(timeouts.drainTimeoutMs + timeouts.closeTimeoutMs);
    await scene.until('stopped');
    expect(scene.leaks.alive()).toEqual([]);
    expect(scene.clock.pending).toBe(0);
    expect(scene.hub.remains()).toEqual([]);
  });

  test('takes no longer than the drain timeout and the wait for what was terminated, whoever stays', async () => {
    const scene = new Scene();
    await scene.listen();
    for (let member = 0; member < 5_000; member += 1) scene.crowd.join('immortal');
    scene.released.resolve();
    scene.actor.send({ type: 'drain' });
    scene.clock.advance(timeouts.drainTimeoutMs);
    expect(scene.crowd.done.filter((what) => what === 'terminated')).toHaveLength(5_000);
    scene.clock.advance(timeouts.closeTimeoutMs);
    await scene.until('stopped');
    expect(scene.leaks.alive()).toEqual([]);
  });

  test('keeps hub and broker until HTTP is let go of', async () => {
    const scene = new Scene();
    await scene.listen();
    const subscriber = new FakeSubscriber('last');
    scene.hub.register.offer(
      { subscriber, room: 'general', withdrawn: false, entered: false },
      { id: subscriber.id, unparked: () => undefined },
    );
    scene.clock.settle();
    scene.actor.send({ type: 'drain' });
    expect(scene.hub.rooms.size).toBe(1);
    scene.released.resolve();
    await scene.until('stopped');
    expect(scene.hub.rooms.size).toBe(0);
  });
});

test('a server that cannot listen says why, and leaves nothing', async () => {
  const leaks = trackActors();
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  leaks.baseline();
  const server = createChatServer({ port, inspect: leaks.inspect });
  await expect(server.start()).rejects.toMatchObject({ code: 'EADDRINUSE', port });
  expect(server.isReady).toBe(false);
  expect(await server.stop()).toMatchObject({ connections: 0, leaks: [] });
  await leaks.expectNone();
  leaks.stop();
  other.close();
  await once(other, 'close');
});
