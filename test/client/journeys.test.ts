/** The client against a real server, by every transport: one suite. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import {
  joinRoom,
  type ChatMessage,
  type Gap,
  type JoinOptions,
  type Room,
  type RoomState,
  type TransportName,
} from '../../src/client/index.ts';
import { closeCodes, type ChatServer } from '../../src/index.ts';
import { trackActors } from '../../src/leaks.ts';
import { HurriedClock } from '../support/hurried-clock.ts';
import { joinByWebSocket } from '../support/peers.ts';
import { Relay } from '../support/relay.ts';
import { patient, serve, type TestServerOptions } from '../support/test-server.ts';

const transports: readonly TransportName[] = ['websocket', 'sse', 'longpoll'];

/** Retries come as soon as they may, so that nobody waits for chance. */
const impatient = { random: () => 0 };
/** Nobody who polled is there any more when the server ends. */
const quickEnd = { drainGraceMs: 50 };

/** A room with what was heard in it. It is closed when the test ends, and leaves nothing. */
class Ear {
  readonly room: Room;
  readonly clock = new HurriedClock();
  readonly heard: ChatMessage[] = [];
  readonly gaps: Gap[] = [];
  readonly states: RoomState[] = [];
  readonly errors: unknown[] = [];
  #look: () => void = () => undefined;

  constructor(options: JoinOptions) {
    const leaks = trackActors({ processResources: false });
    const { clock } = this;
    const storage = {};
    this.room = joinRoom({
      room: 'tea',
      WebSocket,
      clock,
      storage,
      inspect: leaks.inspect,
      ...impatient,
      ...options,
    });
    onTestFinished(async () => {
      await this.room.close();
      await leaks.expectNone();
      leaks.stop();
    });
    this.room.on('message', (message) => this.#note(this.heard, message));
    this.room.on('gap', (gap) => this.#note(this.gaps, gap));
    this.room.on('state', (state) => this.#note(this.states, state));
    this.room.on('error', (error) => this.#note(this.errors, error));
  }

  /** Has it come back at once from now on. */
  neverWaits(): void {
    this.room.on('state', ({ status }) => status === 'backingOff' && this.room.retryNow());
  }

  /** Waits until it is so. */
  until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const before = this.#look;
      this.#look = () => {
        before();
        if (isSo()) resolve();
      };
      this.#look();
    });
  }

  status(status: RoomState['status']): Promise<void> {
    return this.until(() => this.room.state.status === status);
  }

  heardAll(contents: readonly string[]): Promise<void> {
    return this.until(() => this.heard.length >= contents.length);
  }

  #note<T>(list: T[], item: T): void {
    list.push(item);
    this.#look();
  }
}

async function relayTo(server: ChatServer): Promise<Relay> {
  const relay = await Relay.before(server.url);
  onTestFinished(() => relay.close());
  return relay;
}

const start = (options: TestServerOptions = {}) => serve({ ...quickEnd, ...options });

const words = (count: number) => Array.from({ length: count }, (_, i) => `message ${i + 1}`);

describe.each(transports)('a room by %s', patient, (transport) => {
  const by = { transports: [transport] };

  test('is joined, said things in, and heard', async () => {
    const server = await start();
    const bob = await joinByWebSocket(server, { room: 'tea', name: 'Bob' });
    const ear = new Ear({ url: server.url, name: 'Ann', ...by });
    await ear.status('open');
    expect(ear.room.state).toMatchObject({
      transport,
      name: 'Ann',
      members: 2,
      attempt: 0,
      recovered: false,
    });
    expect(await ear.room.send('hello')).toMatchObject({ offset: 1 });
    expect(await bob.next('chat')).toMatchObject({ sender: 'Ann', content: 'hello', offset: 1 });
    bob.say('hello, Ann');
    await ear.heardAll(['hello', 'hello, Ann']);
    expect(ear.heard).toMatchObject([
      { sender: 'Ann', content: 'hello', offset: 1 },
      { sender: 'Bob', content: 'hello, Ann', offset: 2 },
    ]);
  });

  test('tells who comes and goes', async () => {
    const server = await start();
    const ear = new Ear({ url: server.url, ...by });
    const events: string[] = [];
    ear.room.on('presence', ({ event, sender }) => void events.push(`${sender} ${event}`));
    await ear.status('open');
    const bob = await joinByWebSocket(server, { room: 'tea', name: 'Bob' });
    await ear.until(() => ear.room.state.members === 2);
    bob.close();
    await ear.until(() => ear.room.state.members === 1);
    expect(events.slice(-2)).toEqual(['Bob joined', 'Bob left']);
  });

  test('survives cuts with messages in flight: each is published once, and heard once, in order', async () => {
    const server = await start({ rate: 0 });
    const relay = await relayTo(server);
    const bob = await joinByWebSocket(server, { room: 'tea', name: 'Bob' });
    const ear = new Ear({ url: relay.url, name: 'Ann', ...by });
    await ear.status('open');
    ear.neverWaits();
    const said = words(30);
    const sent = said.map((content) => ear.room.send(content));
    for (let cuts = 1; cuts <= 3; cuts += 1) {
      await ear.until(() => ear.heard.length >= cuts * 5);
      relay.cut();
    }
    expect((await Promise.all(sent)).map(({ offset }) => offset)).toEqual(said.map((_, i) => i + 1));
    await bob.next('chat', ({ offset }) => offset === said.length);
    const published = bob.messages.filter((message) => message.type === 'chat');
    expect(published.map(({ content }) => content)).toEqual(said);
    await ear.heardAll(said);
    expect(ear.heard.map(({ content }) => content)).toEqual(said);
    expect(ear.gaps).toEqual([]);
  });

  test('is acked by the next connection for what the last one did deliver', async () => {
    const server = await start();
    const relay = await relayTo(server);
    const bob = await joinByWebSocket(server, { room: 'tea', name: 'Bob' });
    const ear = new Ear({ url: relay.url, name: 'Ann', ...by });
    await ear.status('open');
    ear.neverWaits();
    relay.deafen();
    const sending = ear.room.send('once');
    const { offset } = await bob.next('chat');
    relay.cut();
    expect(await sending).toMatchObject({ offset });
    await ear.room.send('and on');
    await bob.next('chat', ({ content }) => content === 'and on');
    const published = bob.messages.filter((message) => message.type === 'chat');
    expect(published.map(({ content }) => content)).toEqual(['once', 'and on']);
    await ear.heardAll(['once', 'and on']);
    expect(ear.heard.map(({ content }) => content)).toEqual(['once', 'and on']);
  });

  test('notices that the network lets nothing through, and takes another connection', async () => {
    const server = await start({ pingPeriodMs: 100 });
    const relay = await relayTo(server);
    const ear = new Ear({ url: relay.url, ...by });
    await ear.status('open');
    relay.stall();
    // The time that the server has to give a sign of life.
    ear.clock.hurry(8_000);
    await ear.status('backingOff');
    expect(ear.room.state.close).toEqual({ code: closeCodes.abnormal.code, reason: 'no sign of life' });
    ear.room.retryNow();
    await ear.status('open');
  });

  test('is told what was said while it was away', async () => {
    const server = await start();
    const relay = await relayTo(server);
    const bob = await joinByWebSocket(server, { room: 'tea', name: 'Bob' });
    const ear = new Ear({ url: relay.url, ...by });
    await ear.status('open');
    relay.isDown = true;
    relay.cut();
    await ear.status('backingOff');
    for (const content of words(3)) bob.say(content);
    await bob.next('chat', ({ offset }) => offset === 3);
    relay.isDown = false;
    ear.room.retryNow();
    await ear.heardAll(words(3));
    expect(ear.heard.map(({ content }) => content)).toEqual(words(3));
    expect(ear.room.state).toMatchObject({ status: 'open', recovered: true });
    expect(ear.gaps).toEqual([]);
  });

  test('is told plainly where the history is gone', async () => {
    const server = await start({ historyMessages: 1, rate: 0 });
    const relay = await relayTo(server);
    const bob = await joinByWebSocket(server, { room: 'tea', name: 'Bob' });
    const ear = new Ear({ url: relay.url, ...by });
    await ear.status('open');
    relay.isDown = true;
    relay.cut();
    await ear.status('backingOff');
    for (const content of words(3)) bob.say(content);
    await bob.next('chat', ({ offset }) => offset === 3);
    relay.isDown = false;
    ear.room.retryNow();
    await ear.until(() => ear.gaps.length > 0);
    const epoch = server.hub.rooms.get('tea')?.position?.epoch;
    expect(ear.gaps).toEqual([{ from: { epoch, offset: 0 }, to: { epoch, offset: 3 } }]);
    expect(ear.heard).toEqual([]);
  });

  test('outlives a server that drains, and hears all that is said to the one that takes its place', async () => {
    const first = await start({ reconnectSpreadMs: 0 });
    const port = Number(new URL(first.url).port);
    const relay = await relayTo(first);
    const ear = new Ear({ url: relay.url, name: 'Ann', ...by });
    await ear.status('open');
    await ear.room.send('to the first');
    relay.isDown = true;
    await first.stop();
    const waiting = ear.room.send('to whoever comes');
    const second = await start({ port });
    const bob = await joinByWebSocket(second, { room: 'tea', name: 'Bob' });
    bob.say('I am first');
    await bob.next('chat');
    relay.isDown = false;
    ear.room.retryNow();
    expect(await waiting).toMatchObject({ offset: 2 });
    expect(ear.gaps).toMatchObject([{ from: { offset: 1 }, to: { offset: 0 } }]);
    expect(ear.room.state.position?.epoch).toBe(second.hub.rooms.get('tea')?.position?.epoch);
    await ear.heardAll(['to the first', 'I am first', 'to whoever comes']);
    expect(ear.heard).toHaveLength(3);
  });

  test('is over when the server says to stay away', async () => {
    const server = await start();
    const ear = new Ear({ url: server.url, name: 'Ann', ...by });
    await ear.status('open');
    const { code, reason } = closeCodes.kicked;
    for (const { actor } of server.connections) actor.send({ type: 'close', code, reason });
    await ear.status('closed');
    expect(ear.room.state.close).toEqual({ code, reason });
    await expect(ear.room.send('anybody?')).rejects.toMatchObject({ name: 'SendError', code: 'closed' });
  });

  test('of a name that no room has is over at once, with the reason', async () => {
    const server = await start();
    const ear = new Ear({ url: server.url, ...by, room: 'no rooms with spaces' });
    await ear.status('closed');
    expect(ear.room.state.close?.code).toBe(closeCodes.badRequest.code);
  });

  test.each(['close()', 'an AbortSignal'])('is left by %s, and the others are told', async (how) => {
    const server = await start({ pongWaitMs: 200 });
    const bob = await joinByWebSocket(server, { room: 'tea', name: 'Bob' });
    const leave = new AbortController();
    const ear = new Ear({ url: server.url, name: 'Ann', signal: leave.signal, ...by });
    await ear.status('open');
    const iterated: string[] = [];
    const iteration = (async () => {
      for await (const { content } of ear.room) iterated.push(content);
    })();
    await ear.room.send('goodbye');
    await ear.heardAll(['goodbye']);
    if (how === 'close()') await ear.room.close();
    else leave.abort();
    await iteration;
    expect(iterated).toEqual(['goodbye']);
    expect(ear.room.state.status).toBe('closed');
    expect(await bob.next('system', ({ event }) => event === 'left')).toMatchObject({ sender: 'Ann' });
  });

  test('goes on under another name, and misses nothing', async () => {
    const server = await start();
    const bob = await joinByWebSocket(server, { room: 'tea', name: 'Bob' });
    const ear = new Ear({ url: server.url, name: 'Ann', ...by });
    await ear.status('open');
    ear.room.rename('Anna');
    bob.say('who?');
    await ear.until(() => ear.room.state.name === 'Anna' && ear.heard.length === 1);
    await ear.room.send('me');
    expect(await bob.next('chat', ({ sender }) => sender !== 'Bob')).toMatchObject({ sender: 'Anna' });
    expect(ear.gaps).toEqual([]);
  });

  test('waits as long as the rate limiter says, and sends all in order', async () => {
    const server = await start({ rate: 20, burst: 2 });
    const ear = new Ear({ url: server.url, ...by });
    await ear.status('open');
    const sent = await Promise.all(words(6).map((content) => ear.room.send(content)));
    expect(sent.map(({ offset }) => offset)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('rejects what the server will not take, with its reason, and goes on', async () => {
    const server = await start();
    const ear = new Ear({ url: server.url, ...by });
    await ear.status('open');
    ear.neverWaits();
    await expect(ear.room.send('   ')).rejects.toMatchObject({ name: 'SendError', code: 'empty' });
    await expect(ear.room.send('x'.repeat(5_000))).rejects.toMatchObject({ code: 'too_long' });
    expect(await ear.room.send('something')).toMatchObject({ offset: 1 });
  });

  test('whose queue is full says so at once', async () => {
    const ear = new Ear({ url: 'http://127.0.0.1:1', queueLimit: 2, ...by });
    const waiting = [ear.room.send('one'), ear.room.send('two')].map((sending) => sending.catch(String));
    await expect(ear.room.send('three')).rejects.toMatchObject({ code: 'queue_full' });
    await ear.room.close();
    for (const outcome of await Promise.all(waiting)) expect(outcome).toContain('SendError');
  });
});

describe('a network without WebSockets', patient, () => {
  test('is got through by server-sent events, which is remembered', async () => {
    const server = await start();
    const relay = await relayTo(server);
    relay.blocksWebSockets = true;
    const storage = {};
    const ear = new Ear({ url: relay.url, storage });
    await ear.status('open');
    expect(ear.room.state.transport).toBe('sse');
    expect(await ear.room.send('through')).toMatchObject({ offset: 1 });
    await ear.room.close();
    const again = new Ear({ url: relay.url, storage });
    expect(again.room.state.transport).toBe('sse');
    await again.status('open');
  });

  test('nor streams is got through by long polls, after 2.5 s for each of them', async () => {
    const server = await start();
    const relay = await relayTo(server);
    relay.swallowsStreams = true;
    const ear = new Ear({ url: relay.url });
    ear.clock.hurry(2_500);
    await ear.status('open');
    expect(ear.states.map(({ status, transport }) => [status, transport])).toEqual([
      ['connecting', 'sse'],
      ['connecting', 'longpoll'],
      ['open', 'longpoll'],
    ]);
    expect(await ear.room.send('through')).toMatchObject({ offset: 1 });
    await ear.heardAll(['through']);
  });

  test('nor a WebSocket class does as well', async () => {
    const server = await start();
    // Later versions of Node have one.
    vi.stubGlobal('WebSocket', undefined);
    onTestFinished(() => void vi.unstubAllGlobals());
    const { room } = new Ear({ url: server.url, WebSocket: undefined });
    expect(await room.send('hello')).toMatchObject({ offset: 1 });
    expect(room.state.transport).toBe('sse');
  });
});
