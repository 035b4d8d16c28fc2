import { once } from 'node:events';
import { connect, type Socket as NetSocket } from 'node:net';
import { text } from 'node:stream/consumers';
import { Registry } from 'prom-client';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { toPromise } from 'xstate';
import { closeCodes, type ChatServer } from '../../src/index.ts';
import { connectionOf } from '../support/peers.ts';
import { patient, serve } from '../support/test-server.ts';

/** @returns a request, with further headers. */
function get(path: string, more = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
}

/** Sends requests for these paths in one breath, the last of which is answered last. */
async function sendAll(server: ChatServer, paths: readonly string[]): Promise<NetSocket> {
  const { hostname, port } = new URL(server.url);
  const tcp = connect(Number(port), hostname).setEncoding('utf8');
  onTestFinished(() => void tcp.destroy());
  tcp.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`).join(''));
  await once(tcp, 'data');
  return tcp;
}

/** Ends the connection, and waits until the server has heard of it: one that drains first would go on to the next answer. */
async function leave(server: ChatServer, tcp: NetSocket): Promise<void> {
  const { actor } = connectionOf(server);
  tcp.destroy();
  await toPromise(actor);
}

describe.each(['/sse/coffee', '/poll/coffee', '/poll/coffee?after=1&epoch=x'])('%s', patient, (path) => {
  test('that was asked for behind a stream waits for its end', async () => {
    const server = await serve({ drainGraceMs: 20 });
    const tcp = await sendAll(server, ['/sse/tea', path]);
    expect(server.connections.total).toBe(1);
    const { code, reason } = closeCodes.kicked;
    connectionOf(server).actor.send({ type: 'close', code, reason });
    let read = '';
    for await (const chunk of tcp) {
      read += String(chunk);
      if (read.includes('"room":"coffee"')) break;
    }
    expect(read).toContain('event: close');
    expect(server.connections.total).toBe(2);
  });

  test('that was asked for behind a stream which is left is never opened, and nothing is left of it', async () => {
    const server = await serve();
    const tcp = await sendAll(server, ['/sse/tea', path]);
    await leave(server, tcp);
    expect((await server.stop()).leaks).toEqual([]);
    expect(server.connections.total).toBe(1);
  });
});

describe('answers', patient, () => {
  test('are made one after the other, as they are taken, and not for one who takes none', async () => {
    const server = await serve();
    const made = vi.spyOn(Registry.prototype, 'metrics');
    onTestFinished(() => made.mockRestore());
    const tcp = await sendAll(server, ['/sse/tea', ...Array<string>(100).fill('/metrics')]);
    await fetch(`${server.url}/metrics`);
    expect(made).toHaveBeenCalledTimes(1);
    await leave(server, tcp);
    expect((await server.stop()).leaks).toEqual([]);
    expect(made).toHaveBeenCalledTimes(1);
  });

  test('come whole and in order, whatever was asked for', async () => {
    const server = await serve();
    const { hostname, port } = new URL(server.url);
    const body = '{"content":"hello","name":"Ann"}';
    const post = `POST /rooms/tea/messages HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const tcp = connect(Number(port), hostname);
    onTestFinished(() => void tcp.destroy());
    tcp.write(get('/healthz') + post + get('/rooms/tea/history', 'Connection: close\r\n'));
    const read = await text(tcp);
    expect(read.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 201', 'HTTP/1.1 200']);
    expect(read).toContain('"content":"hello"');
  });
});
