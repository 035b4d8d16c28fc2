/**
 * What all servers under test have in common: they listen on a free port of 127.0.0.1, print it as one JSON
 * line, and report on themselves.
 */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { answerCalls, type Handlers } from '../ipc/child.ts';
import type { ServerCalls } from '../ipc/calls.ts';

/** Starts to listen, says where, and answers the runner. */
export async function serve(server: Server, counters: Record<string, number>): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  announce((server.address() as AddressInfo).port, counters);
}

/** Says where this process listens, and answers the runner. */
export function announce(port: number, counters: Record<string, number>): void {
  answer(port, {
    report({ gc }) {
      if (gc) collectGarbage();
      const { user, system } = process.cpuUsage();
      return { cpuUs: user + system, rssBytes: process.memoryUsage.rss(), counters };
    },
    exit() {
      setImmediate(() => process.exit());
      return null;
    },
  });
}

/** Says where the server listens, and answers the runner. */
export function answer(port: number, calls: Handlers<ServerCalls>): void {
  answerCalls<ServerCalls>(calls);
  console.log(JSON.stringify({ port }));
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  // The second collection takes what the first one's finalisers let go.
  gc();
  gc();
}
