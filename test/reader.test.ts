import { describe, expect, test } from 'vitest';
import { createActor, setup } from 'xstate';
import type { Sender } from '../src/channel.ts';
import { Reader, readerLogic, type ReaderEdge, type ReaderLimits, type Session } from '../src/reader.ts';
import { createTraffic } from '../src/traffic.ts';
import { Writer } from '../src/writer.ts';
import { FakeSocket } from './support/connection-harness.ts';
import { SimulatedClock } from './support/simulated-clock.ts';

/** A session that keeps what it was given, and parks it when it is told to. */
class FakeSession implements Session {
  readonly taken: string[] = [];
  readonly refusals: number[] = [];
  closings = 0;
  /** What parks: nothing, unless the test says so. */
  isFull: (message: string) => boolean = () => false;
  sender: Sender | undefined;

  open(sender: Sender): boolean {
    this.sender = sender;
    return !this.isFull('open');
  }

  take(data: Buffer, isBinary: boolean, sender: Sender): boolean {
    const message = isBinary ? `<${data.toString()}>` : data.toString();
    this.sender = sender;
    this.taken.push(message);
    return !this.isFull(message);
  }

  refuse(retryAfterMs: number): void {
    this.refusals.push(retryAfterMs);
  }

  close(): void {
    this.closings += 1;
  }
}

function createReader(limits: Partial<ReaderLimits> = {}) {
  const clock = new SimulatedClock();
  const socket = new FakeSocket();
  const session = new FakeSession();
  const traffic = createTraffic();
  const writer = new Writer({
    id: 'r',
    name: 'r',
    socket,
    limits: { outboxMessages: 8, outboxBytes: 800 },
    traffic,
  });
  const reader = new Reader({
    id: 'r',
    socket,
    session,
    writer,
    clock,
    traffic,
    limits: { rate: 0, burst: 1, abuseLimit: 1, ...limits },
  });
  const edges: ReaderEdge[] = [];
  reader.start((edge) => edges.push(edge));
  const send = (...messages: string[]) => {
    for (const message of messages) socket.listener?.frame(Buffer.from(message), false);
  };
  return {
    clock,
    socket,
    session,
    traffic,
    writer,
    reader,
    edges,
    send,
    told: () => edges.map((edge) => edge.type),
  };
}

describe('a reader', () => {
  test('gives the session every whole message, text or binary, and tells the machine nothing', () => {
    const { socket, session, traffic, reader, edges, send } = createReader();
    send('one', 'two');
    socket.listener?.frame(Buffer.from('bytes'), true);
    expect(session.taken).toEqual(['one', 'two', '<bytes>']);
    expect(edges).toEqual([]);
    expect(reader.messagesIn).toBe(3);
    expect(traffic).toMatchObject({ framesIn: 3, bytesIn: 11 });
  });

  test('is the socket’s listener from start to release', () => {
    const { socket, reader, edges } = createReader();
    expect(socket.listener).toBe(reader);
    reader.release();
    expect(socket.listener).toBeUndefined();
    reader.closed(1000, '');
    expect(edges).toEqual([]);
  });

  test.each(['a message', 'a ping', 'a pong'])(
    'tells of %s as a pong when a sign of life is awaited, once',
    (sign) => {
      const { socket, reader, told, send } = createReader();
      const give = {
        'a message': () => send('hello'),
        'a ping': () => socket.listener?.pinged(),
        'a pong': () => socket.listener?.pong(),
      }[sign];
      give?.();
      expect(told()).toEqual([]);
      reader.awaitSign();
      give?.();
      give?.();
      expect(told()).toEqual(['pong']);
    },
  );

  test('tells of broken rules and the end as they come', () => {
    const { socket, edges } = createReader();
    socket.listener?.failed(1002, 'protocol error');
    socket.listener?.closed(1002, 'protocol error');
    expect(edges).toEqual([
      { type: 'socket.failed', code: 1002, reason: 'protocol error' },
      { type: 'socket.closed', code: 1002, reason: 'protocol error' },
    ]);
  });

  test('takes no message once it is stopped, but hears pongs and the end', () => {
    const { socket, session, traffic, reader, told, send } = createReader();
    reader.awaitSign();
    reader.stop();
    send('late');
    socket.listener?.pinged();
    socket.listener?.pong();
    socket.listener?.closed(1000, '');
    expect(session.taken).toEqual([]);
    expect(traffic.framesIn).toBe(1);
    expect(told()).toEqual(['pong', 'socket.closed']);
  });

  test('lives as a child from the parent’s start to its stop, and takes its orders', () => {
    const { socket, session, reader, send } = createReader();
    const parent = setup({ actors: { reader: readerLogic } }).createMachine({
      invoke: { id: 'reader', src: 'reader', input: { reader } },
      on: { order: { actions: ({ self }) => self.getSnapshot().children['reader']?.send({ type: 'stop' }) } },
    });
    const actor = createActor(parent).start();
    send('one');
    actor.send({ type: 'order' });
    send('two');
    expect(session.taken).toEqual(['one']);
    actor.stop();
    expect(socket.listener).toBeUndefined();
  });
});

describe('a reader’s rate limiter', () => {
  const limits = { rate: 10, burst: 2, abuseLimit: 3 };

  test('weighs a frame before anything is parsed: the session never sees one that is refused', () => {
    const { session, told, send } = createReader(limits);
    send('one', 'two', 'three', 'four');
    expect(session.taken).toEqual(['one', 'two']);
    expect(session.refusals).toEqual([100, 100]);
    expect(told()).toEqual(['throttled']);
  });

  test('says once that it throttles, and again only after it has let go', () => {
    const { clock, session, reader, told, send } = createReader({ ...limits, abuseLimit: 100 });
    send('one', 'two', 'three', 'four', 'five');
    expect(reader.throttledUntil).toBe(clock.now() + 100);
    clock.advance(100);
    send('six', 'seven');
    expect(session.taken).toEqual(['one', 'two', 'six']);
    expect(told()).toEqual(['throttled', 'throttled']);
  });

  test('tells when a message would pass, to the millisecond', () => {
    const { clock, session, send } = createReader({ ...limits, abuseLimit: 100 });
    send('one', 'two');
    clock.advance(40);
    send('three');
    expect(session.refusals).toEqual([60]);
    clock.advance(59);
    send('four');
    expect(session.refusals).toEqual([60, 1]);
    clock.advance(1);
    send('five');
    expect(session.taken).toEqual(['one', 'two', 'five']);
  });

  test('bears so many refusals, and no more', () => {
    const { told, send } = createReader(limits);
    send('one', 'two', 'a', 'b', 'c');
    expect(told()).toEqual(['throttled']);
    send('d');
    expect(told()).toEqual(['throttled', 'abused']);
  });

  test('forgives at the rate what it refused', () => {
    const { clock, told, send } = createReader({ ...limits, rate: 1 });
    send('one', 'two', 'a', 'b', 'c');
    clock.advance(10_000);
    send('one', 'two', 'a', 'b', 'c');
    expect(told()).toEqual(['throttled', 'throttled']);
    send('d');
    expect(told()).toEqual(['throttled', 'throttled', 'abused']);
  });

  test('takes a flood of pings for abuse, though they are no messages', () => {
    const { socket, session, told } = createReader(limits);
    for (let ping = 0; ping < 3; ping += 1) socket.listener?.pinged();
    expect(told()).toEqual([]);
    socket.listener?.pinged();
    expect(told()).toEqual(['abused']);
    expect(session.refusals).toEqual([]);
  });

  test('weighs what comes by another way with what comes by the socket', () => {
    const { clock, session, reader, told, send } = createReader({ rate: 10, burst: 2, abuseLimit: 2 });
    expect(reader.weigh()).toBe(0);
    send('one');
    expect(reader.weigh()).toBe(100);
    expect([session.taken, session.refusals]).toEqual([['one'], []]);
    expect(reader.throttledUntil).toBe(clock.now() + 100);
    expect(reader.messagesIn).toBe(3);
    expect(told()).toEqual(['throttled']);
    send('two');
    reader.weigh();
    expect(told()).toEqual(['throttled', 'abused']);
  });

  test('is not there without a rate', () => {
    const { socket, session, edges, send } = createReader({ rate: 0 });
    send(...Array.from({ length: 1_000 }, String));
    for (let ping = 0; ping < 1_000; ping += 1) socket.listener?.pinged();
    expect(session.taken).toHaveLength(1_000);
    expect(edges).toEqual([]);
  });
});

describe('a reader whose message was parked', () => {
  test('flowing (blocked) -> blocked: pauses the socket, and says so', () => {
    const { socket, session, told, send } = createReader();
    session.isFull = () => true;
    send('parks');
    expect(socket.asked).toEqual(['pause']);
    expect(told()).toEqual(['blocked']);
  });

  test('is parked by its request to be let in as well', () => {
    const { socket, session, reader, told } = createReader();
    session.isFull = () => true;
    reader.open();
    expect(socket.isPaused).toBe(true);
    session.isFull = () => false;
    session.sender?.unparked();
    expect(socket.isPaused).toBe(false);
    expect(told()).toEqual(['blocked', 'unblocked']);
  });

  test('keeps what the socket still gives, and offers none of it', () => {
    const { session, reader, traffic, send } = createReader();
    session.isFull = () => true;
    send('parks', 'one', 'two');
    expect(session.taken).toEqual(['parks']);
    expect(reader.messagesIn).toBe(1);
    expect(traffic.framesIn).toBe(3);
  });

  test('blocked (unblocked) -> flowing: takes what it kept in order, and only then resumes the socket', () => {
    const { socket, session, told, send } = createReader();
    session.isFull = (message) => message === 'parks';
    send('parks', 'one', 'two');
    const resumedAfter: string[][] = [];
    socket.resume = () => void resumedAfter.push([...session.taken]);
    session.sender?.unparked();
    expect(resumedAfter).toEqual([['parks', 'one', 'two']]);
    expect(told()).toEqual(['blocked', 'unblocked']);
  });

  test('stays blocked, in order, where what it kept parks again', () => {
    const { socket, session, told, send } = createReader();
    session.isFull = (message) => message.startsWith('parks');
    send('parks 1', 'one', 'parks 2', 'two', 'parks 3', 'three');
    session.sender?.unparked();
    expect(session.taken).toEqual(['parks 1', 'one', 'parks 2']);
    expect(socket.isPaused).toBe(true);
    session.sender?.unparked();
    session.sender?.unparked();
    expect(session.taken).toEqual(['parks 1', 'one', 'parks 2', 'two', 'parks 3', 'three']);
    expect(socket.isPaused).toBe(false);
    expect(told()).toEqual(['blocked', 'blocked', 'blocked', 'unblocked']);
  });

  test('weighs what it kept once it takes it, by when it was last heard', () => {
    const { clock, session, send } = createReader({ rate: 10, burst: 1, abuseLimit: 100 });
    session.isFull = (message) => message === 'parks';
    send('parks');
    clock.advance(100);
    send('one', 'two');
    expect(session.refusals).toEqual([]);
    session.sender?.unparked();
    expect(session.taken).toEqual(['parks', 'one']);
    expect(session.refusals).toEqual([100]);
  });

  test('is heard as long as it lasts: it is not the peer who is silent', () => {
    const { clock, session, reader, send } = createReader();
    session.isFull = () => true;
    send('parks');
    const heardAt = clock.now();
    clock.advance(60_000);
    expect(reader.lastHeardAt).toBe(clock.now());
    session.isFull = () => false;
    session.sender?.unparked();
    expect(reader.lastHeardAt).toBe(heardAt);
  });

  test('hears the end though it is parked', () => {
    const { socket, session, told, send } = createReader();
    session.isFull = () => true;
    send('parks', 'kept');
    socket.listener?.closed(1006, '');
    expect(told()).toEqual(['blocked', 'socket.closed']);
  });

  test('lets the socket flow once it is stopped, and forgets what it kept', () => {
    const { socket, session, reader, told, send } = createReader();
    session.isFull = () => true;
    send('parks', 'kept');
    reader.stop();
    expect(socket.isPaused).toBe(false);
    session.sender?.unparked();
    expect(session.taken).toEqual(['parks']);
    expect(told()).toEqual(['blocked']);
  });

  test('takes nothing more of what it kept where taking it ends the connection', () => {
    const { socket, session, reader, told, send } = createReader();
    session.isFull = (message) => message === 'parks';
    send('parks', 'last', 'never');
    const take = session.take.bind(session);
    session.take = (...message) => {
      reader.stop();
      return take(...message);
    };
    session.sender?.unparked();
    expect(session.taken).toEqual(['parks', 'last']);
    expect(told()).toEqual(['blocked']);
    expect(socket.isPaused).toBe(false);
  });

  test('leaves the socket flowing and silent when it is released', () => {
    const { socket, session, reader, edges, send } = createReader();
    session.isFull = () => true;
    send('parks', 'kept');
    reader.release();
    edges.length = 0;
    session.sender?.unparked();
    expect(socket).toMatchObject({ isPaused: false, listener: undefined });
    expect(session.taken).toEqual(['parks']);
    expect(edges).toEqual([]);
  });
});
