import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { createChatServer, type ChatServer } from '../src/index.ts';
import { trackActors } from '../src/leaks.ts';
import * as raw from './support/raw-client.ts';

const cycles = 2_000;
const warmUp = 500;
const atOnce = 10;
/**
 * A living connection takes some ten kilobytes; one that is gone may leave next to none of them. Not quite none, because
 * Node is still compiling what got warm.
 */
const mostBytesLeft = 2_048;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapAfterGarbage(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** Comes into a room, says something, and leaves in one of the ways there are. */
async function visit(server: ChatServer, turn: number): Promise<void> {
  const client = await raw.RawClient.open(server.url, { path: `/ws/room-${turn % 7}?name=Ann` });
  await client.send(raw.text('{"type":"chat","content":"hello"}'));
  await client.frames.next(({ payload }) => payload.includes('"content":"hello"'));
  switch (turn % 4) {
    case 0:
      client.vanish();
      break;
    case 1:
      client.reset();
      break;
    case 2:
      await client.send(raw.frame(3));
      break;
    default:
      await client.send(raw.close(1000));
  }
  await client.ended;
}

/** Lets so many clients come and go, some at a time, until the last one is forgotten. */
async function soak(server: ChatServer, visits: number): Promise<void> {
  for (let done = 0; done < visits; done += atOnce) {
    await Promise.all(Array.from({ length: atOnce }, (_, i) => visit(server, done + i)));
  }
  await new Promise<void>((resolve) => {
    const { connections } = server;
    if (connections.size === 0) return resolve();
    const { onEmpty } = connections;
    connections.onEmpty = () => {
      connections.onEmpty = onEmpty;
      onEmpty?.();
      resolve();
    };
  });
}

test(
  `${cycles} clients that come and go leave heap and actors as they were`,
  { timeout: 120_000 },
  async () => {
    const leaks = trackActors();
    const server = createChatServer({ port: 0, inspect: leaks.inspect });
    await server.start();
    await soak(server, warmUp);
    leaks.baseline();
    const heapBefore = heapAfterGarbage();
    await soak(server, cycles - warmUp);
    await leaks.expectNone();
    const heapGrowth = heapAfterGarbage() - heapBefore;
    expect(heapGrowth / (cycles - warmUp)).toBeLessThan(mostBytesLeft);
    expect(leaks.trackedActors).toBeLessThan(10);
    expect(server.hub.rooms.size).toBe(0);

    const { connections, closedByCode, leaks: left } = await server.stop();
    expect({ connections, left }).toEqual({ connections: cycles, left: [] });
    expect([...closedByCode].toSorted(([a], [b]) => a - b)).toEqual([
      [1000, cycles / 4],
      [1002, cycles / 4],
      [1006, cycles / 2],
    ]);
    leaks.stop();
  },
);
