import type { IncomingMessage } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { toPromise, waitFor } from 'xstate';
import { closeCodes } from '../../src/index.ts';
import type { Socket } from '../../src/socket.ts';
import { WebSocketTransport } from '../../src/transports/websocket.ts';
import {
  connectHalfOpen,
  connectionOf,
  connectWebSocket,
  joinByWebSocket,
  ruleBreakers,
} from '../support/peers.ts';
import * as raw from '../support/raw-client.ts';
import { patient, serve } from '../support/test-server.ts';
import { describeTransport } from '../support/transport-conformance.ts';

describeTransport('websocket', {
  connect: connectWebSocket,
  speaksBy: 'frames',
  pingsAnsweredBy: 'member',
  goodbye: { code: closeCodes.normal.code, reason: '' },
});

const maxMessageBytes = 4_096;

describe('websocket: who breaks the rules is closed, and nobody else notices', patient, () => {
  test.each(ruleBreakers(maxMessageBytes))('$sends → $code', async ({ bytes, code }) => {
    const server = await serve({ maxMessageBytes });
    const ann = await joinByWebSocket(server);
    const peer = await raw.RawClient.connect(server.url, { path: '/ws/?name=Mallory' });
    await peer.frames.next();
    const { actor } = connectionOf(server, 'Mallory');
    await peer.send(bytes);
    expect((await peer.closeFrame()).code).toBe(code);
    expect(await toPromise(actor)).toMatchObject({ code, by: 'server' });
    await peer.ended;
    await ann.next('system', ({ event }) => event === 'left');
    ann.say('as if nothing had been');
    expect(await ann.next('chat')).toMatchObject({ offset: 1 });
  });

  test('what they had said before in the same breath is heard', async () => {
    const server = await serve();
    const ann = await joinByWebSocket(server);
    const peer = await raw.RawClient.connect(server.url);
    await peer.frames.next();
    await peer.send(Buffer.concat([raw.text('{"type":"chat","content":"last words"}'), raw.frame(3)]));
    expect((await peer.closeFrame()).code).toBe(1002);
    expect(await ann.next('chat')).toMatchObject({ content: 'last words' });
  });
});

describe('websocket: a peer that is gone', patient, () => {
  test.each([
    ['ends its side without a close frame', (peer: raw.RawClient) => peer.finish()],
    ['destroys the connection', (peer: raw.RawClient) => peer.vanish()],
    ['resets the connection', (peer: raw.RawClient) => peer.reset()],
  ])('because it %s: closed 1006', async (_, leave) => {
    const server = await serve();
    const peer = await raw.RawClient.connect(server.url);
    await peer.frames.next();
    const { actor } = connectionOf(server);
    leave(peer);
    expect(await toPromise(actor)).toEqual({ code: 1006, reason: '', by: 'peer' });
  });

  test('in the middle of a frame: closed 1006', async () => {
    const server = await serve();
    const peer = await raw.RawClient.connect(server.url);
    await peer.frames.next();
    const { actor } = connectionOf(server);
    await peer.send(raw.text('{"type":"chat","content":"half a"}').subarray(0, 20));
    peer.finish();
    expect(await toPromise(actor)).toMatchObject({ code: 1006 });
    expect(server.traffic.framesIn).toBe(0);
  });

  test('as soon as it is let in: closed 1006, and its room with it', async () => {
    const server = await serve();
    const peer = await raw.RawClient.connect(server.url);
    const { actor } = connectionOf(server);
    peer.reset();
    expect(await toPromise(actor)).toMatchObject({ code: 1006 });
    expect(server.hub.rooms.size).toBe(0);
  });

  test('half-open: pinged, closed 4002, and cut off when it does not answer that either', async () => {
    const server = await serve({ pingPeriodMs: 20, pongWaitMs: 20, closeTimeoutMs: 20 });
    const peer = await connectHalfOpen(server);
    const { actor } = connectionOf(server);
    await waitFor(actor, (snapshot) => snapshot.matches({ closing: { socket: 'terminating' } }));
    expect(await toPromise(actor)).toEqual({
      code: closeCodes.noPong.code,
      reason: closeCodes.noPong.reason,
      by: 'server',
    });
    peer.resume();
    await peer.ended;
  });

  test('half-open, and the server closes it: cut off after the close timeout', async () => {
    const server = await serve({ closeTimeoutMs: 20 });
    const peer = await connectHalfOpen(server);
    const { actor } = connectionOf(server);
    actor.send({ type: 'close', code: closeCodes.kicked.code, reason: closeCodes.kicked.reason });
    expect(await toPromise(actor)).toMatchObject({ code: closeCodes.kicked.code, by: 'server' });
    peer.resume();
    await peer.ended;
  });
});

describe('websocket: the closing handshake', patient, () => {
  test.each([1000, 1001, 1003, 1008, 1011, 3000, 3999, 4000, 4999])(
    "a peer's code %d is answered with the same code, and recorded",
    async (code) => {
      const server = await serve();
      const peer = await raw.RawClient.connect(server.url);
      await peer.frames.next();
      const { actor } = connectionOf(server);
      await peer.send(raw.close(code, 'so long'));
      expect((await peer.closeFrame()).code).toBe(code);
      expect(await toPromise(actor)).toEqual({ code, reason: 'so long', by: 'peer' });
    },
  );

  test('a close frame without a code is answered in kind, and recorded as 1005', async () => {
    const server = await serve();
    const peer = await raw.RawClient.connect(server.url);
    await peer.frames.next();
    const { actor } = connectionOf(server);
    await peer.send(raw.close());
    expect((await peer.closeFrame()).code).toBe(1005);
    expect(await toPromise(actor)).toEqual({ code: 1005, reason: '', by: 'peer' });
  });

  test('nothing follows the close frame, whatever is said meanwhile', async () => {
    const server = await serve({ rate: 0, closeTimeoutMs: 10_000 });
    const ann = await joinByWebSocket(server);
    const peer = await raw.RawClient.connect(server.url, { path: '/ws/?name=Kicked' });
    await peer.frames.next();
    const { actor } = connectionOf(server, 'Kicked');
    actor.send({ type: 'close', code: closeCodes.kicked.code, reason: closeCodes.kicked.reason });
    ann.say('is it gone?');
    await ann.next('chat');
    await peer.send(Buffer.concat([raw.text('{"type":"chat","content":"not yet"}'), raw.ping('hello?')]));
    await peer.send(raw.close(closeCodes.kicked.code));
    await peer.ended;
    expect(peer.frames.all.at(-1)?.opcode).toBe(raw.opcodes.close);
    expect(peer.frames.all.filter(({ opcode }) => opcode === raw.opcodes.close)).toHaveLength(1);
    ann.say('yes');
    expect(await ann.next('chat')).toMatchObject({ offset: 2, content: 'yes' });
  });

  test('a slow consumer that reads at last finds 4001 after what was in flight', async () => {
    const server = await serve({ rate: 0, maxMessageBytes: 80_000, closeTimeoutMs: 60_000 });
    const ann = await joinByWebSocket(server);
    const slow = await connectHalfOpen(server, 'general?name=Slow');
    const { actor } = connectionOf(server, 'Slow');
    while (!actor.getSnapshot().matches('closing')) {
      ann.say('x'.repeat(64 * 1_024));
      await ann.next('chat');
    }
    slow.resume();
    expect(await slow.closeFrame()).toEqual({ code: 4001, reason: 'slow consumer' });
    await slow.send(raw.close(4001));
    expect(await toPromise(actor)).toMatchObject({ code: 4001, by: 'server' });
    const offsets = slow.frames.all
      .filter(({ opcode }) => opcode === raw.opcodes.text)
      .map(({ payload }) => JSON.parse(payload.toString()) as { type: string; offset: number })
      .flatMap(({ type, offset }) => (type === 'chat' ? [offset] : []));
    expect(offsets.length).toBeGreaterThan(0);
    expect(offsets).toEqual(offsets.map((_, i) => i + 1));
  });
});

describe('websocket: frames', patient, () => {
  test('a message in fragments, with a ping among them, is one message', async () => {
    const server = await serve();
    const peer = await raw.RawClient.connect(server.url);
    await peer.frames.next();
    await peer.send(
      Buffer.concat([
        raw.text('{"type":"chat",', { fin: false }),
        raw.ping('still there?'),
        raw.continuation('"content":', { fin: false }),
        raw.continuation('"in pieces"}'),
      ]),
    );
    const answer = await peer.frames.next(({ opcode }) => opcode === raw.opcodes.pong);
    expect(answer.payload.toString()).toBe('still there?');
    const chat = await peer.frames.next(({ payload }) => payload.includes('"type":"chat"'));
    expect(JSON.parse(chat.payload.toString())).toMatchObject({ content: 'in pieces', offset: 1 });
  });

  test('what is sent together with the opening handshake is not lost', async () => {
    const server = await serve();
    const head = raw.text('{"type":"chat","content":"early"}');
    const peer = await raw.RawClient.connect(server.url, { head });
    const frames = [
      await peer.frames.next(),
      await peer.frames.next(({ payload }) => payload.includes('early')),
    ];
    expect(frames.map(({ payload }) => (JSON.parse(payload.toString()) as { type: string }).type)).toEqual([
      'welcome',
      'chat',
    ]);
  });

  test('messages of one round come in one write, and still one in a frame', async () => {
    const server = await serve({ rate: 0 });
    const peer = await raw.RawClient.connect(server.url);
    await peer.frames.next();
    const said = Array.from({ length: 20 }, (_, i) => raw.text(`{"type":"chat","content":"message ${i}"}`));
    await peer.send(Buffer.concat(said));
    await peer.frames.next(({ payload }) => payload.includes('message 19'));
    for (const { opcode, fin, rsv, payload } of peer.frames.all) {
      expect({ opcode, fin, rsv }).toEqual({ opcode: raw.opcodes.text, fin: true, rsv: 0 });
      expect(JSON.parse(payload.toString())).toMatchObject({ room: 'general' });
    }
    const chats = peer.frames.all.filter(({ payload }) => payload.includes('"type":"chat"'));
    expect(chats).toHaveLength(20);
  });

  test('pings are answered with what they carried, until they are a flood: closed 4502', async () => {
    const server = await serve({ rate: 1, abuseLimit: 10 });
    const peer = await raw.RawClient.connect(server.url);
    await peer.send(raw.ping('one'));
    expect((await peer.frames.next(({ opcode }) => opcode === raw.opcodes.pong)).payload.toString()).toBe(
      'one',
    );
    await peer.send(Buffer.concat(Array.from({ length: 50 }, () => raw.ping('many'))));
    expect((await peer.closeFrame()).code).toBe(closeCodes.rateLimitAbuse.code);
  });
});

/** A connection whose kernel takes bytes only when it is told to. */
class FullConnection extends Duplex {
  readonly #writes: (() => void)[] = [];

  takeWrite(): void {
    this.#writes.shift()?.();
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, taken: () => void): void {
    if (chunk.length === 0) taken();
    else this.#writes.push(taken);
  }

  setTimeout(): void {}

  setNoDelay(): void {}
}

/** What a browser sends, as far as the handshake needs it (the key is that of RFC 6455 section 1.3). */
const handshake = {
  method: 'GET',
  headers: {
    upgrade: 'websocket',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-version': '13',
  },
} as unknown as IncomingMessage;

describe('websocket: what the kernel has not taken', () => {
  test('is drained with our last write, though a ping still waits behind it', async () => {
    const connection = new FullConnection();
    const transport = new WebSocketTransport({
      maxMessageBytes,
      closeTimeoutMs: 1_000,
      compress: false,
      compressThresholdBytes: 0,
    });
    const socket = await new Promise<Socket>((resolve) => {
      const tcp = connection as unknown as NetSocket;
      transport.accept(
        { request: handshake, tcp, head: Buffer.alloc(0), remoteAddress: '192.0.2.1' },
        resolve,
      );
    });
    let drained = 0;
    socket.listen({
      frame() {},
      pinged() {},
      pong() {},
      drained: () => (drained += 1),
      failed() {},
      closed() {},
    });
    socket.send(raw.text('one'));
    socket.send(raw.text('two'));
    socket.ping();
    // The kernel takes the handshake's answer and our first message.
    for (let i = 0; i < 2; i += 1) {
      connection.takeWrite();
      await nextTurn();
    }
    expect(drained).toBe(0);
    connection.takeWrite();
    await nextTurn();
    expect(drained).toBe(1);
    expect(connection.writableLength).toBeGreaterThan(0);
    socket.terminate();
  });
});
