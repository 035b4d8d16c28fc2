import type { Logger } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createActor, fromCallback } from 'xstate';
import { trackActors } from '../../src/leaks.ts';
import { workerMachine, type WorkerNews } from '../../src/workers/worker.ts';
import { FakeCrew, Lines } from '../support/fake-crew.ts';
import { SimulatedClock } from '../support/simulated-clock.ts';
import { TransitionLog, transitionsOf } from '../support/transitions.ts';

const overdueMs = 40_000;
const firstDelayMs = 188; // of 250 ms, three quarters: half, and half of the other half

/** A worker with processes that do what the test says. */
class Scene {
  readonly clock = new SimulatedClock();
  readonly leaks = trackActors({ clock: this.clock, processResources: false });
  readonly transitions = new TransitionLog();
  readonly crew = new FakeCrew();
  readonly lines = new Lines();
  readonly news: WorkerNews[] = [];
  readonly supervisor = createActor(
    fromCallback<WorkerNews>(({ receive }) => receive((event) => this.news.push(event))),
  ).start();
  readonly actor;

  constructor(isOnTrial = false) {
    this.actor = createActor(workerMachine, {
      clock: this.leaks.clock,
      inspect: (event) => {
        this.leaks.inspect(event);
        this.transitions.inspect(event);
      },
      input: {
        id: 'worker-7',
        number: 2,
        isOnTrial,
        fork: this.crew.fork,
        supervisor: this.supervisor,
        logger: this.lines as unknown as Logger,
        random: () => 0.5,
        now: () => this.clock.now(),
        overdueMs,
      },
    });
    this.actor.start();
    onTestFinished(() => {
      this.actor.stop();
      this.supervisor.stop();
      this.leaks.stop();
    });
  }

  get process() {
    return this.crew.last;
  }

  listen(): this {
    this.process.listen();
    return this;
  }

  drain(): this {
    this.actor.send({ type: 'drain', reason: 'replaced' });
    return this;
  }
}

interface Play {
  readonly isOnTrial?: boolean;
  readonly run: (scene: Scene) => void;
}

const scenarios: Readonly<Record<string, Play>> = {
  'up (forked) stays': {
    run(scene) {
      expect(scene.actor.getSnapshot().context).toMatchObject({ number: 2, pid: 1 });
    },
  },
  'up.starting (listening) -> up.listening': {
    run(scene) {
      scene.listen();
      expect(scene.news).toEqual([{ type: 'worker.listening', id: 'worker-7', lines: ['here'] }]);
      expect(scene.lines.all).toEqual(['info: worker 2 (pid 1): listening']);
    },
  },
  'up.listening (ready) stays': {
    isOnTrial: true,
    run(scene) {
      scene.listen().process.beReady();
      expect(scene.news.at(-1)).toEqual({ type: 'worker.ready', id: 'worker-7' });
      scene.process.exit({ code: 1 });
      expect(scene.actor.getSnapshot().value).toBe('backingOff');
    },
  },
  'up (exited) -> gone': {
    isOnTrial: true,
    run(scene) {
      scene.listen().process.exit({ code: 1 });
      expect(scene.crew.processes).toHaveLength(1);
      expect(scene.lines.all.at(-1)).toBe('info: worker 2 (pid 1): gone, ended with exit code 1');
    },
  },
  'up (exited) -> backingOff': {
    run(scene) {
      scene.process.exit({ code: null, signal: 'SIGKILL' });
      expect(scene.news).toMatchObject([{ type: 'worker.died', failures: 1, ending: { signal: 'SIGKILL' } }]);
      expect(scene.lines.all).toEqual([
        `error: worker 2 (pid 1): ended by SIGKILL; started again in ${firstDelayMs} ms`,
      ]);
    },
  },
  'backingOff (after backoff) -> up': {
    run(scene) {
      scene.process.exit({ code: 1 });
      scene.clock.advance(firstDelayMs - 1);
      expect(scene.crew.processes).toHaveLength(1);
      scene.clock.advance(1);
      expect(scene.crew.processes).toHaveLength(2);
      expect(scene.process.number).toBe(2);
    },
  },
  'backingOff (drain) -> gone': {
    run(scene) {
      scene.listen().process.exit({ code: 1 });
      scene.drain();
      expect(scene.actor.getSnapshot().output).toMatchObject({ number: 2, isClean: true });
    },
  },
  'up.starting (after startTimeout) stays': {
    run(scene) {
      scene.clock.advance(60_000);
      expect(scene.process.told).toEqual(['kill']);
      scene.process.exit({ code: null, signal: 'SIGKILL' });
      expect(scene.actor.getSnapshot().value).toBe('backingOff');
    },
  },
  'up.starting (drain) -> up.ending': {
    run(scene) {
      scene.drain();
      expect(scene.process.told).toEqual(['kill']);
    },
  },
  'up.ending (exited) -> gone': {
    run(scene) {
      scene.drain().process.exit({ code: null, signal: 'SIGKILL' });
      expect(scene.actor.getSnapshot().output).toMatchObject({ number: 2, isClean: true });
    },
  },
  'up.listening (drain) -> up.draining': {
    run(scene) {
      scene.listen().drain();
      expect(scene.process.told).toEqual(['replaced']);
    },
  },
  'up.draining (exited) -> gone': {
    run(scene) {
      scene.listen().drain().process.exit();
      expect(scene.actor.getSnapshot().output).toMatchObject({ number: 2, isClean: true });
    },
  },
  'up.draining (after overdue) -> up.ending': {
    run(scene) {
      scene.listen().drain();
      scene.clock.advance(overdueMs - 1);
      expect(scene.process.told).toEqual(['replaced']);
      scene.clock.advance(1);
      expect(scene.process.told).toEqual(['replaced', 'kill']);
      scene.process.exit({ code: null, signal: 'SIGKILL' });
      expect(scene.actor.getSnapshot().output).toMatchObject({ number: 2, isClean: false });
    },
  },
};

describe('the worker’s machine', () => {
  test('has a scenario for each of its transitions, and no others', () => {
    expect(Object.keys(scenarios).toSorted()).toEqual(transitionsOf(workerMachine).toSorted());
  });

  test.each(Object.entries(scenarios))('%s', (transition, { isOnTrial, run }) => {
    const scene = new Scene(isOnTrial);
    run(scene);
    expect(scene.transitions.names).toContain(transition);

    // However far it has come, it ends with nothing left.
    if (scene.actor.getSnapshot().status === 'active') scene.drain();
    if (scene.process.isAlive) scene.process.exit();
    expect(scene.actor.getSnapshot().value).toBe('gone');
    scene.supervisor.stop();
    expect(scene.leaks.alive()).toEqual([]);
    expect(scene.clock.pending).toBe(0);
  });

  test('waits longer after each early death, up to half a minute, and anew after it has listened for a while', () => {
    const scene = new Scene();
    const pauses = Array.from({ length: 10 }, () => {
      scene.process.exit({ code: 1 });
      const { delayMs } = scene.actor.getSnapshot().context;
      scene.clock.advance(delayMs);
      return delayMs;
    });
    expect(pauses).toEqual([188, 375, 750, 1_500, 3_000, 6_000, 12_000, 22_500, 22_500, 22_500]);
    scene.listen();
    scene.clock.advance(10_000);
    scene.process.exit({ code: 1 });
    expect(scene.actor.getSnapshot().context).toMatchObject({ failures: 0, delayMs: firstDelayMs });
  });
});
