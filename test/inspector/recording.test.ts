import * as fc from 'fast-check';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createActor, createMachine, type AnyActorRef, type AnyStateMachine } from 'xstate';
import { systemClock } from '../../src/clock.ts';
import { Inspector } from '../../src/inspector/inspector.ts';
import type { Actor, Hello, InspectorRecord } from '../../src/inspector/messages.ts';
import { RecordFile } from '../../src/inspector/record-file.ts';
import { readRecording, readRecordingFrom, RecordingError } from '../../src/inspector/recording.ts';
import { Replay } from '../../src/inspector/replay.ts';
import { Ring } from '../../src/inspector/ring.ts';
import { StatelyOutlet } from '../../src/inspector/stately.ts';
import type { ConnectionFigures } from '../../src/inspector/subject.ts';
import { SystemSubject } from '../../src/inspector/system-subject.ts';
import { applyRecord, type Moment } from '../../src/inspector/timeline.ts';
import { innermostStates } from '../../src/state-value.ts';
import { Track } from '../../src/web/inspect/model/track.ts';
import { Inbox } from '../support/inbox.ts';
import { joinByWebSocket } from '../support/peers.ts';
import { runHubbub, startHubbub } from '../support/processes.ts';
import { SimulatedClock } from '../support/simulated-clock.ts';
import { patient, serve } from '../support/test-server.ts';
import { Watcher } from '../support/watcher.ts';

const hello: Hello = {
  type: 'hello',
  version: 1,
  mode: 'recording',
  title: 'test',
  at: 0,
  canControl: false,
  hasLab: false,
  hasFlights: false,
  contentShown: false,
  kept: { records: 1, bytes: 1 },
};

const ids = ['a', 'b', 'c'] as const;

function actorOf(id: string): Actor {
  return { id, name: id, type: 'other', status: 'active', value: 'on', since: 0, changedAt: 0 };
}

type Life = { readonly id: (typeof ids)[number]; readonly kind: 'spawn' | 'event' | 'transition' | 'stop' };

function recordOf({ id, kind }: Life, seq: number): InspectorRecord {
  const base = { seq, at: seq };
  if (kind === 'spawn') return { ...base, kind, actor: actorOf(id) };
  if (kind === 'event') return { ...base, kind, to: id, type: `event ${seq}` };
  if (kind === 'stop') return { ...base, kind, actor: id, status: 'done' };
  return { ...base, kind, actor: id, type: 'go', value: `state ${seq}`, edges: ['a>b'] };
}

const life = fc.record<Life>({
  id: fc.constantFrom(...ids),
  kind: fc.constantFrom('spawn', 'event', 'transition', 'stop'),
});

const lives = fc.array(life, { maxLength: 60 });

function applied(actors: Iterable<Actor>, records: readonly InspectorRecord[]): Moment {
  const moment: Moment = new Map([...actors].map((actor) => [actor.id, actor]));
  for (const record of records) applyRecord(moment, record);
  return moment;
}

describe('a ring', () => {
  test('has, with its baseline, the state after all records, however few are kept', () => {
    fc.assert(
      fc.property(lives, fc.integer({ min: 1, max: 20 }), (steps, most) => {
        const ring = new Ring({ records: most, bytes: 1e6 });
        const records = steps.map((step, index) => recordOf(step, index));
        for (const record of records) ring.push(record);
        const kept = ring.from(0).map((text) => JSON.parse(text) as InspectorRecord);
        expect(kept).toEqual(records.slice(-most));
        expect(ring.size).toBe(Math.min(most, records.length));
        expect(applied(ring.baseline, kept)).toEqual(applied([], records));
      }),
    );
  });

  test('keeps to its bytes too, and numbers on after it has forgotten', () => {
    const ring = new Ring({ records: 1_000, bytes: 2_000 });
    for (let seq = 0; seq < 100; seq += 1) ring.push(recordOf({ id: 'a', kind: 'event' }, seq));
    expect(ring.bytes).toBeLessThanOrEqual(2_000);
    expect(ring.size).toBeGreaterThan(5);
    ring.clear();
    expect([ring.size, ring.bytes, ring.nextSeq, [...ring.baseline]]).toEqual([0, 0, 100, []]);
  });
});

/** Lives between which figures are told: a number is what every actor has counted by then. */
const countedLives = fc.array(fc.oneof(life, fc.nat(99)), { maxLength: 60 });

/** What a page that opens these lines can go back and forth in. */
const tapeOf = (lines: Iterable<string>) => Track.of(readRecording([JSON.stringify(hello), ...lines])).tape;

describe('the lines of a ring', () => {
  test('are read as what there was at each moment that is kept, with the figures told by then', () => {
    fc.assert(
      fc.property(countedLives, fc.integer({ min: 1, max: 20 }), (happened, most) => {
        const rings = [most, 100].map((records) => new Ring({ records, bytes: 1e6 }));
        const alive: Moment = new Map();
        for (const [at, what] of happened.entries()) {
          for (const ring of rings) {
            if (typeof what === 'object') ring.push(recordOf(what, ring.nextSeq));
            else ring.tell({ type: 'figures', at, rows: [...alive.keys()].map((id) => [id, what, 0, 0, 0]) });
          }
          if (typeof what === 'object') applyRecord(alive, recordOf(what, at));
        }
        const [kept, whole] = rings.map((ring) => tapeOf(ring.lines()));
        if (kept === undefined || whole === undefined) throw new Error('there are two rings');
        const forgotten = whole.end - kept.end;
        expect(kept.end).toBe(Math.min(most, whole.end));
        for (let place = 0; place <= kept.end; place += 1) {
          const [scene, expected] = [kept.sceneAt(place), whole.sceneAt(forgotten + place)];
          expect(scene.actors).toEqual(expected.actors);
          for (const id of scene.actors.keys()) {
            expect(scene.figures.get(id)?.messagesIn).toBe(expected.figures.get(id)?.messagesIn);
          }
        }
      }),
    );
  });
});

describe('reading a recording', () => {
  const lines = [
    hello,
    { type: 'actors', done: true, actors: [actorOf('a')] },
    recordOf({ id: 'a', kind: 'transition' }, 0),
  ].map((line) => JSON.stringify(line));

  test('gives what was written', () => {
    const { actors, records } = readRecording(lines);
    expect(actors).toEqual([actorOf('a')]);
    expect(records).toEqual([recordOf({ id: 'a', kind: 'transition' }, 0)]);
  });

  test('leaves out a last line that was cut short, and passes over what it does not know', () => {
    const later = ['{"type":"of a later version"}', '{"seq":1,"at":2,"kind":"of a later version"}'];
    const { records, between } = readRecording([...lines, ...later, '{"seq":1,"at":3,"ki']);
    expect([records.length, between]).toEqual([1, []]);
  });

  test.each([
    [[], 'the file is empty: a recording is JSON'],
    [['# Notes', '', 'of mine'], 'line 1 is no JSON object with a type or a kind: a recording is JSON'],
    [['[1, 2]'], 'line 1 is no JSON object'],
    [['{"seq":1,"kind":"event"}'], 'line 1 is no hello: a recording is JSON'],
    [
      [JSON.stringify({ ...hello, version: 2 })],
      'line 1 is of a recording of version 2, and this reads version 1',
    ],
    [
      ['', '{"type":"hello","version":1}'],
      'line 2 is not as expected: hello must have required properties mode',
    ],
    [[...lines, 'gap', ...lines], 'line 4 is no JSON object'],
    [
      [...lines, '{"kind":"stop","seq":1,"at":"noon","actor":"a","status":"done"}'],
      'line 4 is not as expected: stop.at must be number',
    ],
    [
      [...lines, '{"kind":"spawn","seq":1,"at":2,"actor":{"id":"a"}}'],
      'line 4 is not as expected: spawn.actor must have',
    ],
    [
      [...lines, '{"kind":"transition","seq":1,"at":2,"actor":"a","type":"go","edges":[],"value":7}'],
      'line 4 is not as expected: transition.value',
    ],
    [
      [...lines, '{"kind":"event","seq":1,"at":2,"to":"a","type":"go","from":{}}'],
      'line 4 is not as expected: event.from must be string',
    ],
    [
      [...lines, '{"type":"figures","at":2,"rows":[["a",1,2,3,"many"]]}'],
      'line 4 is not as expected: figures.rows.0.4 must be number',
    ],
    [
      [
        ...lines,
        `{"kind":"event","seq":1,"at":2,"to":"a","type":"go","data":${'['.repeat(200)}${']'.repeat(200)}}`,
      ],
      'line 4 is nested too deeply',
    ],
  ])('says what is wrong with a file that is none: %j', (text, words) => {
    const read = () => readRecording(text);
    expect(read).toThrow(RecordingError);
    expect(read).toThrow(words);
  });

  test('moves the baseline on where there is more than one would hold', () => {
    const records = Array.from({ length: 50 }, (_, seq) => recordOf({ id: 'a', kind: 'transition' }, seq));
    const text = [...lines.slice(0, 2), ...records.map((record) => JSON.stringify(record))];
    const recording = readRecording(text, { records: 10, characters: Infinity });
    expect(recording).toMatchObject({ records: records.slice(-10), folded: 40 });
    expect(recording.actors).toMatchObject([{ id: 'a', value: 'state 39' }]);

    const small = readRecording(text, { records: 1_000, characters: 1_000 });
    expect(JSON.stringify(small.records).length).toBeLessThan(1_200);
    expect(small.folded + small.records.length).toBe(50);
    expect(applied(small.actors, small.records)).toEqual(applied([actorOf('a')], records));
  });

  test('is the same however its text is cut into chunks', async () => {
    const text = `${lines.join('\r\n')}\r\n`;
    for (const size of [1, 7, 64, text.length]) {
      const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
        text.slice(index * size, (index + 1) * size),
      );
      expect(await readRecordingFrom(Readable.from(chunks))).toEqual(readRecording(lines));
    }
  });

  test('ends soon where a line has no end', async () => {
    const endless = Readable.from(
      (function* () {
        for (;;) yield 'x'.repeat(1_024 * 1_024);
      })(),
    );
    await expect(readRecordingFrom(endless)).rejects.toThrow('line 1 is longer than any line of a recording');
    expect(endless.destroyed).toBe(true);
  });
});

describe('a recording of a server', patient, () => {
  test('has its actors from the first to the last, and is replayed', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'hubbub-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = path.join(folder, 'trace.jsonl');
    const server = await serve({ record: file });
    const member = await joinByWebSocket(server, { name: 'ada' });
    member.say('a secret');
    await member.next('chat');
    await server.stop();

    const text = await readFile(file, 'utf8');
    expect(text).not.toContain('a secret');
    const { actors, records } = readRecording(text.split('\n'));
    expect([...applied(actors, records).values()]).toEqual([]);
    const names = records.flatMap((record) =>
      record.kind === 'spawn' ? (record.actor.connection?.name ?? record.actor.name) : [],
    );
    expect(names).toEqual(expect.arrayContaining(['server', 'hub', 'broker', 'ada', 'reader', 'writer']));

    const replay = startHubbub(['replay', file]);
    const [, url = ''] = await replay.line(/^inspector\s+(http:\S+)\/inspect\/$/);
    const watcher = await Watcher.watch(url);
    await watcher.record('stop', ({ seq }) => seq === records.at(-1)?.seq);
    expect(watcher.records.all).toEqual(records);
    expect(await (await fetch(`${url}/inspect/recording.jsonl`)).text()).toContain('"mode":"recording"');
    watcher.webSocket.send('{"type":"kick","connection":"x","ref":4}');
    expect(watcher.messages.all[0]).toMatchObject({
      type: 'hello',
      mode: 'recording',
      title: 'trace.jsonl',
      canControl: false,
    });
    expect(await watcher.next('answer')).toMatchObject({ ref: 4, ok: false });
    replay.signal('SIGTERM');
    expect(await replay.ended).toMatchObject({ code: 0 });
  });

  test('can be taken away by a page, and is what that page was told', async () => {
    const server = await serve();
    const watcher = await Watcher.watch(server.url);
    const member = await joinByWebSocket(server, { name: 'ada' });
    await watcher.connectionIn('ada', 'open');
    const answer = await fetch(`${server.url}/inspect/recording.jsonl`);
    expect(answer.headers.get('content-disposition')).toContain('attachment');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { records, definitions } = readRecording((await answer.text()).split('\n'));
    expect(definitions.map(({ id }) => id)).toEqual(['server', 'broker', 'connection']);
    await watcher.record('gauges', ({ seq }) => seq > (records.at(-1)?.seq ?? 0));
    expect(records.length).toBeGreaterThan(5);
    expect(watcher.records.all.slice(0, records.length)).toEqual(records);
    member.close();
  });

  test('has the actors and their charts also where nobody has watched, and leaves no observer behind', async () => {
    const server = await serve();
    const member = await joinByWebSocket(server, { name: 'ada' });
    member.say('hello');
    await member.next('chat');
    const answer = await fetch(`${server.url}/inspect/recording.jsonl`);
    const { actors, definitions, records, between } = readRecording((await answer.text()).split('\n'));
    expect(actors.map(({ name, connection }) => connection?.name ?? name)).toEqual([
      'server',
      'broker',
      'hub',
      'connections',
      'ada',
      'reader',
      'writer',
    ]);
    expect(definitions.every(({ svg }) => svg?.startsWith('<svg'))).toBe(true);
    expect(records.find(({ kind }) => kind === 'gauges')).toMatchObject({ connections: { open: 1 } });
    const ada = actors.find(({ connection }) => connection !== undefined)?.id;
    expect(between).toMatchObject([
      { before: 0, message: { type: 'figures', rows: [[ada, 1, expect.any(Number), 0, 0]] } },
    ]);
    const watcher = await Watcher.watch(server.url);
    expect(watcher.records.all.filter(({ kind }) => kind !== 'gauges')).toEqual([]);
    member.close();
  });

  test('that goes round in a ring is replayed to anybody', () => {
    const recording = readRecording([
      JSON.stringify(hello),
      JSON.stringify({
        type: 'actors',
        done: true,
        actors: [
          { ...actorOf('a'), parent: 'b' },
          { ...actorOf('b'), parent: 'a' },
        ],
      }),
    ]);
    const told: string[] = [];
    const outlet = { send: (text: string) => told.push(text), bufferedBytes: 0, close: () => undefined };
    new Replay(recording, systemClock).join(new StatelyOutlet(outlet));
    expect(told).toHaveLength(2);
  });

  test('of states that are deeper than anybody reads is read all the same, and says what it has left out', () => {
    const subject = new SystemSubject('deep');
    const engine = new Inspector({ subject, clock: systemClock, onFault: fail });
    onTestFinished(() => engine.close());
    const lines: string[] = [];
    engine.record({ write: (line) => void lines.push(line) });
    for (const levels of [90, 91, 300]) {
      const actor = createActor(nested(levels), { inspect: (event) => subject.observe(event) }).start();
      actor.send({ type: 'again' });
      actor.stop();
    }
    for (const { records } of [readRecording(lines), readRecording(engine.recording())]) {
      const states = records.flatMap((record) => {
        if (record.kind === 'spawn') return innermostStates(record.actor.value);
        return record.kind === 'transition' ? innermostStates(record.value) : [];
      });
      const cut = '‹nested deeper›';
      expect(states).toEqual(['last', cut, cut].flatMap((state) => [state, state, state, state]));
    }
  });

  test('begins anew where a slow disk has lost lines, and is right again from there on', () => {
    const { disk, turn, text } = slowDisk();
    const clock = new SimulatedClock();
    const subject = new SystemSubject('busy');
    let sent = 0;
    const figuresOf = (actor: AnyActorRef): ConnectionFigures => {
      return { actor, messagesIn: sent, messagesOut: 0, outboxMessages: 0, outboxBytes: 0 };
    };
    const engine = new Inspector({ subject, clock, onFault: fail });
    onTestFinished(() => engine.close());
    const file = new RecordFile(disk, fail);
    engine.record(file);
    const start = (id: string) => {
      const actor = createActor(door, { id, inspect: (event) => subject.observe(event) }).start();
      onTestFinished(() => void actor.stop());
      return actor;
    };
    const [early, gone] = [start('early'), start('gone')];
    // More than may wait for a disk that stands still.
    subject.figures = () => [figuresOf(early)] as never;
    for (; sent < 6_000; sent += 1) {
      early.send({ type: sent % 2 === 0 ? 'open' : 'shut', words });
      // A second now and then, at which figures are told.
      if (sent % 100 === 0) clock.advance(1_000);
    }
    gone.stop();
    const late = start('late');
    late.send({ type: 'open' });
    turn();
    early.send({ type: 'open' });
    turn();

    const recording = readRecording(text().split('\n'));
    const { tape, lost } = Track.of(recording);
    const missing = recording.records.map(
      ({ seq }, index, { [index - 1]: before }) => seq - (before?.seq ?? -1) - 1,
    );
    expect(missing.filter((count) => count > 0)).toEqual([lost?.records]);
    expect(lost?.batches).toBe(1);
    const { actors, ended } = tape.sceneAt(tape.end);
    expect([...actors.values()].map(({ name, value, lastEvent }) => ({ name, value, lastEvent }))).toEqual([
      { name: 'early', value: 'ajar', lastEvent: 'open' },
      { name: 'late', value: 'ajar', lastEvent: 'open' },
    ]);
    expect(ended.size).toBe(0);
    // What was there before the loss is as it was.
    expect([...tape.sceneAt(100).actors.values()].map(({ name }) => name)).toEqual(['early', 'gone']);
  });

  test('says at once that the disk is full, and the server goes on', async () => {
    const logged = new Inbox<string>();
    const write = (line: string): void => logged.push(line);
    const server = await serve({ record: '/dev/full', logger: pino({ level: 'error' }, { write }) });
    expect(await logged.next((line) => line.includes('cannot be written'))).toContain('ENOSPC');
    const member = await joinByWebSocket(server);
    member.close();
  });

  test('is refused where the file cannot be written or read, in one line', async () => {
    const unwritable = await runHubbub(['--record', '/nowhere/trace.jsonl', '--port', '0']);
    expect(unwritable).toMatchObject({
      code: 2,
      stderr: [expect.stringContaining('--record /nowhere/trace.jsonl')],
    });
    const unreadable = await runHubbub(['replay', '/nowhere/trace.jsonl']);
    expect(unreadable).toMatchObject({ code: 2, stderr: [expect.stringContaining('/nowhere/trace.jsonl')] });
    await expect(serve({ record: '/nowhere/trace.jsonl' })).rejects.toThrow('ENOENT');
  });
});

function fail(thrown: unknown): void {
  throw thrown;
}

const door = createMachine({
  id: 'door',
  initial: 'closed',
  states: { closed: { on: { open: 'ajar' } }, ajar: { on: { shut: 'closed' } } },
});

/** A machine whose innermost state is in as many others. */
function nested(levels: number): AnyStateMachine {
  let node: Nest = { initial: 'last', states: { last: {} } };
  for (let level = 0; level < levels; level += 1) node = { initial: 'next', states: { next: node } };
  return createMachine({ ...node, on: { again: { actions: () => undefined } } });
}

interface Nest {
  readonly initial?: string;
  readonly states?: Readonly<Record<string, Nest>>;
}

/** As much as a record takes of an event. */
const words = Array.from({ length: 20 }, () => 'x'.repeat(200));

/** A disk that stands still but for its turns, in each of which it writes all that waits. */
function slowDisk() {
  const written: string[] = [];
  let hasWritten: (() => void) | undefined;
  const disk = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      written.push(chunk.toString());
      hasWritten = done;
    },
  });
  const turn = (): void => {
    for (let next = hasWritten; next !== undefined; next = hasWritten) {
      hasWritten = undefined;
      next();
    }
  };
  return { disk, turn, text: () => written.join('') };
}
