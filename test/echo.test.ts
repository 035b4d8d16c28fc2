import { describe, expect, onTestFinished, test } from 'vitest';
import { waitFor } from 'xstate';
import { WebSocket, type ClientOptions } from 'ws';
import type { ChatServer } from '../src/index.ts';
import { Inbox } from './support/inbox.ts';
import { connectionOf } from './support/peers.ts';
import * as raw from './support/raw-client.ts';
import { patient, serve } from './support/test-server.ts';

const mib = 1_024 * 1_024;

interface Heard {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

/** A client of /echo, by a WebSocket library that is not ours to test. */
interface EchoClient {
  readonly webSocket: WebSocket;
  readonly heard: Inbox<Heard>;
  /** The extensions that the server has agreed to, as it said so. */
  readonly agreed: string;
}

async function connectEcho(server: ChatServer, options: ClientOptions = {}): Promise<EchoClient> {
  const webSocket = new WebSocket(`${server.url.replace(/^http/, 'ws')}/echo`, {
    perMessageDeflate: false,
    maxPayload: 64 * mib,
    ...options,
  });
  onTestFinished(() => webSocket.terminate());
  const heard = new Inbox<Heard>();
  webSocket.on('message', (data: Buffer, isBinary) => heard.push({ data, isBinary }));
  webSocket.on('close', (code, reason) => heard.end(`closed with ${code} ${reason.toString()}`));
  let agreed = '';
  webSocket.once('upgrade', ({ headers }) => {
    agreed = headers['sec-websocket-extensions'] ?? '';
  });
  await new Promise<void>((resolve, reject) => {
    webSocket.once('open', resolve).once('error', reject);
  });
  return { webSocket, heard, agreed };
}

/** Sends a message. @returns whether it came back just as it was. */
async function comesBack({ webSocket, heard }: EchoClient, message: string | Buffer): Promise<boolean> {
  webSocket.send(message);
  const { data, isBinary } = await heard.next();
  return isBinary === (typeof message !== 'string') && data.equals(Buffer.from(message as string));
}

/** Octets that look random, the same in every run: nothing in them can be compressed. */
function noise(size: number): Buffer {
  const octets = Buffer.alloc(size);
  let state = 0x2545f491;
  for (let i = 0; i < size; i += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    octets[i] = state >>> 24;
  }
  return octets;
}

/** Text that repeats itself at so long a distance: only a window that is as long can compress it. */
function repeating(distance: number, size: number): string {
  return noise(distance / 2)
    .toString('hex')
    .repeat(Math.ceil(size / distance))
    .slice(0, size);
}

describe('/echo', patient, () => {
  test('is nothing unless it is asked for', async () => {
    const server = await serve();
    const { answer } = await raw.RawClient.connect(server.url, { path: '/echo' });
    expect(answer.status).toBe(404);
  });

  test('gives text back as text, and octets as octets', async () => {
    const server = await serve({ echo: true });
    const client = await connectEcho(server);
    for (const message of ['hello', '', 'žluťoučký kůň 🐎', noise(100), Buffer.alloc(0)]) {
      expect(await comesBack(client, message)).toBe(true);
    }
  });

  test('gives a message in fragments back in one piece', async () => {
    const server = await serve({ echo: true });
    const client = await connectEcho(server);
    for (const [part, fin] of [
      ['one, ', false],
      ['two, ', false],
      ['three', true],
    ] as const) {
      client.webSocket.send(part, { fin });
    }
    expect((await client.heard.next()).data.toString()).toBe('one, two, three');
  });

  test('takes up to 16 MiB where that is allowed', async () => {
    const server = await serve({ echo: true, maxMessageBytes: 16 * mib });
    const client = await connectEcho(server);
    expect(await comesBack(client, 'x'.repeat(16 * mib))).toBe(true);
    expect(await comesBack(client, noise(16 * mib))).toBe(true);
    client.webSocket.send(Buffer.alloc(16 * mib + 1));
    await expect(client.heard.next()).rejects.toThrow('closed with 1009');
  });

  test('has no rate limit: it is a test of the transport', async () => {
    const server = await serve({ echo: true, rate: 1, burst: 1 });
    const client = await connectEcho(server);
    for (let i = 0; i < 100; i += 1) client.webSocket.send(`message ${i}`);
    for (let i = 0; i < 100; i += 1) expect((await client.heard.next()).data.toString()).toBe(`message ${i}`);
  });

  test('makes one that sends faster than it reads wait, and does not close it', async () => {
    const server = await serve({ echo: true, maxMessageBytes: mib });
    const client = await connectEcho(server);
    const { actor } = connectionOf(server);
    const isBlocked = waitFor(actor, (snapshot) => snapshot.matches({ open: { inbound: 'blocked' } }));
    client.webSocket.pause();
    const messages = Array.from({ length: 48 }, (_, i) => Buffer.alloc(mib, i));
    for (const message of messages) client.webSocket.send(message);
    await isBlocked;
    client.webSocket.resume();
    for (const message of messages) expect((await client.heard.next()).data.equals(message)).toBe(true);
    await waitFor(actor, (snapshot) => snapshot.matches({ open: { inbound: 'flowing', outbound: 'clear' } }));
    expect(await comesBack(client, 'as before')).toBe(true);
  });

  test('makes one that sends many small ones wait too', async () => {
    const server = await serve({ echo: true, outboxMessages: 16 });
    const client = await connectEcho(server);
    const { actor } = connectionOf(server);
    client.webSocket.pause();
    const isBlocked = waitFor(actor, (snapshot) => snapshot.matches({ open: { inbound: 'blocked' } }));
    const size = 4_000;
    let sent = 0;
    while (actor.getSnapshot().matches({ open: { inbound: 'flowing' } })) {
      for (let i = 0; i < 100; i += 1, sent += 1) client.webSocket.send(String(sent).padStart(size));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await isBlocked;
    client.webSocket.resume();
    for (let i = 0; i < sent; i += 1) expect(Number((await client.heard.next()).data)).toBe(i);
  });
});

describe('/echo, compressed', patient, () => {
  const compressing = { echo: true, compress: true, maxMessageBytes: 16 * mib };

  test.each([9, 10, 11, 12, 13, 14, 15])('with a window of 2^%d both ways', async (bits) => {
    const server = await serve(compressing);
    const client = await connectEcho(server, {
      perMessageDeflate: { serverMaxWindowBits: bits, clientMaxWindowBits: bits, threshold: 0 },
    });
    expect(client.agreed).toContain(`server_max_window_bits=${bits}`);
    for (const distance of [128, 2_048, 20_000, 60_000]) {
      expect(await comesBack(client, repeating(distance, 100_000))).toBe(true);
    }
    expect(await comesBack(client, 'short')).toBe(true);
    expect(await comesBack(client, '')).toBe(true);
    expect(await comesBack(client, noise(100_000))).toBe(true);
  });

  test('without any parameter, 16 MiB and fragments included', async () => {
    const server = await serve(compressing);
    const client = await connectEcho(server, { perMessageDeflate: { threshold: 0 } });
    expect(client.agreed).toContain('permessage-deflate');
    expect(await comesBack(client, repeating(20_000, 16 * mib))).toBe(true);
    client.webSocket.send('one, ', { fin: false });
    client.webSocket.send('two', { fin: true });
    expect((await client.heard.next()).data.toString()).toBe('one, two');
  });

  test('for one client, and not for another that did not ask', async () => {
    const server = await serve(compressing);
    const plain = await connectEcho(server);
    const deflated = await connectEcho(server, { perMessageDeflate: true });
    expect([plain.agreed, deflated.agreed !== '']).toEqual(['', true]);
    const message = repeating(100, 10_000);
    for (const client of [plain, deflated, plain]) expect(await comesBack(client, message)).toBe(true);
  });

  test('makes one that sends faster than it reads wait', async () => {
    const server = await serve(compressing);
    const client = await connectEcho(server, { perMessageDeflate: { threshold: 0 } });
    const { actor } = connectionOf(server);
    const isBlocked = waitFor(actor, (snapshot) => snapshot.matches({ open: { inbound: 'blocked' } }));
    client.webSocket.pause();
    const message = noise(mib);
    for (let i = 0; i < 24; i += 1) client.webSocket.send(message);
    await isBlocked;
    client.webSocket.resume();
    for (let i = 0; i < 24; i += 1) expect((await client.heard.next()).data.equals(message)).toBe(true);
  });
});
