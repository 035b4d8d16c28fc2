import { describe, expect, test } from 'vitest';
import { connectionMachine } from '../src/connection.ts';
import { MemoryStage, SocketStage } from './support/connection-harness.ts';
import {
  brokenTransport,
  findPaths,
  neverCaused,
  settingsFor,
  walk,
  type Path,
} from './support/connection-paths.ts';
import { patient } from './support/test-server.ts';
import { transitionsOf } from './support/transitions.ts';

const transitions = transitionsOf(connectionMachine);
const paths = findPaths();

function pathTo(transition: string): Path {
  const path = paths.get(transition);
  if (path === undefined) throw new Error(`no path leads to ${transition}`);
  return path;
}

test('every transition of the connection machine has a path to it, and there are no others', () => {
  expect([...paths.keys()].toSorted()).toEqual(transitions.toSorted());
});

test('every exception is a transition of the machine', () => {
  expect(transitions).toEqual(expect.arrayContaining([...neverCaused, ...brokenTransport]));
});

describe('on a memory socket', () => {
  test.each(transitions.filter((name) => !neverCaused.has(name)))('%s', async (transition) => {
    const path = pathTo(transition);
    const stage = new MemoryStage({ settings: settingsFor(path, 1_000) });
    stage.socket.isDeaf = brokenTransport.has(transition);
    await walk(stage, path, transition);
    expect(await stage.finish()).toEqual([]);
  });

  test.each([...neverCaused])('%s, whatever part breaks its promise', (transition) => {
    const stage = new MemoryStage().register();
    const { actor } = stage.connection;
    stage.peer.stall();
    actor.send({ type: 'close', code: 4503, reason: 'kicked' });
    const before = actor.getSnapshot().value;
    const type = /\((.*)\)/.exec(transition)?.[1] as 'abused' | 'overflow';
    actor.send({ type });
    expect(stage.transitions.pass(transition)).toBe(true);
    expect(actor.getSnapshot().value).toEqual(before);
    stage.waitUntil(() => stage.isIn('closed'));
    expect(stage.close).toMatchObject({ code: 4503 });
    expect(stage.leftovers()).toEqual([]);
  });
});

describe('on a real socket', patient, () => {
  const forced = transitions.filter((name) => !neverCaused.has(name) && !brokenTransport.has(name));

  test.each(forced)('%s', async (transition) => {
    const path = pathTo(transition);
    const isRefilledAtOnce =
      path.some(({ event }) => event === 'throttled') && path.at(-1)?.event === 'blocked';
    const quick = {
      rate: 1_000,
      burst: 1,
      abuseLimit: 1_000_000,
      outboxMessages: 1_000_000,
      outboxBytes: 2 ** 30,
    };
    const stage = await SocketStage.open({
      ...settingsFor(path, 100),
      ...(isRefilledAtOnce ? quick : {}),
    });
    await walk(stage, path, transition);
    expect(await stage.finish()).toEqual([]);
  });
});
