import { expect, onTestFinished, test } from 'vitest';
import { VersionWatch } from '../../src/workers/new-version.ts';
import { SimulatedClock } from '../support/simulated-clock.ts';

const settleMs = 10_000;

/** A package on a disk, version 1.0.0 of which runs. */
class Scene {
  readonly clock = new SimulatedClock();
  readonly told: string[] = [];
  readonly watch: VersionWatch;
  #version = '1.0.0';
  #changedAt = 1;
  #isThere = true;

  constructor(settle = settleMs) {
    const read = <T>(what: T): T => {
      if (!this.#isThere) throw new Error('ENOENT');
      return what;
    };
    this.watch = new VersionWatch({
      disk: { version: () => read(this.#version), changedAt: () => read(this.#changedAt) },
      clock: this.clock,
      settleMs: settle,
      running: '1.0.0',
      onNew: (version, before) => void this.told.push(`${version} in place of ${before}`),
    });
    onTestFinished(() => this.watch.end());
  }

  install(version: string): this {
    this.#isThere = true;
    this.#version = version;
    return this.touch();
  }

  touch(): this {
    this.#changedAt += 1;
    return this;
  }

  remove(): this {
    this.#isThere = false;
    return this;
  }

  pass(ms = 2 * settleMs): this {
    for (let passed = 0; passed < ms; passed += 100) this.clock.advance(100);
    return this;
  }
}

test('a version that has come is told of once, when nothing of it has changed for a while', () => {
  const scene = new Scene().pass().install('2.0.0').pass(settleMs);
  expect(scene.told).toEqual([]);
  scene.pass(settleMs / 2);
  expect(scene.told).toEqual(['2.0.0 in place of 1.0.0']);
  expect(scene.pass(10 * settleMs).told).toHaveLength(1);
});

test('a version whose files still change is waited for', () => {
  const scene = new Scene().install('2.0.0');
  for (let times = 0; times < 10; times += 1) scene.touch().pass(settleMs / 2);
  expect(scene.told).toEqual([]);
  expect(scene.pass().told).toEqual(['2.0.0 in place of 1.0.0']);
});

test('a version that cannot be read for a moment is waited for anew', () => {
  const scene = new Scene().install('2.0.0').pass(settleMs).remove().pass(settleMs).install('2.0.0');
  expect(scene.pass(settleMs).told).toEqual([]);
  expect(scene.pass().told).toEqual(['2.0.0 in place of 1.0.0']);
});

test('the version that runs is not told of, whatever its files do, nor one that has gone again', () => {
  const scene = new Scene().touch().pass().install('2.0.0').pass(settleMs).install('1.0.0').pass();
  expect(scene.told).toEqual([]);
});

test('each further version is told of, an older one too', () => {
  const scene = new Scene().install('2.0.0').pass().install('3.0.0').pass().install('1.0.0').pass();
  expect(scene.told).toEqual([
    '2.0.0 in place of 1.0.0',
    '3.0.0 in place of 2.0.0',
    '1.0.0 in place of 3.0.0',
  ]);
});

test('a version that is acknowledged is not told of', () => {
  const scene = new Scene().install('2.0.0').pass(settleMs);
  scene.watch.acknowledge();
  expect(scene.pass().told).toEqual([]);
  scene.remove().watch.acknowledge();
  expect(scene.install('3.0.0').pass().told).toEqual(['3.0.0 in place of 2.0.0']);
});

test('a version of which only half was there when it was acknowledged is told of once it is whole', () => {
  const scene = new Scene().install('2.0.0').pass(settleMs / 2);
  scene.watch.acknowledge();
  expect(scene.touch().pass(settleMs).told).toEqual([]);
  expect(scene.pass().told).toEqual(['2.0.0 in place of 2.0.0']);
  expect(scene.touch().pass().told).toHaveLength(1);
});

test('the version before is told of, where it comes back soon after another one was acknowledged', () => {
  const scene = new Scene().install('2.0.0');
  scene.watch.acknowledge();
  expect(
    scene
      .pass(settleMs / 2)
      .install('1.0.0')
      .pass().told,
  ).toEqual(['1.0.0 in place of 2.0.0']);
});

test('with 0 nothing is looked at; and a watch that has ended leaves nothing', () => {
  const idle = new Scene(0);
  expect(idle.clock.pending).toBe(0);
  const scene = new Scene().pass();
  scene.watch.end();
  expect(scene.clock.pending).toBe(0);
  expect(scene.install('2.0.0').pass().told).toEqual([]);
});
