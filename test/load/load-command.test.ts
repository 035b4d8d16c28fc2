import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { ChatServer } from '../../src/index.ts';
import type { LoadReport } from '../../src/load/report.ts';
import { runHubbub, startHubbub } from '../support/processes.ts';
import { serve } from '../support/test-server.ts';

// Each test starts Node anew, which a busy machine does not do within the usual five seconds.
const patient = { timeout: 120_000 };

const quick = ['--vus', '4', '--duration', '500ms', '--rooms', '2', '--rate', '8'];

function loadOf(server: ChatServer, ...flags: string[]): string[] {
  return ['load', server.url, ...quick, ...flags];
}

describe('the exit code', patient, () => {
  test('is 0 where every threshold holds, and stdout is the summary', async () => {
    const server = await serve();
    const flags = ['--threshold', 'lost==0', '--threshold', 'checks==100'];
    const { code, stdout, stderr } = await runHubbub(loadOf(server, ...flags));
    expect(code).toBe(0);
    expect(stderr).toEqual([expect.stringContaining('4 virtual users in 2 rooms')]);
    expect(stdout).toContain("    ✓ 'lost==0' lost=0");
    expect(stdout).toContain('    ✓ status is 101');
    expect(stdout.find((line) => line.includes('ws_sessions'))).toMatch(/: [1-4] /);
  });

  test('is 99 where one fails, and --json prints one document', async () => {
    const server = await serve();
    const { code, stdout } = await runHubbub(loadOf(server, '--json', '--threshold', 'sessions==0'));
    expect(code).toBe(99);
    const report = JSON.parse(stdout.join('\n')) as LoadReport;
    expect(report.thresholds).toEqual([
      { threshold: 'sessions==0', figure: 'sessions', value: 4, unit: '', passed: false },
    ]);
    expect(report.closes).toEqual({ 1000: 4 });
  });

  test('is 1 where nobody listens, with one line that says so', async () => {
    const { code, stdout, stderr } = await runHubbub(['load', 'ws://127.0.0.1:1', ...quick]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: [] });
    expect(stderr.slice(1)).toEqual(['hubbub: cannot join ws://127.0.0.1:1: nobody listens there']);
  });

  test.each([
    [['--vus', '0'], /^hubbub: --vus 0: must be a whole number from 1 to/],
    [['--threshold', 'fast'], /^hubbub: --threshold fast: must be a figure/],
    [['--vu', '5'], /^hubbub: unknown option '--vu'/],
    [['ws://a', 'ws://b'], /^hubbub: unexpected argument 'ws:\/\/b'$/],
    [['--vus', '999999999'], /^hubbub: --vus 999999999: at most [\d,]+ are possible here/],
  ])('is 2 for the mistake %j, with one line that says so', async (flags, message) => {
    const { code, stdout, stderr } = await runHubbub(['load', ...flags]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: [] });
    expect(stderr).toEqual([expect.stringMatching(message)]);
  });
});

test('--html writes the page', patient, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hubbub-load-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'report.html');
  const server = await serve();
  expect((await runHubbub(loadOf(server, '--html', file))).code).toBe(0);
  expect(readFileSync(file, 'utf8')).toMatch(/^<!doctype html>[^]*Load test of ws:[^]*<\/html>\n$/);
});

/** Resolves once every user has said something, and so knows that it is in. */
async function allTalk(server: ChatServer): Promise<void> {
  await vi.waitFor(() => {
    const talking = [...server.connections].filter(({ reader }) => reader.messagesIn > 0);
    expect(talking).toHaveLength(3);
  }, patient);
}

describe('Ctrl-C', patient, () => {
  const long = ['--vus', '3', '--ramp', '0s', '--duration', '10m', '--rate', '5'];

  test('the first one ends every session with 1000, and the test with its summary', async () => {
    const server = await serve();
    const child = startHubbub(['load', server.url, ...long]);
    await allTalk(server);
    child.signal('SIGINT');
    const { code, stdout } = await child.ended;
    expect(code).toBe(0);
    // On a busy machine a word about its own lateness may follow.
    expect(stdout).toContainEqual(expect.stringMatching(/^ {2}interrupted after /));
    expect(stdout.find((line) => line.includes('1000 normal'))).toMatch(/: 3$/);
    await vi.waitFor(() => expect([...server.connections.closedByCode]).toEqual([[1_000, 3]]), patient);
  });

  test('the second one ends it at once', async () => {
    const server = await serve();
    const child = startHubbub(['load', server.url, ...long]);
    await allTalk(server);
    // The first one would wait for the answers of a server that stands still.
    for (const { socket } of server.connections) socket.pause();
    child.signal('SIGINT');
    child.signal('SIGTERM');
    const { code, stdout } = await child.ended;
    expect({ code, stdout }).toEqual({ code: expect.toBeOneOf([130, 143]), stdout: [] });
    for (const { socket } of server.connections) socket.resume();
  });
});
