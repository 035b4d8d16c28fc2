import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { closeCodes, type ChatMessage } from '../src/index.ts';
import { connectHalfOpen, joinByWebSocket, type Member } from './support/peers.ts';
import { patient, serve } from './support/test-server.ts';

/** Says one thing after the other, each once the last was heard, until it is closed. */
async function chatter(member: Member, name: string, warm: () => void): Promise<void> {
  for (let said = 1; ; said += 1) {
    member.say(`${name} says ${said}`);
    // It is closed before the wait fails for it, so the race never throws.
    const heard = await Promise.race([member.next('chat', ({ sender }) => sender === name), member.closed]);
    if ('code' in heard) return;
    if (said === 3) warm();
  }
}

/** Where a client that polls is. */
interface Place {
  readonly connection: string;
  readonly epoch: string;
  readonly offset: number;
  readonly close?: { readonly code: number };
}

function chatsOf(member: Member): ChatMessage[] {
  return member.messages.filter((message) => message.type === 'chat');
}

describe('a drain', patient, () => {
  test('under load: everyone is told and closed 1012, and what each heard is in order and whole', async () => {
    const server = await serve({ rate: 0, drainTimeoutMs: 60_000, drainGraceMs: 30_000 });
    const rooms = ['tea', 'coffee', 'water', 'wine'];
    const names = Array.from({ length: 80 }, (_, i) => `member ${i}`);
    const members = await Promise.all(
      names.map((name, i) => joinByWebSocket(server, { name, room: rooms[i % rooms.length] as string })),
    );
    const chatters: Promise<void>[] = [];
    const warm = members.map((member, i) => {
      return new Promise<void>((resolve) => chatters.push(chatter(member, names[i] as string, resolve)));
    });
    await Promise.all(warm);

    const report = await server.stop();
    await Promise.all(chatters);
    expect(report).toEqual({ connections: 80, closedByCode: new Map([[1012, 80]]), leaks: [] });
    const restarting = { code: closeCodes.restarting.code, reason: closeCodes.restarting.reason };
    const heard = new Map<string, string>();
    for (const member of members) {
      expect(await member.closed).toEqual(restarting);
      expect(
        member.messages.filter((message) => message.type === 'system' && message.event === 'draining'),
      ).toHaveLength(1);
      const chats = chatsOf(member);
      const [first] = chats;
      expect(chats.map(({ offset }) => offset)).toEqual(chats.map((_, i) => (first?.offset ?? 0) + i));
      for (const { room, offset, id } of chats) {
        const place = `${room} ${offset}`;
        expect(heard.get(place) ?? id).toBe(id);
        heard.set(place, id);
      }
    }
  });

  test('terminates slow peers once their grace is over, however long a close may take', async () => {
    const server = await serve({ drainTimeoutMs: 100, drainGraceMs: 50, closeTimeoutMs: 600_000 });
    const slow = [await connectHalfOpen(server), await connectHalfOpen(server, 'tea')];
    const polite = await joinByWebSocket(server);
    const report = await server.stop();
    expect(report).toEqual({ connections: 3, closedByCode: new Map([[1012, 3]]), leaks: [] });
    expect((await polite.closed).code).toBe(1012);
    for (const peer of slow) {
      peer.resume();
      await peer.ended;
    }
  });

  test('leaves nobody listening', async () => {
    const server = await serve();
    const { url } = server;
    expect(await server.stop()).toEqual({ connections: 0, closedByCode: new Map(), leaks: [] });
    await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
  });

  test('of one whose place others take: it takes nobody any more at once, and keeps whom it has until then', async () => {
    const server = await serve({ drainTimeoutMs: 60_000, drainGraceMs: 30_000 });
    const { url } = server;
    const ann = await joinByWebSocket(server);
    server.stopListening();
    await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
    ann.say('still here');
    await ann.next('chat');
    expect(await server.stop()).toMatchObject({ connections: 1, leaks: [] });
    expect((await ann.closed).code).toBe(1012);
  });

  test('of one whose place others take: what comes by a connection that it has may come to them in a second', async () => {
    const server = await serve({ drainTimeoutMs: 60_000, drainGraceMs: 60_000, closeTimeoutMs: 60_000 });
    const last = await connectHalfOpen(server);
    const { hostname, port } = new URL(server.url);
    const asking = connect({ host: hostname, port: Number(port) });
    const answer = text(asking);
    asking.write(`GET /sse/tea HTTP/1.1\r\nHost: ${hostname}\r\n`);
    // Once it has answered to another connection it has read the beginning by this one.
    await fetch(`${server.url}/healthz`);
    server.stopListening();
    const stopping = server.stop();
    asking.write('\r\n');
    expect(await answer).toMatch(/^HTTP\/1\.1 503 [^]*\r\nretry-after: 1\r\n[^]*\r\nconnection: close\r\n/i);
    last.vanish();
    expect((await stopping).leaks).toEqual([]);
  });

  test('has a client that polls come back by another connection', async () => {
    const server = await serve({ drainTimeoutMs: 60_000, drainGraceMs: 30_000 });
    const first = await fetch(`${server.url}/poll/tea?name=dot`);
    expect(first.headers.get('connection')).toBe('keep-alive');
    let place = (await first.json()) as Place;
    const stopping = server.stop();
    while (place.close === undefined) {
      const { connection, epoch, offset } = place;
      const query = new URLSearchParams({ connection, epoch, after: String(offset) });
      const answer = await fetch(`${server.url}/poll/tea?${query.toString()}`);
      place = (await answer.json()) as Place;
      expect(answer.headers.get('connection')).toBe(place.close === undefined ? 'keep-alive' : 'close');
    }
    expect(place.close).toMatchObject({ code: 1012 });
    expect(await stopping).toMatchObject({ leaks: [] });
  });

  test('that is asked for twice is one', async () => {
    const server = await serve();
    const ann = await joinByWebSocket(server);
    const reports = await Promise.all([server.stop(), server.stop()]);
    expect(reports[0]).toEqual({ connections: 1, closedByCode: new Map([[1012, 1]]), leaks: [] });
    expect(reports[1]).toEqual(reports[0]);
    await ann.closed;
  });

  test('spares those who leave by themselves: they are closed with their own code', async () => {
    const server = await serve({ drainTimeoutMs: 60_000, drainGraceMs: 30_000 });
    const members = await Promise.all(Array.from({ length: 40 }, () => joinByWebSocket(server)));
    const stopping = server.stop();
    const leavers = members.filter((_, i) => i % 2 === 0);
    for (const leaver of leavers) leaver.close();
    const { closedByCode, leaks } = await stopping;
    expect(leaks).toEqual([]);
    const counts = [...closedByCode].filter(([code]) => code === 1000 || code === 1012);
    expect(counts.reduce((sum, [, count]) => sum + count, 0)).toBe(40);
    expect(closedByCode.get(1012)).toBeGreaterThanOrEqual(20);
  });
});
