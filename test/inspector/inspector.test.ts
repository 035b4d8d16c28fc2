import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createActor, createMachine, type AnyActorRef } from 'xstate';
import { systemClock } from '../../src/clock.ts';
import { Inspector } from '../../src/inspector/inspector.ts';
import type { InspectorMessage } from '../../src/inspector/messages.ts';
import type { ConnectionFigures, DataPlaneListener } from '../../src/inspector/subject.ts';
import { SystemSubject } from '../../src/inspector/system-subject.ts';
import { Track } from '../../src/web/inspect/model/track.ts';
import { connectionOf, joinByWebSocket } from '../support/peers.ts';
import { patient, serve } from '../support/test-server.ts';
import { SimulatedClock } from '../support/simulated-clock.ts';
import { Watcher } from '../support/watcher.ts';

/** How many observers an actor's system has: XState tells nobody, so it is watched as it goes through them. */
function observersOf(actor: { system: object }): number {
  const { system } = actor as { system: { _sendInspectionEvent: (event: object) => void } };
  const forEach = vi.spyOn(Set.prototype, 'forEach');
  system._sendInspectionEvent({});
  const [observers] = forEach.mock.contexts as Set<unknown>[];
  forEach.mockRestore();
  return observers?.size ?? 0;
}

describe('a viewer of a server', patient, () => {
  test('finds the actors that were there before it, parents first', async () => {
    const server = await serve();
    await joinByWebSocket(server, { name: 'ada', room: 'tea' });
    const watcher = await Watcher.watch(server.url);
    expect([...watcher.actors.values()].map(({ type }) => type)).toEqual([
      'server',
      'broker',
      'hub',
      'connections',
      'connection',
      'reader',
      'writer',
    ]);
    const [top, , , crowd] = watcher.actors.values();
    expect(top).toMatchObject({ name: 'server', value: 'listening', context: { url: server.url } });
    expect(watcher.connection('ada')).toMatchObject({
      parent: crowd?.id,
      machine: 'connection',
      value: { open: { heartbeat: 'alive', inbound: 'flowing', outbound: 'clear' } },
      connection: { room: 'tea', name: 'ada', transport: 'websocket', address: '127.0.0.1', purpose: 'chat' },
      timers: [{ event: 'xstate.after.pingPeriod.connection.open.heartbeat.alive' }],
    });
  });

  test('sees a connection from its first event to its last, with the arrows that it follows', async () => {
    const server = await serve();
    const watcher = await Watcher.watch(server.url);
    const member = await joinByWebSocket(server, { name: 'ada' });
    const { id } = await watcher.connectionIn('ada', 'open');
    const opened = watcher.records.all.find(
      (record) => record.kind === 'transition' && record.actor === id && record.edges.length > 0,
    );
    expect(opened).toMatchObject({ type: 'registered', edges: ['connecting>open'] });
    member.close();
    const stop = await watcher.record('stop', ({ actor }) => actor === id);
    expect(stop).toMatchObject({ status: 'done', output: { code: 1000, by: 'peer' } });
    const edges = watcher.records.all.flatMap((record) =>
      record.kind === 'transition' && record.actor === id ? record.edges : [],
    );
    expect(edges).toEqual([
      'connecting>open',
      'connection>closing',
      'closing_socket_handshaking>closing_socket_gone',
      'closing_membership_leaving>closing_membership_left',
      'closing>closed',
    ]);
    expect([...watcher.actors.values()].map(({ type }) => type)).toEqual([
      'server',
      'broker',
      'hub',
      'connections',
    ]);
    const seqs = watcher.records.all.map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, index) => index));
  });

  test('is given the chart of each machine, whose states and arrows are those of the records', async () => {
    const server = await serve();
    await joinByWebSocket(server);
    const watcher = await Watcher.watch(server.url);
    const {
      svg = '',
      states,
      transitions,
    } = await watcher.next('definition', ({ id, svg: drawn }) => id === 'connection' && drawn !== undefined);
    for (const id of Object.values(states).slice(1)) expect(svg).toContain(`data-id="${id}"`);
    for (const edge of transitions.flatMap(({ edges }) => edges)) {
      const [from, to] = edge.split('>');
      expect(svg).toContain(`data-from="${from}" data-to="${to}"`);
    }
    expect(svg).not.toMatch(/<style| style=|https?:(?!\/\/www\.w3\.org\/2000\/svg)/);
  });

  test('sees both planes, and not what is said', async () => {
    const server = await serve();
    const watcher = await Watcher.watch(server.url);
    const member = await joinByWebSocket(server, { name: 'ada', room: 'tea' });
    member.say('a secret');
    const offered = await watcher.record('channel', ({ channel }) => channel === 'broadcast');
    expect(offered).toMatchObject({ what: 'accepted', room: 'tea', length: 8 });
    expect(watcher.actors.get(offered.from ?? '')).toMatchObject({ type: 'reader' });
    const delivered = await watcher.record('delivery', ({ types }) => types['chat'] === 1);
    expect(watcher.actors.get(delivered.to)).toMatchObject({ type: 'writer' });
    expect(JSON.stringify(watcher.messages.all)).not.toContain('a secret');
  });

  test('sees what is said where that is asked for', async () => {
    const server = await serve({ inspectContent: true });
    const watcher = await Watcher.watch(server.url);
    const member = await joinByWebSocket(server);
    member.say('no secret');
    const offered = await watcher.record('channel', ({ channel }) => channel === 'broadcast');
    expect(offered.content).toBe('no secret');
    const delivered = await watcher.record('delivery', ({ types }) => types['chat'] === 1);
    expect(delivered.content?.join('')).toContain('no secret');
  });

  test('is told figures, gauges and details', async () => {
    const server = await serve();
    const member = await joinByWebSocket(server, { name: 'ada' });
    const watcher = await Watcher.watch(server.url);
    const { id = '' } = watcher.connection('ada') ?? {};
    watcher.send({ type: 'watch', actors: [id], ref: 7 });
    const detail = await watcher.next('detail');
    expect(detail).toMatchObject({ id, status: 'active', children: 2, context: { isGone: false } });
    expect(await watcher.next('answer')).toEqual({ type: 'answer', ref: 7, ok: true });
    member.say('hello');
    await watcher.next('figures', ({ rows }) =>
      rows.some(([actor, messagesIn]) => actor === id && messagesIn === 1),
    );
    const gauges = await watcher.record('gauges');
    expect(gauges).toMatchObject({
      actors: 7,
      connections: { open: 1 },
      channels: [
        { name: 'register' },
        { name: 'unregister' },
        { name: 'broadcast', capacity: 1024, depth: 0 },
      ],
    });
    expect(gauges.totals?.messagesIn).toBe(1);
  });

  test('is told how many connections there are without a list of them being made', async () => {
    const server = await serve();
    await joinByWebSocket(server);
    const watcher = await Watcher.watch(server.url);
    const { connections } = server.actor.getSnapshot().children;
    if (connections === undefined) throw new Error('a server that listens has connections');
    const list = vi.spyOn(connections.getSnapshot(), 'children', 'get');
    watcher.send({ type: 'watch', actors: [connections.sessionId] });
    expect(await watcher.next('detail')).toMatchObject({ id: connections.sessionId, children: 1 });
    expect(list).not.toHaveBeenCalled();
  });

  test('may kick a connection, whose story is told after its end', async () => {
    const server = await serve();
    const member = await joinByWebSocket(server, { name: 'ada' });
    const watcher = await Watcher.watch(server.url);
    const { id } = connectionOf(server);
    watcher.send({ type: 'kick', connection: id });
    await expect(member.closed).resolves.toMatchObject({ code: 4503 });
    await watcher.record('stop', ({ output }) => JSON.stringify(output ?? null).includes('4503'));
    watcher.send({ type: 'graveyard', ref: 1 });
    const { graves, total } = await watcher.next('graveyard');
    expect(total).toBe(1);
    expect(graves).toMatchObject([
      { facts: { id, name: 'ada' }, end: { code: 4503, name: 'kicked', by: 'server' } },
    ]);
    watcher.send({ type: 'story', connection: id, ref: 2 });
    const { story } = await watcher.next('story');
    expect(story?.steps.flatMap(({ state }) => state ?? [])).toEqual([
      'connecting',
      'open · alive · flowing · clear',
      'closing · handshaking · leaving',
      'closing · handshaking · left',
      'closed',
    ]);
    expect(story?.steps.map(({ event }) => event)).toContain('close');
  });

  test('is told what is no command', async () => {
    const server = await serve();
    const watcher = await Watcher.watch(server.url);
    watcher.webSocket.send('{"type":"dance"}');
    expect(await watcher.next('answer')).toMatchObject({ ok: false, reason: 'that is no command' });
    watcher.send({ type: 'kick', connection: 'nobody', ref: 3 });
    expect(await watcher.next('answer')).toMatchObject({ ref: 3, ok: false });
  });

  test('leaves no observer and no tap behind, and what it saw is forgotten', async () => {
    const server = await serve();
    await joinByWebSocket(server);
    const { actor } = connectionOf(server);
    const before = observersOf(actor);
    const watcher = await Watcher.watch(server.url);
    expect(observersOf(actor)).toBe(before + 1);
    expect(server.hub.tap).toBeDefined();
    const other = await Watcher.watch(server.url);
    expect(observersOf(actor)).toBe(before + 1);
    await other.leave();
    await watcher.leave();
    await expect.poll(() => observersOf(actor), { interval: 5 }).toBe(before);
    expect([server.hub.tap, server.hub.broadcast.tap]).toEqual([undefined, undefined]);
  });

  test('watches the drain to its end, and does not hold it up', async () => {
    const server = await serve();
    await joinByWebSocket(server);
    const watcher = await Watcher.watch(server.url);
    const stopping = server.stop();
    await watcher.record('transition', ({ edges }) => edges.includes('listening>draining'));
    await watcher.record('transition', ({ value }) => JSON.stringify(value) === '{"draining":"releasing"}');
    await expect(watcher.closed).resolves.toBe(1001);
    await expect(stopping).resolves.toMatchObject({ leaks: [] });
  });
});

// What it must bear, without a server

const light = createMachine({
  id: 'light',
  initial: 'red',
  context: { passed: 0 },
  states: { red: { on: { go: 'green' } }, green: { on: { stop: 'red' } } },
});

/** How often viewers are told what is new. */
const tickMs = 50;

class TestOutlet {
  readonly messages: InspectorMessage[] = [];
  bufferedBytes = 0;

  send(text: string): void {
    this.messages.push(JSON.parse(text) as InspectorMessage);
  }

  close(): void {
    this.messages.push({ type: 'lost', batches: -1, records: -1 });
  }

  seqs(): number[] {
    return this.messages.flatMap((message) =>
      message.type === 'records' ? message.records.map(({ seq }) => seq) : [],
    );
  }
}

describe('the engine', () => {
  test('never hurts an actor, whatever goes wrong in it', async () => {
    const faults: unknown[] = [];
    const subject = new SystemSubject('broken');
    subject.describe = () => {
      throw new Error('the subject is broken');
    };
    const engine = new Inspector({ subject, clock: systemClock, onFault: (thrown) => faults.push(thrown) });
    onTestFinished(() => engine.close());
    engine.join(new TestOutlet());
    const actor = createActor(light, { inspect: (event) => subject.observe(event) }).start();
    actor.send({ type: 'go' });
    expect(actor.getSnapshot()).toMatchObject({ status: 'active', value: 'green' });
    expect(faults).toEqual([new Error('the subject is broken')]);
    actor.stop();
  });

  test('never ends the program, whatever an actor throws that is looked at', () => {
    const clock = new SimulatedClock();
    const tick = () => clock.advance(tickMs);
    const faults: unknown[] = [];
    const subject = new SystemSubject('evil');
    const engine = new Inspector({ subject, clock, onFault: (thrown) => faults.push(thrown) });
    onTestFinished(() => engine.close());
    const outlet = new TestOutlet();
    const { command } = engine.join(outlet);
    const start = (id: string): AnyActorRef =>
      createActor(light, { id, inspect: (event) => subject.observe(event) }).start();
    const [evil, good] = [start('evil'), start('good')] as const;
    onTestFinished(() => void [evil, good].map((actor) => actor.stop()));
    tick();
    evil.getSnapshot = () => fail(new Error('looked at')) as never;
    command(JSON.stringify({ type: 'watch', actors: [evil.sessionId, good.sessionId], ref: 1 }));
    for (let ticks = 0; ticks < 25; ticks += 1) tick();
    expect(outlet.messages).toContainEqual({ type: 'answer', ref: 1, ok: true });
    expect(outlet.messages).toContainEqual(expect.objectContaining({ type: 'detail', id: good.sessionId }));
    expect(faults).toEqual([new Error('looked at')]);
  });

  test('obeys no more commands than a hand can give', () => {
    const engine = new Inspector({ subject: new SystemSubject('calm'), clock: systemClock, onFault: fail });
    onTestFinished(() => engine.close());
    const outlet = new TestOutlet();
    const { command } = engine.join(outlet);
    for (let ref = 1; ref <= 1_000; ref += 1) command(JSON.stringify({ type: 'watch', actors: [], ref }));
    const answers = outlet.messages.filter((message) => message.type === 'answer');
    expect(answers).toHaveLength(1_000);
    expect(answers[0]).toMatchObject({ ref: 1, ok: true });
    expect(answers.at(-1)).toMatchObject({ ref: 1_000, ok: false });
  });

  test('tells a viewer who reads too slowly what it lost, and begins anew', async () => {
    const clock = new SimulatedClock();
    const tick = () => clock.advance(tickMs);
    const subject = new SystemSubject('slow');
    const engine = new Inspector({ subject, clock, onFault: fail, limits: { records: 100, bytes: 1e6 } });
    onTestFinished(() => engine.close());
    const actor = createActor(light, { inspect: (event) => subject.observe(event) }).start();
    onTestFinished(() => void actor.stop());
    const [slow, quick] = [new TestOutlet(), new TestOutlet()];
    engine.join(slow);
    engine.join(quick);
    slow.bufferedBytes = 2 * 1_024 * 1_024;
    for (let i = 0; i < 500; i += 1) {
      actor.send({ type: i % 2 === 0 ? 'go' : 'stop' });
      if (i % 10 === 0) tick();
    }
    tick();
    const told = quick.seqs().length;
    expect(told).toBeGreaterThanOrEqual(1_000);
    expect(slow.seqs()).toEqual([]);
    actor.send({ type: 'go' });
    slow.bufferedBytes = 0;
    tick();
    const lost = slow.messages.find(({ type }) => type === 'lost');
    expect(lost).toMatchObject({ records: told + 2 });
    const anew = slow.messages.find((message) => message.type === 'actors' && message.anew === true);
    expect(anew).toMatchObject({ actors: [{ id: actor.sessionId, value: 'green' }] });
    actor.send({ type: 'stop' });
    tick();
    expect(slow.seqs()).toEqual([told + 2, told + 3]);
  });

  test('tells what happens 20 times a second, and of a busy data plane a part, and how much it left out', () => {
    const clock = new SimulatedClock();
    const subject = new SystemSubject('busy');
    let listener: DataPlaneListener | undefined;
    subject.tap = ((tapped: typeof listener) => (listener = tapped)) as never;
    const actor = createActor(light, { inspect: (event) => subject.observe(event) }).start();
    onTestFinished(() => void actor.stop());
    const engine = new Inspector({ subject, clock, onFault: fail });
    onTestFinished(() => engine.close());
    const outlet = new TestOutlet();
    engine.join(outlet);
    outlet.messages.length = 0;
    for (let ms = 0; ms < 2_000; ms += 1) {
      actor.send({ type: ms % 2 === 0 ? 'go' : 'stop' });
      for (let delivered = 0; delivered < 2; delivered += 1) {
        if (listener?.wants() === true)
          listener.delivery(actor, actor, { messages: 1, characters: 1, types: { chat: 1 } });
      }
      clock.advance(1);
    }
    const batches = outlet.messages.filter((message) => message.type === 'records');
    expect(batches).toHaveLength(40);
    const records = batches.flatMap((batch) => batch.records);
    expect(records.filter(({ kind }) => kind === 'transition')).toHaveLength(2_000);
    expect(records.filter(({ kind }) => kind === 'delivery')).toHaveLength(1_000);
    expect(batches.at(-1)?.sampledAway).toBe(3_000);
  });

  test('records figures once a second, or less often where many have changed', () => {
    const clock = new SimulatedClock();
    const tick = () => clock.advance(tickMs);
    const subject = new SystemSubject('crowd');
    const actor = createActor(light, { inspect: (event) => subject.observe(event) }).start();
    onTestFinished(() => void actor.stop());
    let [crowd, said] = [0, 0];
    const everyone = () => Array.from({ length: crowd }, () => figuresOf(actor, said));
    subject.figures = everyone as never;
    const engine = new Inspector({ subject, clock, onFault: fail });
    onTestFinished(() => engine.close());
    const recorded: number[] = [];
    engine.record({
      write: (line) => void (line.startsWith('{"type":"figures"') && recorded.push(said)),
    });
    const runFor = (seconds: number) => {
      for (let second = 0; second < seconds; second += 1) {
        said += 1;
        for (let ticks = 0; ticks < 20; ticks += 1) tick();
      }
    };
    crowd = 1;
    runFor(3);
    expect(recorded.splice(0)).toEqual([1, 2, 3]);
    crowd = 2_000;
    runFor(9);
    expect(recorded.splice(0)).toEqual([7, 11]);
    crowd = 0;
    runFor(9);
    expect(recorded).toEqual([]);
  });

  test('gives a viewer the figures of before it came, and all of them again where it has lost records', () => {
    const clock = new SimulatedClock();
    const tick = () => clock.advance(tickMs);
    const subject = new SystemSubject('told');
    const start = (id: string): AnyActorRef =>
      createActor(light, { id, inspect: (event) => subject.observe(event) }).start();
    const [busy, calm] = [start('busy'), start('calm')] as const;
    onTestFinished(() => void [busy, calm].map((actor) => actor.stop()));
    let said = 0;
    subject.figures = () => [figuresOf(busy, said), figuresOf(calm, 7)] as never;
    subject.gauges = () => ({ channels: [], rooms: said });
    const engine = new Inspector({ subject, clock, onFault: fail, limits: { records: 50, bytes: 1e6 } });
    onTestFinished(() => engine.close());
    engine.join(new TestOutlet());
    while (said < 100) {
      said += 1;
      busy.send({ type: said % 2 === 0 ? 'stop' : 'go' });
      for (let ticks = 0; ticks < 20; ticks += 1) tick();
    }

    const late = new TestOutlet();
    engine.join(late);
    const { tape } = trackOf(late.messages);
    expect(tape.end).toBe(50);
    for (let place = 0; place <= tape.end; place += 1) {
      const { figures, gauges } = tape.sceneAt(place);
      // What was said by then is measured in the same second.
      const measured = gauges.at(-1)?.rooms ?? (tape.sceneAt(tape.end).gauges[0]?.rooms ?? 0) - 1;
      expect(figures.get(busy.sessionId)?.messagesIn).toBe(measured);
      expect(figures.get(calm.sessionId)?.messagesIn).toBe(7);
    }

    late.bufferedBytes = 2 * 1_024 * 1_024;
    for (let ticks = 0; ticks < 20; ticks += 1) tick();
    late.messages.length = 0;
    late.bufferedBytes = 0;
    tick();
    expect(late.messages.map(({ type }) => type)).toEqual(['lost', 'actors', 'figures']);
    expect(late.messages.at(-1)).toMatchObject({
      rows: [
        [busy.sessionId, 100, 0, 0, 0],
        [calm.sessionId, 7, 0, 0, 0],
      ],
    });
  });

  test('keeps no more than it may, however much happens', async () => {
    const limits = { records: 20_000, bytes: 1_024 * 1_024 };
    const subject = new SystemSubject('busy');
    const engine = new Inspector({ subject, clock: systemClock, onFault: fail, limits });
    onTestFinished(() => engine.close());
    engine.join({ send: () => undefined, bufferedBytes: 0, close: () => undefined });
    const actor = createActor(light, { inspect: (event) => subject.observe(event) }).start();
    onTestFinished(() => void actor.stop());
    for (let i = 0; i < 5_000; i += 1) {
      const event = { type: 'go', text: 'x'.repeat(1_000) };
      actor.send(event);
      actor.send({ type: 'stop' });
    }
    expect(engine.kept.records).toBeGreaterThan(1_000);
    expect(engine.kept.records).toBeLessThanOrEqual(limits.records);
    expect(engine.kept.bytes).toBeLessThanOrEqual(limits.bytes);
    const recording = [...engine.recording()];
    expect(recording.length).toBe(engine.kept.records + 3);
  });
});

function fail(thrown: unknown): void {
  throw thrown;
}

/** Those of a connection that has said so much and heard nothing. */
function figuresOf(actor: AnyActorRef, messagesIn: number): ConnectionFigures {
  return { actor, messagesIn, messagesOut: 0, outboxMessages: 0, outboxBytes: 0 };
}

/** What a page has that is told this. */
function trackOf([hello, ...messages]: readonly InspectorMessage[]): Track {
  if (hello?.type !== 'hello') throw new Error('a page is told hello first');
  const track = new Track(hello);
  for (const message of messages) track.take(message as Parameters<Track['take']>[0]);
  return track;
}
