import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { systemClock, type Clock } from '../../src/clock.ts';
import { TrackedClock } from '../../src/leaks/clock.ts';
import { CannotJoinError, runLoadTest } from '../../src/load/load.ts';
import type { LoadReport } from '../../src/load/report.ts';
import type { Scenario } from '../../src/load/scenario.ts';
import { parseThreshold } from '../../src/load/threshold.ts';
import type { Point } from '../../src/load/timeline.ts';
import { patient, serve } from '../support/test-server.ts';

const small = { vus: 6, durationMs: 600, rampMs: 0, rooms: 2, rate: 20, payloadBytes: 64 };

function scenario(url: string, overrides: Partial<Scenario> = {}): Scenario {
  return { url: url.replace(/^http/, 'ws'), ...small, ...overrides };
}

/** A server that says what the test makes it say. @returns its URL. */
async function serveBy(behave: (member: WebSocket) => void): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', behave);
  await once(server, 'listening');
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Runs a load test until a second of it, or all of it so far, shows what is waited for. */
function loadUntil(
  scenarioWithoutEnd: Scenario,
  isEnough: (last: Point, soFar: { received: number; errors: number }) => boolean,
): Promise<LoadReport> {
  const interruption = new AbortController();
  const soFar = { received: 0, errors: 0 };
  return runLoadTest({
    scenario: { ...scenarioWithoutEnd, durationMs: 3_600_000 },
    thresholds: ['lost==0', 'checks==100', 'unanswered==0', 'p95<60s', 'errors==0'].map(parseThreshold),
    signal: interruption.signal,
    onSample: (point) => {
      soFar.received += point.received;
      soFar.errors += point.errors;
      if (isEnough(point, soFar)) interruption.abort();
    },
  });
}

const allAreIn = ({ sessions }: Point) => sessions === small.vus;

/** Runs ten times as fast, for what is waited for in vain. */
const hastyClock: Clock = { ...systemClock, setTimeout: (fn, delayMs) => setTimeout(fn, delayMs / 10) };

const welcome = JSON.stringify({ type: 'welcome', epoch: 'a', offset: 5 });
const chat = (offset: number) => JSON.stringify({ type: 'chat', offset, content: 'hello' });

describe('against a server that keeps its word', patient, () => {
  test('every message comes back, in order, and every session ends with 1000', async () => {
    const server = await serve({ rate: 0 });
    const report = await loadUntil(
      scenario(server.url),
      (last, { received }) => allAreIn(last) && received > 0,
    );
    const { metrics } = report;
    expect(report.thresholds.filter(({ passed }) => !passed)).toEqual([]);
    expect(metrics.ws_sessions.count).toBe(small.vus);
    expect(metrics.vus_max).toBe(small.vus);
    expect(metrics.ws_msgs_sent.count).toBeGreaterThan(0);
    expect(metrics.chat_latency.min).toBeGreaterThan(0);
    expect(report.closes).toEqual({ 1000: small.vus });
    expect(report.errors).toEqual({});
    expect(report.checks).toEqual([
      { name: 'status is 101', passes: small.vus, fails: 0 },
      { name: 'has type field', passes: metrics.ws_msgs_received.count, fails: 0 },
    ]);
    const returned = report.histogram.reduce((sum, { count }) => sum + count, 0);
    expect(returned).toBe(metrics.ws_msgs_sent.count);
    expect(server.connections.total).toBe(small.vus);
  });

  test('the users are spread over the rooms, the first one in load-0', async () => {
    const server = await serve({ rate: 0 });
    let rooms: Record<string, number> = {};
    await loadUntil(scenario(server.url), (point) => {
      rooms = Object.fromEntries([...server.hub.rooms].map(([name, { members }]) => [name, members.length]));
      return allAreIn(point);
    });
    expect(rooms).toEqual({ 'load-0': 3, 'load-1': 3 });
  });

  test('whoever talks faster than the server lets them is told how often it said no', async () => {
    const server = await serve({ rate: 1, burst: 2, abuseLimit: 10_000 });
    const report = await runLoadTest({ scenario: scenario(server.url, { vus: 1, rampMs: 0, rate: 50 }) });
    expect(Object.keys(report.errors)).toEqual(['rate_limited']);
    expect(report.metrics.chat_errors.count).toBeGreaterThan(0);
    expect(report.metrics.chat_unanswered.count).toBe(0);
  });

  test('users that the server has no place for fail the check, and the others go on', async () => {
    const server = await serve({ maxConnections: 2 });
    const report = await loadUntil(scenario(server.url, { vus: 4 }), (_, { errors }) => errors >= 2);
    const [status] = report.checks;
    expect(status).toMatchObject({ name: 'status is 101', passes: 2 });
    expect(status?.fails).toBeGreaterThanOrEqual(2);
    expect(Object.keys(report.errors)).toEqual(['HTTP 503']);
  });

  test('users who only listen need no answers', async () => {
    const server = await serve();
    const report = await loadUntil(scenario(server.url, { rate: 0 }), allAreIn);
    expect(report.metrics.ws_msgs_sent.count).toBe(0);
    expect(report.closes).toEqual({ 1000: small.vus });
  });

  test('interrupted by one who hears a sample, it takes no more of them', async () => {
    const server = await serve();
    const interruption = new AbortController();
    const clock = new TrackedClock(systemClock);
    await runLoadTest({
      scenario: scenario(server.url, { rate: 0, durationMs: 3_600_000 }),
      clock,
      signal: interruption.signal,
      onSample: () => interruption.abort(),
    });
    expect(clock.timers).toBe(0);
  });

  test('interrupted, it ends before its time with its report', async () => {
    const server = await serve();
    const report = await loadUntil(scenario(server.url), allAreIn);
    expect(report.isInterrupted).toBe(true);
    expect(report.elapsedMs).toBeLessThan(60_000);
    expect(report.closes).toEqual({ 1000: small.vus });
    expect(report.timeline.length).toBeGreaterThan(0);
  });
});

describe('against a server that does not', patient, () => {
  const one = { vus: 1, rampMs: 0, rate: 0, durationMs: 300 };

  test('gaps and repeats are lost and duplicated, and what has no type fails its check', async () => {
    const url = await serveBy((member) => {
      for (const text of [welcome, chat(6), chat(9), chat(9), chat(10), 'nonsense', '{"offset":11}']) {
        member.send(text);
      }
    });
    const report = await loadUntil(scenario(url, one), (_, { received }) => received === 7);
    const { metrics, checks } = report;
    expect([metrics.chat_lost.count, metrics.chat_duplicated.count]).toEqual([2, 1]);
    expect(checks[1]).toEqual({ name: 'has type field', passes: 5, fails: 2 });
  });

  test('what never comes back is unanswered', async () => {
    const url = await serveBy((member) => member.send(welcome));
    const report = await runLoadTest({
      scenario: scenario(url, { ...one, rate: 50, durationMs: 3_000 }),
      clock: hastyClock,
      thresholds: [parseThreshold('p95<200')],
    });
    expect(report.metrics.chat_unanswered.count).toBe(report.metrics.ws_msgs_sent.count);
    expect(report.metrics.chat_unanswered.count).toBeGreaterThan(0);
    expect(report.thresholds[0]).toMatchObject({ value: null, passed: false });
  });

  test('a session that the server ends begins again, and its code is counted', async () => {
    let sessions = 0;
    const url = await serveBy((member) => {
      sessions += 1;
      member.send(welcome);
      if (sessions === 1) member.close(1012);
    });
    const report = await loadUntil(scenario(url, one), ({ sessions: open }) => open === 1 && sessions === 2);
    expect(report.closes).toEqual({ 1012: 1, 1000: 1 });
    expect(report.metrics.ws_sessions.count).toBe(2);
  });

  test('one that never says goodbye is left without', async () => {
    const url = await serveBy((member) => {
      member.send(welcome, () => member.pause());
    });
    const report = await runLoadTest({ scenario: scenario(url, one), clock: hastyClock });
    expect(report.closes).toEqual({ 1006: 1 });
  });

  test('nobody listens: it says so, and where', async () => {
    const running = runLoadTest({ scenario: scenario('ws://127.0.0.1:1') });
    await expect(running).rejects.toThrow(CannotJoinError);
    await expect(running).rejects.toThrow('cannot join ws://127.0.0.1:1: nobody listens there');
  });

  test('it shows the first user out', async () => {
    const url = await serveBy((member) => member.close(4501, 'unauthorized'));
    await expect(runLoadTest({ scenario: scenario(url) })).rejects.toThrow(
      `cannot join ${url}: it closes with 4501 unauthorized`,
    );
  });

  test('it has no place for the first user', async () => {
    const server = await serve({ maxConnections: 1 });
    const interruption = new AbortController();
    const first = runLoadTest({
      scenario: scenario(server.url, { ...one, durationMs: 3_600_000 }),
      signal: interruption.signal,
    });
    await vi.waitFor(() => expect(server.connections.size).toBe(1), patient);
    await expect(runLoadTest({ scenario: scenario(server.url) })).rejects.toThrow('it answers 503');
    interruption.abort();
    expect((await first).isInterrupted).toBe(true);
  });
});
