import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { finished } from 'node:stream/promises';
import type { Writable } from 'node:stream';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import * as ws from 'ws';
import type { Payload } from '../../src/batch.ts';
import { Frames, type Deflation } from '../../src/transports/frames.ts';

/** The parts of ws that read frames; its types leave them out. */
interface Internals {
  readonly Receiver: new (options: { extensions?: object }) => Writable;
  readonly PerMessageDeflate: new () => { accept(offers: readonly object[]): void };
}
const { Receiver, PerMessageDeflate } = ws as unknown as Internals;

/** What a client of ws makes of these bytes, come in pieces of these lengths. */
async function read(
  bytes: Buffer,
  deflation?: Deflation,
  pieces: readonly number[] = [],
): Promise<Payload[]> {
  const receiver = new Receiver(deflation === undefined ? {} : { extensions: agreed(deflation) });
  const messages: Payload[] = [];
  receiver.on('message', (data: Buffer, isBinary: boolean) => {
    messages.push(isBinary ? Buffer.from(data) : data.toString());
  });
  let at = 0;
  for (const length of pieces) {
    receiver.write(bytes.subarray(at, at + length));
    at = Math.min(at + length, bytes.length);
  }
  receiver.end(bytes.subarray(at));
  await finished(receiver);
  return messages;
}

/** Messages as they can be compared fast, and shown: a long one by its length and digest. */
function brief(messages: readonly Payload[]): unknown[] {
  return messages.map((message) => {
    const bytes = Buffer.byteLength(message);
    if (bytes < 500) return message;
    return { kind: typeof message, bytes, sha1: createHash('sha1').update(message).digest('hex') };
  });
}

/** permessage-deflate as the client has agreed to it: what the server sends has this window, and no context. */
function agreed({ windowBits }: Deflation): object {
  const extension = new PerMessageDeflate();
  extension.accept([{ server_no_context_takeover: [true], server_max_window_bits: [String(windowBits)] }]);
  return { 'permessage-deflate': extension };
}

/** As many bytes of text as that, which repeat at every distance that a window can and cannot reach. */
function textOf(bytes: number): string {
  let words = '';
  for (let n = 0; words.length < Math.min(bytes, 1_500); n += 1) words += `${n * 7_919} `;
  return words.repeat(Math.ceil(bytes / words.length || 0)).slice(0, bytes);
}

const lengths = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000];
const windows = [9, 10, 11, 12, 13, 14, 15];

/** Any message: mostly short, some beyond each length at which the header grows. */
const payloads: fc.Arbitrary<Payload[]> = fc.array(
  fc
    .tuple(
      fc.oneof(
        { weight: 8, arbitrary: fc.nat({ max: 300 }) },
        { weight: 1, arbitrary: fc.constantFrom(...lengths) },
      ),
      fc.string(),
      fc.boolean(),
    )
    .map(([length, start, isBinary]) => {
      const message = start + textOf(length);
      return isBinary ? Buffer.from(message) : message;
    }),
  { maxLength: 12 },
);
const splits = fc.array(fc.nat({ max: 5_000 }), { maxLength: 10 });

describe('frames', () => {
  test.each([
    [0, 2, [0x81, 0]],
    [125, 2, [0x81, 125]],
    [126, 4, [0x81, 126, 0, 126]],
    [65_535, 4, [0x81, 126, 0xff, 0xff]],
    [65_536, 10, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
  ])('of %d bytes have a header of %d, as RFC 6455 section 5.2 draws it', (length, size, header) => {
    const bytes = new Frames().encode(['x'.repeat(length)]);
    expect(bytes).toHaveLength(size + length);
    expect([...bytes.subarray(0, size)]).toEqual(header);
  });

  test.each(lengths)('of %d bytes are read as they were written, text and binary', async (length) => {
    const messages = [textOf(length), Buffer.from(textOf(length)), 'the next'];
    expect(brief(await read(new Frames().encode(messages)))).toEqual(brief(messages));
  });

  test('count bytes, not characters', async () => {
    const messages = ['é'.repeat(63), '🫖'.repeat(32), 'ü'.repeat(32_768)];
    expect(brief(await read(new Frames().encode(messages)))).toEqual(brief(messages));
  });

  test('are valid UTF-8 though a message holds half of a surrogate pair', async () => {
    expect(await read(new Frames().encode(['\ud83e', 'next']))).toEqual(['\ufffd', 'next']);
  });

  test('of any messages, however the network cuts them up, are read as they were written', async () => {
    await fc.assert(
      fc.asyncProperty(payloads, splits, async (messages, pieces) => {
        expect(brief(await read(new Frames().encode(messages), undefined, pieces))).toEqual(brief(messages));
      }),
    );
  });

  test('of no messages are no bytes', () => {
    expect(new Frames().encode([])).toHaveLength(0);
    expect(new Frames({ windowBits: 15, thresholdBytes: 0 }).encode([])).toHaveLength(0);
  });

  test('owe nothing to those before them: a batch is the sum of its frames', () => {
    const messages = ['one', Buffer.from('two'), textOf(70_000), ''];
    for (const frames of [new Frames(), new Frames({ windowBits: 9, thresholdBytes: 1 })]) {
      const one = messages.map((message) => frames.encode([message]));
      expect(frames.encode(messages).equals(Buffer.concat(one))).toBe(true);
    }
  });
});

describe.each(windows)('frames deflated in a window of %d bits', (windowBits) => {
  const deflation = { windowBits, thresholdBytes: 0 };

  test.each(lengths)('of %d bytes are inflated in such a window to what was written', async (length) => {
    const messages = [textOf(length), Buffer.from(textOf(length)), 'the next'];
    expect(brief(await read(new Frames(deflation).encode(messages), deflation))).toEqual(brief(messages));
  });

  test('of any messages, however the network cuts them up, are inflated to what was written', async () => {
    await fc.assert(
      fc.asyncProperty(payloads, splits, async (messages, pieces) => {
        expect(brief(await read(new Frames(deflation).encode(messages), deflation, pieces))).toEqual(
          brief(messages),
        );
      }),
      { numRuns: 20 },
    );
  });
});

describe('deflated frames', () => {
  const deflation = { windowBits: 15, thresholdBytes: 512 };

  test('leave messages below the threshold as they are', async () => {
    const messages = [textOf(511), textOf(512), Buffer.from(textOf(511)), Buffer.from(textOf(512))];
    const first = messages.map((message) => new Frames(deflation).encode([message])[0]);
    expect(first).toEqual([0x81, 0xc1, 0x82, 0xc2]);
    expect(brief(await read(new Frames(deflation).encode(messages), deflation))).toEqual(brief(messages));
  });

  test('measure the threshold in bytes, not characters', () => {
    const [below, above] = ['é'.repeat(255), 'é'.repeat(256)].map((message) =>
      new Frames(deflation).encode([message]),
    );
    expect([below?.[0], above?.[0]]).toEqual([0x81, 0xc1]);
  });

  test('are those of the examples in RFC 7692 section 7.2.3', () => {
    const frames = new Frames({ windowBits: 15, thresholdBytes: 0 });
    expect(frames.encode(['Hello']).toString('hex')).toBe('c107f248cdc9c90700');
    expect(frames.encode(['']).toString('hex')).toBe('c10100');
  });

  test('are the smaller for it', () => {
    const message = JSON.stringify({ type: 'chat', content: 'tea '.repeat(1_000) });
    expect(new Frames(deflation).encode([message]).length).toBeLessThan(message.length / 10);
  });

  test('are known by their window, and plain ones by having none', () => {
    expect([new Frames().name, new Frames(deflation).name]).toEqual(['frames', 'frames deflated, window 15']);
  });
});

/** Sends these messages as our frames to a client of ws over TCP. @returns what the client heard. */
async function overTcp(messages: readonly Payload[], deflation?: Deflation): Promise<Payload[]> {
  const http = createServer();
  const perMessageDeflate = deflation !== undefined && { serverNoContextTakeover: true };
  const server = new ws.WebSocketServer({ noServer: true, perMessageDeflate });
  http.on('upgrade', (request, connection: Socket, head) => {
    server.handleUpgrade(request, connection, head, (webSocket) => {
      connection.write(new Frames(deflation).encode(messages), () => webSocket.close(1000));
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(() => void http.close());
  const { port } = http.address() as AddressInfo;
  const client = new ws.WebSocket(`ws://127.0.0.1:${port}`, {
    perMessageDeflate: deflation !== undefined && { serverMaxWindowBits: deflation.windowBits },
  });
  const heard: Payload[] = [];
  client.on('message', (data: Buffer, isBinary) => void heard.push(isBinary ? data : data.toString()));
  const [code] = (await once(client, 'close')) as [number];
  expect([code, client.extensions]).toEqual([1000, deflation === undefined ? '' : 'permessage-deflate']);
  return heard;
}

describe('a real client', () => {
  const messages = lengths.flatMap((length) => [textOf(length), Buffer.from(textOf(length))]);

  test('reads every length of frame', async () => {
    expect(brief(await overTcp(messages))).toEqual(brief(messages));
  });

  test.each(windows)('that asked for a window of %d bits reads every length of frame', async (windowBits) => {
    expect(brief(await overTcp(messages, { windowBits, thresholdBytes: 0 }))).toEqual(brief(messages));
  });
});
