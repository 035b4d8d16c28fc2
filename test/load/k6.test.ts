import { expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { patient, serve } from '../support/test-server.ts';

// There is no k6 here: these stand for what of it the script uses, over real sockets.

const k6 = vi.hoisted(() => ({
  checks: new Map<string, boolean[]>(),
  metrics: new Map<string, number[]>(),
  startTime: 0,
  closed: [] as Promise<void>[],
}));

vi.mock('k6', () => ({
  check: <T>(value: T, checks: Record<string, (value: T) => boolean>) => {
    for (const [name, asks] of Object.entries(checks)) {
      k6.checks.set(name, [...(k6.checks.get(name) ?? []), asks(value)]);
    }
  },
  sleep: () => undefined,
}));

vi.mock('k6/metrics', () => {
  class Metric {
    readonly #name: string;
    constructor(name: string) {
      this.#name = name;
    }
    add(value: number): void {
      k6.metrics.set(this.#name, [...(k6.metrics.get(this.#name) ?? []), value]);
    }
  }
  return { Counter: Metric, Trend: Metric };
});

vi.mock('k6/execution', () => ({ default: { scenario: k6 } }));

vi.mock('k6/ws', () => ({
  default: {
    connect: (url: string, _: null, begin: (socket: unknown) => void) => {
      const webSocket = new WebSocket(url);
      const timers: NodeJS.Timeout[] = [];
      onTestFinished(() => webSocket.terminate());
      k6.closed.push(
        new Promise((resolve) => {
          webSocket.on('close', () => {
            for (const timer of timers) clearTimeout(timer);
            resolve();
          });
        }),
      );
      begin({
        on: (event: string, listener: (text: string) => void) =>
          webSocket.on(event, (data: unknown) => listener(String(data))),
        send: (text: string) => webSocket.send(text),
        close: (code: number) => webSocket.close(code),
        setTimeout: (fn: () => void, ms: number) => timers.push(setTimeout(fn, ms)),
        setInterval: (fn: () => void, ms: number) => timers.push(setInterval(fn, ms)),
      });
      return { status: 101 };
    },
  },
}));

test('the k6 script joins, talks, checks and leaves as hubbub load does', patient, async () => {
  const server = await serve({ rate: 0 });
  const settings = { URL: server.url.replace('http', 'ws'), VUS: '2', DURATION: '3', ROOMS: '1', RATE: '20' };
  vi.stubGlobal('__ENV', settings);
  const { default: chat, options, setup } = await import('./chat.k6.ts');
  expect(options.scenarios?.['chat']).toMatchObject({
    startVUs: 1,
    stages: [
      { duration: '0.5s', target: 2 },
      { duration: '2.5s', target: 2 },
    ],
  });
  const run = setup();
  k6.startTime = Date.now();
  for (const user of [1, 2]) {
    vi.stubGlobal('__VU', user);
    chat(run);
  }
  await Promise.all(k6.closed);
  const said = server.traffic.framesIn;
  expect(said).toBeGreaterThan(2);
  expect(k6.metrics.get('chat_latency')).toHaveLength(said);
  expect(k6.metrics.get('chat_unanswered')).toEqual([0, 0]);
  expect([...k6.metrics.keys()].toSorted()).toEqual(['chat_latency', 'chat_unanswered']);
  expect(k6.checks.get('status is 101')).toEqual([true, true]);
  expect(k6.checks.get('has type field')?.length).toBeGreaterThan(said);
  expect(new Set(k6.checks.get('has type field'))).toEqual(new Set([true]));
  await vi.waitFor(() => expect([...server.connections.closedByCode]).toEqual([[1_000, 2]]), patient);
});
