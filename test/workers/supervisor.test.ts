import type { Logger } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createActor } from 'xstate';
import { trackActors } from '../../src/leaks.ts';
import { supervisorMachine } from '../../src/workers/supervisor.ts';
import { FakeCrew, Lines } from '../support/fake-crew.ts';
import { SimulatedClock } from '../support/simulated-clock.ts';
import { TransitionLog, transitionsOf } from '../support/transitions.ts';

/** Two workers with processes that do what the test says. */
class Scene {
  readonly clock = new SimulatedClock();
  readonly leaks = trackActors({ clock: this.clock, processResources: false });
  readonly transitions = new TransitionLog();
  readonly crew = new FakeCrew();
  readonly lines = new Lines();
  /** What watches the version on disk, for as long as it does. */
  version = { isWatched: false, acknowledged: 0, tell: (_version: string, _before: string) => {} };
  readonly actor = createActor(supervisorMachine, {
    clock: this.leaks.clock,
    inspect: (event) => {
      this.leaks.inspect(event);
      this.transitions.inspect(event);
    },
    input: {
      workers: 2,
      fork: this.crew.fork,
      watchVersion: (onNew) => {
        this.version = { isWatched: true, acknowledged: 0, tell: onNew };
        return {
          acknowledge: () => void (this.version.acknowledged += 1),
          end: () => void (this.version.isWatched = false),
        };
      },
      logger: this.lines as unknown as Logger,
      random: () => 0.5,
      now: () => this.clock.now(),
      overdueMs: 40_000,
    },
  });

  constructor() {
    this.actor.start();
    onTestFinished(() => {
      this.actor.stop();
      this.leaks.stop();
    });
  }

  get context() {
    return this.actor.getSnapshot().context;
  }

  /** The numbers of the workers that have a process. */
  get numbers(): number[] {
    return this.crew.alive.map(({ number }) => number);
  }

  process(pid: number) {
    const process = this.crew.processes[pid - 1];
    if (process === undefined) throw new Error(`${pid} was not forked`);
    return process;
  }

  run(): this {
    for (const process of this.crew.processes) {
      process.listen();
      process.beReady();
    }
    return this;
  }

  drain(): this {
    this.actor.send({ type: 'drain' });
    return this;
  }

  restart(): this {
    this.actor.send({ type: 'restart', cause: 'SIGHUP' });
    return this;
  }

  /** The replacement comes up. */
  replace(): this {
    this.crew.last.listen();
    this.crew.last.beReady();
    return this;
  }
}

const scenarios: Readonly<Record<string, (scene: Scene) => void>> = {
  'starting (worker.listening) stays'(scene) {
    expect(scene.numbers).toEqual([1, 2]);
    scene.process(1).listen();
    expect(scene.actor.getSnapshot().value).toBe('starting');
  },
  'starting (worker.listening) -> running'(scene) {
    scene.process(2).listen();
    scene.process(1).listen();
    expect(scene.context.lines).toEqual(['here']);
  },
  'starting (worker.died) -> draining'(scene) {
    const reason = '--port 80: already taken on 127.0.0.1';
    scene.process(1).exit({ code: 2, hopeless: reason });
    expect(scene.context.problem).toEqual({ reason, isMistake: true });
    expect(scene.process(2).told).toEqual(['kill']);
  },
  'starting (restart) stays'(scene) {
    scene.restart();
    expect(scene.lines.all).toEqual(['warn: SIGHUP: ignored, for the workers are only starting']);
  },
  'starting (drain) -> draining'(scene) {
    scene.drain();
    expect(scene.crew.processes.flatMap(({ told }) => told)).toEqual(['kill', 'kill']);
  },
  'running (drain) -> draining'(scene) {
    scene.run().drain();
    expect(scene.crew.processes.flatMap(({ told }) => told)).toEqual(['stopping', 'stopping']);
    expect(scene.version.isWatched).toBe(false);
  },
  'running.steady (restart) -> running.rolling'(scene) {
    expect(scene.version.isWatched).toBe(false);
    scene.run().version.tell('2.0.0', '1.0.0');
    expect(scene.lines.all).toContain('info: version 2.0.0 in place of 1.0.0: a rolling restart begins');
    expect(scene.version).toMatchObject({ isWatched: true, acknowledged: 1 });
    expect(scene.numbers).toEqual([1, 2, 1]);
    expect(scene.crew.processes.flatMap(({ told }) => told)).toEqual([]);
  },
  'running.rolling.replacing (worker.ready) -> running.rolling.retiring'(scene) {
    scene.run().restart().crew.last.listen();
    expect(scene.process(1).told).toEqual([]);
    scene.crew.last.beReady();
    expect(scene.process(1).told).toEqual(['replaced']);
  },
  'running.rolling.retiring (done) -> running.rolling.replacing'(scene) {
    scene.run().restart().replace().process(1).exit();
    expect(scene.numbers).toEqual([2, 1, 2]);
    expect(scene.process(2).told).toEqual([]);
  },
  'running.rolling.retiring (done) -> running.steady'(scene) {
    scene.run().restart().replace().process(1).exit();
    scene.replace().process(2).exit();
    expect(scene.crew.alive.map(({ pid }) => pid)).toEqual([3, 4]);
    expect(scene.lines.all.at(-1)).toBe('info: rolling restart done: all 2 workers are replaced');
  },
  'running.rolling (done) -> running.steady'(scene) {
    scene.run().restart().crew.last.exit({ code: 7 });
    expect(scene.numbers).toEqual([1, 2]);
    expect(scene.lines.all.at(-1)).toBe(
      'error: rolling restart given up: the replacement of worker 1 ended with exit code 7; ' +
        'the old one stays, and so do those after it',
    );
  },
  'running.rolling.replacing (after trial) -> running.rolling.rejecting'(scene) {
    scene.run().restart().crew.last.listen();
    scene.clock.advance(30_000);
    expect(scene.crew.last.told).toEqual(['replaced']);
    expect(scene.process(1).told).toEqual([]);
    expect(scene.lines.all).toContain(
      'error: rolling restart given up: the replacement of worker 1 is not ready after 30000 ms; ' +
        'the old one stays, and so do those after it',
    );
  },
  'running.rolling.rejecting (done) -> running.steady'(scene) {
    scene.run().restart();
    scene.clock.advance(30_000);
    expect(scene.crew.last.told).toEqual(['kill']);
    scene.crew.last.exit({ code: null, signal: 'SIGKILL' });
    expect(scene.numbers).toEqual([1, 2]);
  },
  'running.rolling (restart) stays'(scene) {
    scene.run().restart().restart();
    expect(scene.crew.processes).toHaveLength(3);
    expect(scene.lines.all.at(-1)).toBe(
      'warn: SIGHUP: a rolling restart is under way; another one follows it',
    );
  },
  'running.steady (always) -> running.rolling'(scene) {
    scene.run().restart().restart().crew.last.exit({ code: 7 });
    expect(scene.numbers).toEqual([1, 2, 1]);
    expect(scene.version.acknowledged).toBe(2);
  },
  'draining (done) stays'(scene) {
    scene.run().drain().process(2).exit();
    expect(scene.context.ends).toMatchObject([{ number: 2, isClean: true }]);
  },
  'draining (restart) stays'(scene) {
    scene.run().drain().restart();
    expect(scene.crew.processes).toHaveLength(2);
    expect(scene.lines.all.at(-1)).toBe('warn: SIGHUP: ignored, for the workers are draining');
  },
  'draining (always) -> stopped'(scene) {
    scene.run().drain();
    scene.process(1).exit();
    scene.process(2).exit({ code: 1 });
    expect(scene.context.ends).toMatchObject([
      { number: 1, isClean: true },
      { number: 2, isClean: false },
    ]);
  },
};

describe('the supervisor’s machine', () => {
  test('has a scenario for each of its transitions, and no others', () => {
    expect(Object.keys(scenarios).toSorted()).toEqual(transitionsOf(supervisorMachine).toSorted());
  });

  test.each(Object.entries(scenarios))('%s', (transition, play) => {
    const scene = new Scene();
    play(scene);
    expect(scene.transitions.names).toContain(transition);

    // However far it has come, it ends with nothing left.
    if (scene.actor.getSnapshot().status === 'active') scene.drain();
    for (const process of scene.crew.alive) process.exit();
    expect(scene.actor.getSnapshot().value).toBe('stopped');
    expect(scene.leaks.alive()).toEqual([]);
    expect(scene.clock.pending).toBe(0);
  });

  test('gives up a start in which a worker dies three times before any has listened', () => {
    const scene = new Scene();
    scene.process(1).exit({ code: 1 });
    scene.clock.advance(1_000);
    scene.process(3).exit({ code: 1 });
    scene.clock.advance(1_000);
    expect(scene.context.problem).toBeUndefined();
    scene.process(4).exit({ code: 1 });
    expect(scene.context.problem).toEqual({
      reason: 'worker 1 ended with exit code 1, 3 times, before it listened',
      isMistake: false,
    });
  });

  test('starts a worker again as often as it dies once one has listened', () => {
    const scene = new Scene();
    scene.process(1).listen();
    for (let deaths = 0; deaths < 20; deaths += 1) {
      scene.crew.last.exit({ code: 2, hopeless: 'no more files' });
      scene.clock.advance(30_000);
    }
    expect(scene.numbers).toEqual([1, 2]);
    expect(scene.actor.getSnapshot().value).toBe('starting');
  });

  test('remembers none of those that were replaced', () => {
    const scene = new Scene().run();
    for (let restarts = 0; restarts < 5; restarts += 1) {
      scene.restart();
      for (const old of scene.crew.alive.slice(0, 2)) {
        scene.replace();
        old.exit();
      }
    }
    const { children, context } = scene.actor.getSnapshot();
    expect(Object.keys(children)).toEqual(['versionWatch', 'worker-11', 'worker-12']);
    expect(context.entries.map(({ number }) => number)).toEqual([1, 2]);
  });
});
