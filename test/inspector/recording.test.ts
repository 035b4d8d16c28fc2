import * as fc from 'fast-check';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Actor, Hello, InspectorRecord } from '../../src/inspector/messages.ts';
import { readRecording, RecordingError } from '../../src/inspector/recording.ts';
import { Ring } from '../../src/inspector/ring.ts';
import { applyRecord, type Moment } from '../../src/inspector/timeline.ts';
import { joinByWebSocket } from '../support/peers.ts';
import { runHubbub, startHubbub } from '../support/processes.ts';
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

const lives = fc.array(
  fc.record<Life>({
    id: fc.constantFrom(...ids),
    kind: fc.constantFrom('spawn', 'event', 'transition', 'stop'),
  }),
  { maxLength: 60 },
);

function applied(actors: Iterable<Actor>, records: readonly InspectorRecord[]): Moment {
  const moment: Moment = new Map([...actors].map((actor) => [actor.id, actor]));
  for (const record of records) applyRecord(moment, record);
  return moment;
}

describe('a ring', () => {
  test('has, with its baseline, the state after all records, however few are kept', () => {
    fc.assert(
      fc.property(lives, fc.integer({ min: 1, max: 20 }), (life, most) => {
        const ring = new Ring({ records: most, bytes: 1e6 });
        const records = life.map((step, index) => recordOf(step, index));
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
    const { records } = readRecording([...lines, '{"type":"of a later version"}', '{"seq":1,"at":3,"ki']);
    expect(records).toHaveLength(1);
  });

  test('says what is wrong with a file that is none', () => {
    expect(() => readRecording([])).toThrow(RecordingError);
    expect(() => readRecording(['{"seq":1,"kind":"event"}'])).toThrow('its first line is no hello');
    expect(() => readRecording([lines[0] ?? '', 'gap', lines[1] ?? ''])).toThrow('line 2 is no JSON');
    expect(() => readRecording([JSON.stringify({ ...hello, version: 2 })])).toThrow('is of version 2');
  });

  test('moves the baseline on where there is more than one would hold', () => {
    const records = Array.from({ length: 50 }, (_, seq) => recordOf({ id: 'a', kind: 'transition' }, seq));
    const recording = readRecording(
      [JSON.stringify(hello), ...lines.slice(1, 2), ...records.map((record) => JSON.stringify(record))],
      10,
    );
    expect(recording.records).toEqual(records.slice(-10));
    expect(recording.actors).toMatchObject([{ id: 'a', value: 'state 39' }]);
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
    const { records, definitions } = readRecording((await answer.text()).split('\n'));
    expect(definitions.map(({ id }) => id)).toEqual(['server', 'broker', 'connection']);
    expect(watcher.records.all).toEqual(records.slice(0, watcher.records.all.length));
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
