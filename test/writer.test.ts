import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createActor, setup } from 'xstate';
import { Batch } from '../src/batch.ts';
import type { OutboxLimits } from '../src/outbox.ts';
import { createTraffic } from '../src/traffic.ts';
import { Writer, writerLogic, type WriterCommand, type WriterEdge } from '../src/writer.ts';
import { FakeSocket } from './support/connection-harness.ts';

/** A kernel that takes what it is given when the test says so. */
class SlowSocket extends FakeSocket {
  /** Whether it takes everything at once. */
  takes = true;

  override send(bytes: Buffer): void {
    super.send(bytes);
    if (!this.takes) this.bufferedBytes += bytes.length;
  }
}

function createWriter(limits: Partial<OutboxLimits> = {}) {
  const socket = new SlowSocket();
  const traffic = createTraffic();
  const writer = new Writer({
    id: 'w',
    name: 'w',
    socket,
    traffic,
    limits: { outboxMessages: 8, outboxBytes: 1_000, ...limits },
  });
  const edges: string[] = [];
  writer.start((edge: WriterEdge) => edges.push(edge.type));
  /** Offers each message as a batch of its own, as rooms do in one round, and ends the round. */
  const round = (...messages: string[]) => {
    for (const message of messages) writer.offer(new Batch([message]));
    writer.flush();
  };
  const catchUp = () => {
    socket.bufferedBytes = 0;
    writer.drained();
  };
  return { socket, traffic, writer, edges, round, catchUp };
}

describe('a writer', () => {
  test('makes one write of a round, whatever the number of batches', () => {
    const { socket, traffic, writer, round } = createWriter();
    writer.offer(new Batch(['a', 'b']));
    round('c', 'd');
    expect(socket.asked).toEqual(['send abcd']);
    expect(writer.messagesOut).toBe(4);
    expect(traffic.bytesOut).toBe(4);
  });

  test('makes no write of a round that brought nothing', () => {
    const { socket, round } = createWriter();
    round();
    expect(socket.asked).toEqual([]);
  });

  test('writes the very bytes of a single batch, which all members share', () => {
    const { socket, writer } = createWriter();
    const batch = new Batch(['shared']);
    const sent: Buffer[] = [];
    socket.send = (bytes) => void sent.push(bytes);
    writer.offer(batch);
    writer.flush();
    expect(sent).toHaveLength(1);
    expect(sent[0]).toBe(batch.bytes(socket.encoding));
  });

  test('waits while the kernel has not taken the last write; then all that came meanwhile is one', () => {
    const { socket, round, catchUp } = createWriter();
    socket.takes = false;
    round('a');
    round('b');
    round('c', 'd');
    expect(socket.asked).toEqual(['send a']);
    socket.takes = true;
    catchUp();
    expect(socket.asked).toEqual(['send a', 'send bcd']);
    round('e');
    expect(socket.asked).toEqual(['send a', 'send bcd', 'send e']);
  });

  test('pings when it is told to', () => {
    const { socket, writer } = createWriter();
    writer.ping();
    expect(socket.asked).toEqual(['ping']);
  });

  test('says that it is registered at the first room alone', () => {
    const { writer, edges } = createWriter();
    writer.registered();
    writer.registered();
    writer.unregistered();
    expect(edges).toEqual(['registered', 'unregistered']);
  });

  test('closes when it is turned away from the first room, and stays when it is in another', () => {
    const { writer, edges } = createWriter();
    writer.turnedAway();
    writer.registered();
    writer.turnedAway();
    expect(edges).toEqual(['close', 'registered']);
  });

  test('lives as a child from the parent’s start to its stop, and takes its orders', () => {
    const { socket, writer, edges } = createWriter();
    const orders: WriterCommand[] = [
      { type: 'ping' },
      { type: 'finish', code: 1000, reason: 'bye', flush: true },
      { type: 'terminate' },
    ];
    const parent = setup({ actors: { writer: writerLogic } }).createMachine({
      invoke: { id: 'writer', src: 'writer', input: { writer } },
    });
    const actor = createActor(parent).start();
    for (const order of orders) actor.getSnapshot().children['writer']?.send(order);
    expect(socket.asked).toEqual(['ping', 'close 1000 bye', 'terminate']);
    actor.stop();
    writer.registered();
    expect(edges).toEqual([]);
  });
});

describe('a writer’s marks', () => {
  test('clear (high) -> congested: at half the messages, not one before', () => {
    const { socket, edges, round } = createWriter({ outboxMessages: 8 });
    socket.takes = false;
    round('1');
    round('2');
    round('3');
    expect(edges).toEqual([]);
    round('4');
    expect(edges).toEqual(['high']);
    round('5');
    expect(edges).toEqual(['high']);
  });

  test('clear (high) -> congested: at half the bytes, not one before', () => {
    const { socket, edges, round } = createWriter({ outboxMessages: 100, outboxBytes: 10 });
    socket.takes = false;
    round('1234');
    expect(edges).toEqual([]);
    round('5');
    expect(edges).toEqual(['high']);
  });

  test('congested (low) -> clear: once it holds less than half', () => {
    const { socket, edges, round, catchUp } = createWriter({ outboxMessages: 8 });
    socket.takes = false;
    round('1', '2', '3', '4');
    round('5', '6', '7');
    expect(edges).toEqual(['high']);
    catchUp();
    // The three that waited are in flight now.
    expect(edges).toEqual(['high', 'low']);
    catchUp();
    expect(edges).toEqual(['high', 'low']);
  });

  test('congested stays: where what waited is half again', () => {
    const { socket, edges, round, catchUp } = createWriter({ outboxMessages: 8 });
    socket.takes = false;
    round('1');
    round('2', '3', '4', '5');
    round('6');
    catchUp();
    expect(edges).toEqual(['high']);
  });

  test('tell nothing of what the kernel takes at once, however much it is', () => {
    const { edges, round } = createWriter({ outboxMessages: 8 });
    round('1', '2', '3', '4', '5', '6', '7', '8');
    round('1', '2', '3', '4', '5', '6', '7', '8');
    expect(edges).toEqual([]);
  });

  test('let a sender wait that would rather do so, until it is low', () => {
    const { socket, writer, round, catchUp } = createWriter({ outboxMessages: 2 });
    let told = 0;
    const sender = { id: 's', unparked: () => (told += 1) };
    expect(writer.hasRoomFor(sender)).toBe(true);
    socket.takes = false;
    round('1');
    expect(writer.hasRoomFor(sender)).toBe(false);
    expect(told).toBe(0);
    catchUp();
    expect(told).toBe(1);
    expect(writer.hasRoomFor(sender)).toBe(true);
  });
});

describe('an overflow', () => {
  test('comes with the batch that finds the outbox full, once, and lets go of everything', () => {
    const { socket, writer, edges, round } = createWriter({ outboxMessages: 4 });
    socket.takes = false;
    round('1');
    round('2', '3', '4');
    expect(edges).toEqual(['high']);
    round('5');
    round('6');
    expect(edges).toEqual(['high', 'overflow']);
    expect(writer.outbox).toMatchObject({ messages: 0, bytes: 0 });
    expect(socket.asked).toEqual(['send 1']);
  });

  test('leaves nothing to be written but the goodbye', () => {
    const { socket, writer, round, catchUp } = createWriter({ outboxMessages: 4 });
    socket.takes = false;
    round('1');
    round('2', '3', '4', '5');
    round('6');
    catchUp();
    writer.finish(4001, 'slow consumer', false);
    expect(socket.asked).toEqual(['send 1', 'close 4001 slow consumer']);
  });

  test('does not come of one batch, however large, to an outbox that is not full', () => {
    const { socket, writer, edges } = createWriter({ outboxMessages: 4 });
    writer.offer(new Batch(Array.from({ length: 100 }, () => 'x')));
    writer.flush();
    expect(edges).toEqual([]);
    expect(socket.asked).toHaveLength(1);
  });

  test('does not come of one round, however many rooms bring something, while the kernel takes it', () => {
    const { socket, edges, round } = createWriter({ outboxMessages: 4 });
    round('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j');
    expect(edges).toEqual([]);
    expect(socket.asked.map((asked) => asked.replace('send ', '')).join('')).toBe('abcdefghij');
  });
});

describe('a goodbye', () => {
  test('comes after what waits, though the kernel is behind', () => {
    const { socket, writer, round } = createWriter();
    socket.takes = false;
    round('1');
    round('2', '3');
    writer.finish(1012, 'server restarting', true);
    expect(socket.asked).toEqual(['send 1', 'send 23', 'close 1012 server restarting']);
  });

  test('comes without it where nothing is to be flushed', () => {
    const { socket, writer, round } = createWriter();
    socket.takes = false;
    round('1');
    round('2', '3');
    writer.finish(4001, 'slow consumer', false);
    expect(socket.asked).toEqual(['send 1', 'close 4001 slow consumer']);
    expect(writer.outbox.messages).toBe(0);
  });

  test('is said once: the first cause is the one', () => {
    const { socket, writer } = createWriter();
    writer.finish(4503, 'kicked', true);
    writer.finish(1012, 'server restarting', true);
    expect(socket.asked).toEqual(['close 4503 kicked']);
  });

  test('is not said by a writer that was released', () => {
    const { socket, writer, round } = createWriter();
    writer.release();
    round('late');
    writer.finish(1000, '', true);
    writer.drained();
    expect(socket.asked).toEqual([]);
  });

  test('is the last that is written, whatever comes after it', () => {
    const { constant, array, oneof } = fc;
    const act = oneof(constant('offer'), constant('flush'), constant('drained'), constant('finish'));
    fc.assert(
      fc.property(array(act), array(act), fc.boolean(), (before, after, takes) => {
        const { socket, writer } = createWriter();
        socket.takes = takes;
        const perform = (what: string) => {
          if (what === 'offer') writer.offer(new Batch(['x']));
          else if (what === 'flush') writer.flush();
          else if (what === 'drained') writer.drained();
          else writer.finish(4503, 'kicked', true);
        };
        before.forEach(perform);
        writer.finish(1000, '', true);
        const said = [...socket.asked];
        expect(said.at(-1)).toMatch(/^close /);
        after.forEach(perform);
        expect(socket.asked).toEqual(said);
      }),
    );
  });
});

test('nothing is lost, doubled or reordered, however the kernel takes it', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('round' as const),
      batches: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 }),
    }),
    fc.record({ kind: fc.constant('kernel' as const), takes: fc.boolean() }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { socket, writer, catchUp, edges } = createWriter({ outboxMessages: 1_000, outboxBytes: 10_000 });
      let said = '';
      let next = 0;
      for (const each of steps) {
        if (each.kind === 'kernel') {
          socket.takes = each.takes;
          if (each.takes && socket.bufferedBytes > 0) catchUp();
          continue;
        }
        for (const size of each.batches) {
          const messages = Array.from({ length: size }, () => `${(next += 1)},`);
          said += messages.join('');
          writer.offer(new Batch(messages));
        }
        writer.flush();
      }
      socket.takes = true;
      if (socket.bufferedBytes > 0) catchUp();
      expect(socket.asked.map((asked) => asked.replace('send ', '')).join('')).toBe(said);
      expect(writer.outbox.messages).toBe(0);
      expect(edges).toEqual([]);
    }),
  );
});
