import { text } from 'node:stream/consumers';
import { Agent, get, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { fastify } from 'fastify';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { addressesOf, Doors } from '../src/doors.ts';

const quiet = pino({ level: 'silent' });

/** An HTTP server behind these doors, and what asks it by a connection that is kept. */
async function openDoors(addresses: readonly [string, ...string[]]) {
  const http = fastify({ forceCloseConnections: 'idle' });
  http.get('/', () => 'hello');
  const doors = new Doors(http, quiet);
  const url = await doors.open(addresses, 0);
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const ask = async (address: string) => {
    const request = get(`http://${address}:${new URL(url).port}/`, { agent });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return text(response);
  };
  return { http, doors, ask };
}

test('a server has who comes by any of its doors, and closing closes all of them', async () => {
  const { http, doors, ask } = await openDoors(['127.0.0.1', '127.0.0.2']);
  for (const address of ['127.0.0.1', '127.0.0.2']) expect(await ask(address)).toBe('hello');
  const gone = doors.close();
  for (const address of ['127.0.0.1', '127.0.0.2'])
    await expect(ask(address)).rejects.toThrow(/ECONN|hang up/);
  await http.close();
  await gone;
});

test('a further door that cannot be had is done without', async () => {
  const { http, doors, ask } = await openDoors(['127.0.0.1', '192.0.2.1']);
  expect(await ask('127.0.0.1')).toBe('hello');
  const gone = doors.close();
  await http.close();
  await gone;
});

test('localhost has the doors that it stands for, any other host is one', async () => {
  expect(await addressesOf('localhost')).toContain('127.0.0.1');
  expect(await addressesOf('0.0.0.0')).toEqual(['0.0.0.0']);
});
