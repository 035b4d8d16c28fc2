import { createWebSocketReceiver, type StatelyInspectionEvent } from '@statelyai/inspect';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import {
  assign,
  createActor,
  createMachine,
  fromCallback,
  fromObservable,
  fromPromise,
  setup,
  type AnyActorRef,
  type InspectionEvent,
  type Observer,
  type Subscribable,
} from 'xstate';
import { createInspector, type Inspector } from '../../src/inspector/index.ts';
import { StatelyOutlet, statelyVersion } from '../../src/inspector/stately.ts';
import { statelyRecipe } from '../../src/inspector/stately-recipe.ts';
import { trackActors } from '../../src/leaks.ts';
import { Inbox } from '../support/inbox.ts';
import { joinByWebSocket } from '../support/peers.ts';
import { runHubbub } from '../support/processes.ts';
import { patient, serve } from '../support/test-server.ts';
import { Watcher } from '../support/watcher.ts';

/** A machine of somebody else: parallel, with children that come and go, timers, guards, tags and a secret or two. */
const coffeeMachine = setup({
  types: {
    events: {} as { type: 'brew' } | { type: 'refill' } | { type: 'break' } | { type: 'kettle.boils' },
  },
  actors: {
    kettle: fromCallback(({ sendBack }) => {
      const timer = setTimeout(() => sendBack({ type: 'kettle.boils' }), 20);
      return () => clearTimeout(timer);
    }),
    grind: fromPromise(() => Promise.resolve('ground')),
  },
  guards: { hasBeans: ({ context }) => (context as { beans: number }).beans > 0 },
}).createMachine({
  id: 'coffee',
  type: 'parallel',
  context: { beans: 2, owner: { name: 'Zoë', since: new Date(0) } },
  states: {
    cup: {
      initial: 'empty',
      states: {
        empty: { tags: 'idle', on: { brew: { guard: 'hasBeans', target: 'grinding' } } },
        grinding: { invoke: { src: 'grind', onDone: 'boiling' } },
        boiling: {
          invoke: { id: 'kettle', src: 'kettle' },
          on: {
            'kettle.boils': {
              target: 'full',
              actions: assign(({ context }) => ({ beans: context.beans - 1 })),
            },
          },
        },
        full: { after: { 60_000: 'empty' }, on: { refill: 'empty' } },
      },
    },
    light: { initial: 'off', states: { off: { on: { brew: 'on' } }, on: {} } },
  },
  on: { break: { actions: () => undefined } },
});

/** An inspector that ends with the test, whose leaks are looked for. */
function inspect(
  options?: Parameters<typeof createInspector>[0],
): Inspector & { start: (actor: AnyActorRef) => void } {
  const leaks = trackActors();
  const inspector = createInspector(options);
  const actors: AnyActorRef[] = [];
  onTestFinished(async () => {
    for (const actor of actors) actor.stop();
    await inspector.close();
    await leaks.expectNone();
    leaks.stop();
  }, patient.timeout);
  return {
    ...inspector,
    start: (actor) => {
      actors.push(actor);
      actor.system.inspect(leaks.inspect);
      actor.start();
    },
  };
}

/** The server below an inspector's URL. */
const serverOf = (url: string): string => url.replace(/\/inspect\/.*$/, '');

describe('the inspector of any XState system', patient, () => {
  test('shows actors from before and after it listens, with their children, states and contexts', async () => {
    const inspector = inspect({ title: 'coffee shop' });
    const early = createActor(coffeeMachine, { id: 'early', inspect: inspector.inspect });
    inspector.start(early);
    const { url } = await inspector.listen();
    expect((await fetch(url)).status).toBe(200);
    const watcher = await Watcher.watch(serverOf(url));
    expect(watcher.messages.all[0]).toMatchObject({
      type: 'hello',
      title: 'coffee shop',
      canControl: false,
      hasLab: false,
    });
    expect([...watcher.actors.values()]).toMatchObject([
      {
        id: early.sessionId,
        name: 'early',
        machine: 'coffee',
        value: { cup: 'empty', light: 'off' },
        context: { beans: 2, owner: { name: 'Zoë', since: '1970-01-01T00:00:00.000Z' } },
      },
    ]);
    const late = createActor(coffeeMachine, { id: 'late', inspect: inspector.inspect });
    inspector.start(late);
    late.send({ type: 'brew' });
    const kettle = await watcher.record('spawn', ({ actor }) => actor.name === 'kettle');
    expect(kettle.actor.parent).toBe(late.sessionId);
    await watcher.record(
      'transition',
      ({ actor, type }) => actor === late.sessionId && type === 'kettle.boils',
    );
    expect(watcher.actors.get(late.sessionId)).toMatchObject({
      value: { cup: 'full', light: 'on' },
      context: { beans: 1 },
      timers: [{ delayMs: 60_000 }],
    });
    late.send({ type: 'kettle.boils' });
    const ignored = await watcher.record('transition', (record) => record.ignored === true);
    expect(ignored).toMatchObject({ actor: late.sessionId, type: 'kettle.boils', edges: [] });
    late.stop();
    await watcher.record('stop', ({ actor }) => actor === late.sessionId);
    expect([...watcher.actors.keys()]).toEqual([early.sessionId]);
  });

  test('finds a system that was told of it late, and the end of one whose transition threw', async () => {
    const inspector = inspect();
    const { url } = await inspector.listen();
    const watcher = await Watcher.watch(serverOf(url));
    const broken = createActor(
      createMachine({
        id: 'broken',
        on: {
          go: {
            guard: () => {
              throw new Error('a bug');
            },
            actions: () => undefined,
          },
        },
      }),
    );
    broken.subscribe({ error: () => undefined });
    broken.start();
    broken.system.inspect(inspector.inspect);
    broken.send({ type: 'hello' });
    await watcher.record('spawn', ({ actor }) => actor.id === broken.sessionId);
    broken.send({ type: 'go' });
    const stop = await watcher.record('stop', ({ actor }) => actor === broken.sessionId);
    expect(stop).toMatchObject({ status: 'error' });
  });

  test('bears whatever a machine holds, and hurts none of its actors', async () => {
    const faults: unknown[] = [];
    const inspector = inspect({ onFault: (thrown) => faults.push(thrown) });
    const { url } = await inspector.listen();
    const watcher = await Watcher.watch(serverOf(url));
    const odd: Record<string, unknown> = { many: 10n, secret: new Proxy({}, { ownKeys: fail, get: fail }) };
    odd['itself'] = odd;
    const never: Subscribable<never> = { subscribe: () => ({ unsubscribe: () => undefined }) };
    const machine = createMachine({
      id: '"><script>',
      context: odd,
      invoke: [
        // oxlint-disable-next-line prefer-promise-reject-errors -- whatever is thrown
        { id: 'promise', src: fromPromise(() => Promise.reject(odd)), onError: { actions: 'note' } },
        { id: 'observable', src: fromObservable(() => never) },
        {
          id: 'callback',
          systemId: 'known',
          src: fromCallback(({ sendBack }) => sendBack({ type: 'go', odd })),
        },
      ],
      initial: 'a; b',
      states: { 'a; b': { on: { go: '%%{c}%%' } }, '%%{c}%%': {} },
    }).provide({ actions: { note: assign({ itself: odd }) } });
    const actor = createActor(machine, { id: '<b>', inspect: inspector.inspect });
    inspector.start(actor);
    const odder = {
      type: 'odd',
      toJSON: fail,
      get now() {
        return Object.create(null) as object;
      },
    };
    actor.send(odder);
    const failed = await watcher.record('event', ({ type }) => type === 'xstate.error.actor.promise');
    expect(failed.to).toBe(actor.sessionId);
    const names = [...watcher.actors.values()].map(({ name }) => name).toSorted();
    expect(names).toEqual(['<b>', 'callback', 'observable']);
    expect(actor.getSnapshot()).toMatchObject({ status: 'active', value: '%%{c}%%' });
    watcher.send({ type: 'watch', actors: [actor.sessionId] });
    expect(await watcher.next('detail')).toMatchObject({ children: 3, context: { many: '10' } });
    expect(faults).toEqual([]);
  });

  test('may record to wherever one likes', async () => {
    const inspector = inspect();
    const lines: string[] = [];
    const end = inspector.record((line) => lines.push(line));
    const actor = createActor(coffeeMachine, { inspect: inspector.inspect });
    inspector.start(actor);
    end();
    actor.send({ type: 'brew' });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ type: 'hello', mode: 'recording' });
    expect(lines.filter((line) => line.includes('"kind":"spawn"'))).toHaveLength(1);
    expect(lines.join('')).not.toContain('brew"}');
  });

  test('asks for its token', async () => {
    const inspector = inspect();
    const { url } = await inspector.listen({ token: 'open sesame' });
    expect((await fetch(url)).status).toBe(200);
    expect((await fetch(new URL(url).origin + '/inspect/')).status).toBe(401);
  });

  test('names its own options where it refuses', async () => {
    const inspector = inspect();
    const open = await inspector.listen({ host: '0.0.0.0' });
    const refused = await fetch(`http://127.0.0.1:${new URL(open.url).port}/inspect/`);
    expect(refused.status).toBe(403);
    expect(await refused.json()).toEqual({
      error:
        'the inspector is off because this server listens beyond its own machine without listen({ token })',
    });
    const { url } = await inspector.listen();
    const watcher = await Watcher.watch(serverOf(url));
    watcher.send({ type: 'kick', connection: 'x', ref: 1 });
    expect(await watcher.next('answer')).toMatchObject({
      ok: false,
      reason: 'this inspector watches, and that is all',
    });
  });

  test('survives thousands of actors', async () => {
    const inspector = inspect();
    const machine = createMachine({
      id: 'door',
      initial: 'shut',
      states: { shut: { on: { open: 'open' } }, open: {} },
    });
    const doors = Array.from({ length: 5_000 }, () => createActor(machine, { inspect: inspector.inspect }));
    for (const door of doors) inspector.start(door);
    const { url } = await inspector.listen();
    const watcher = await Watcher.watch(serverOf(url));
    expect(watcher.actors.size).toBe(5_000);
    for (const door of doors) door.send({ type: 'open' });
    await watcher.record('transition', ({ actor }) => actor === doors.at(-1)?.sessionId);
    expect([...watcher.actors.values()].every(({ value }) => value === 'open')).toBe(true);
  });

  test("is used as the README's example does", async () => {
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
    const [, example = ''] = /```js\n(import { createInspector }[^`]*)```/.exec(readme) ?? [];
    // In the package's own folder its name leads to itself, as it is built.
    const child = spawn(
      process.execPath,
      ['--input-type=module', '-e', `${example}\nactor.send({ type: 'toggle' });`],
      {
        cwd: fileURLToPath(new URL('../../', import.meta.url)),
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    onTestFinished(() => void child.kill());
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const watcher = await Watcher.watch(serverOf(line));
    expect(watcher.messages.all[0]).toMatchObject({ title: 'lights' });
    expect([...watcher.actors.values()]).toMatchObject([
      { machine: 'light', value: 'on', timers: [{ delayMs: 60_000 }] },
    ]);
  });
});

// The Stately Inspector's schema

describe('the Stately relay', patient, () => {
  test("is read by the published package's own receiver, from the first actor on", async () => {
    globalThis.WebSocket ??= WebSocket as never;
    const server = await serve();
    await joinByWebSocket(server, { name: 'ada', room: 'tea' });
    const events = new Inbox<StatelyInspectionEvent>();
    const url = `${server.url.replace('http', 'ws')}/inspect/stately/socket`;
    const receiver = createWebSocketReceiver({ server: url });
    receiver.subscribe((event) => events.push(event));
    const connection = await events.next(
      (event) => event.type === '@xstate.actor' && event.name.startsWith('connection-'),
    );
    expect(connection).toMatchObject({
      snapshot: { status: 'active', value: { open: { heartbeat: 'alive' } } },
    });
    const definition = JSON.parse((connection as { definition: string }).definition) as {
      id: string;
      states: object;
    };
    expect(definition.id).toBe('connection');
    expect(Object.keys(definition.states)).toEqual(['connecting', 'open', 'closing', 'closed']);
    const writer = await events.next((event) => event.type === '@xstate.actor' && event.name === 'writer');
    expect(writer).toMatchObject({ parentId: connection.sessionId });

    const other = await joinByWebSocket(server, { name: 'bo', room: 'tea' });
    other.close();
    const sent = await events.next(
      (event) => event.type === '@xstate.event' && event.event.type === 'socket.closed',
    );
    const left = await events.next(
      (event) => event.type === '@xstate.snapshot' && event.snapshot.status === 'done',
    );
    expect(left).toMatchObject({
      sessionId: sent.sessionId,
      snapshot: { value: 'closed', output: { code: 1000 } },
    });
    for (const event of events.all) {
      expect(event).toMatchObject({
        _version: statelyVersion,
        rootId: expect.any(String),
        createdAt: expect.stringMatching(/^\d+$/),
      });
    }
    expect(events.all.map(({ rootId }) => rootId)).toEqual(events.all.map(() => events.all[0]?.sessionId));
  });

  test('says of actors what the package says of them, in each type of event', async () => {
    const inspector = inspect();
    const { url } = await inspector.listen();
    const ours = new Inbox<StatelyInspectionEvent>();
    const socket = new WebSocket(`${serverOf(url).replace('http', 'ws')}/inspect/stately/socket`);
    onTestFinished(() => socket.terminate());
    socket.on('message', (data: Buffer) => ours.push(JSON.parse(data.toString()) as StatelyInspectionEvent));
    await once(socket, 'open');
    const theirs = await packagesOwnEvents();
    const observer: Observer<InspectionEvent> = {
      next: (event) => {
        inspector.inspect(event);
        theirs.inspect.next?.(event);
      },
    };
    const named = createActor(coffeeMachine, { id: 'cafe', inspect: observer });
    const unnamed = createActor(coffeeMachine, { inspect: observer });
    for (const actor of [named, unnamed]) {
      inspector.start(actor);
      actor.send({ type: 'brew' });
    }
    const isLast = (event: StatelyInspectionEvent) =>
      event.type === '@xstate.snapshot' &&
      event.sessionId === unnamed.sessionId &&
      event.event.type === 'kettle.boils';
    await ours.next(isLast);
    await theirs.events.next(isLast);
    for (const { sessionId } of [named, unnamed]) {
      for (const type of ['@xstate.actor', '@xstate.event', '@xstate.snapshot']) {
        const said = ours.all.filter((event) => event.type === type && event.sessionId === sessionId);
        const expected = theirs.events.all.filter(
          (event) => event.type === type && event.sessionId === sessionId,
        );
        expect(said.map(essence)).toEqual(expected.map(essence));
      }
    }
    expect(kettles(ours)).toEqual(kettles(theirs.events));
    expect(kettles(ours)).toHaveLength(2);
  });

  test('says that those have ended whose end was lost', () => {
    const told: StatelyInspectionEvent[] = [];
    const outlet = new StatelyOutlet({
      send: (text) => void told.push(JSON.parse(text) as StatelyInspectionEvent),
      bufferedBytes: 0,
      close: () => undefined,
    });
    const tell = (message: object) => outlet.send(JSON.stringify({ type: 'actors', ...message }));
    tell({ done: true, actors: [row('a'), row('b')] });
    tell({ anew: true, actors: [row('b')] });
    tell({ done: true, actors: [row('c')] });
    expect(told.map(({ type, sessionId }) => `${type} ${sessionId}`).slice(2)).toEqual([
      '@xstate.actor b',
      '@xstate.actor c',
      '@xstate.snapshot a',
    ]);
    expect(told.at(-1)).toMatchObject({ snapshot: { status: 'stopped' } });
  });

  test('its page opens nothing by itself, and the recipe tells the rest', async () => {
    const server = await serve();
    const page = await (await fetch(`${server.url}/inspect/stately/`)).text();
    expect(page).not.toMatch(/https?:\/\//);
    expect(page).toContain('Nothing has gone there yet');
    const { code, stdout } = await runHubbub(['--stately', '--port', '9000']);
    expect(code).toBe(0);
    expect(`${stdout.join('\n')}\n`).toBe(statelyRecipe(9_000, 'https://stately.ai/inspect'));
  });
});

function row(id: string): object {
  return { id, name: id, type: 'other', status: 'active', since: 0, changedAt: 0 };
}

function kettles(events: Inbox<StatelyInspectionEvent>): object[] {
  return events.all.filter((event) => event.type === '@xstate.actor' && event.name === 'kettle').map(essence);
}

/** What an event says, but for its time, and for what of a snapshot is XState's own business. */
function essence({ createdAt: _createdAt, ...event }: StatelyInspectionEvent): object {
  if (event.type === '@xstate.event') return event;
  const { snapshot, ...rest } = event;
  // The package looks at an actor some time after it was made, and sorts its definition's members.
  if (rest.type === '@xstate.actor')
    return { ...rest, definition: JSON.parse(rest.definition ?? '') as object };
  const { status, value, context } = snapshot as Record<string, unknown>;
  return { ...rest, snapshot: { status, value, context } };
}

/** What the published package sends to its own adapter. */
async function packagesOwnEvents() {
  const { createInspector: createStatelyInspector } = await import('@statelyai/inspect');
  const events = new Inbox<StatelyInspectionEvent>();
  // As its WebSocket adapter makes text of them.
  const send = (event: StatelyInspectionEvent) =>
    events.push(JSON.parse(JSON.stringify(event)) as StatelyInspectionEvent);
  const { inspect: observer } = createStatelyInspector({ send });
  return { events, inspect: observer };
}

function fail(): never {
  throw new Error('this is not to be touched');
}
