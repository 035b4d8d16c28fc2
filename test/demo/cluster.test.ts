/** The cluster demo as it is run where nobody sits before it, and its parts. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { hasRedis } from '../support/redis.ts';
import { patient } from '../support/test-server.ts';
import { displayOn } from './cluster/display.ts';
import { Keys } from './cluster/keys.ts';
import { everything, parseScript, showDeed } from './cluster/script.ts';
import { drawView, sparkline, type ClusterView } from './cluster/view.ts';

const main = fileURLToPath(new URL('cluster.ts', import.meta.url));

interface Run {
  readonly lines: string[];
  /** Resolves once there is such a line. */
  line(pattern: RegExp): Promise<void>;
  interrupt(): void;
  readonly code: Promise<number | null>;
  /** What it has left in the folder for temporary files. */
  left(): string[];
}

function runDemo(args: readonly string[]): Run {
  const folder = mkdtempSync(join(tmpdir(), 'hubbub-demo-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const code = once(child, 'close').then(([ended]) => ended as number | null);
  const line = async (pattern: RegExp) => {
    while (!lines.some((one) => pattern.test(one))) await once(reader, 'line');
  };
  onTestFinished(async () => {
    child.kill('SIGINT');
    await code;
  });
  const left = () => readdirSync(folder).filter((name) => name.startsWith('hubbub-redis'));
  return { lines, line, code, left, interrupt: () => void child.kill('SIGINT') };
}

/** Those of the processes that it has named which still run. */
function survivors(lines: readonly string[]): number[] {
  const pids = new Set(
    lines.flatMap((line) => [...line.matchAll(/\((\d+)\)/g)].map(([, pid]) => Number(pid))),
  );
  expect(pids.size).toBeGreaterThanOrEqual(4);
  return [...pids].filter((pid) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  });
}

const small = ['--members', '6', '--rooms', '2', '--pace', '150', '--calm', '0.6'];

/** Four processes and more start one after the other: on a busy machine that takes long. */
const veryPatient = { timeout: 3 * patient.timeout };

describe.skipIf(!hasRedis)('the cluster demo', veryPatient, () => {
  test('loses nothing and doubles nothing, whatever is killed, and leaves no process', async () => {
    const script = 'kill 1, start 1, drain 2, kill redis, start redis, stop redis, continue redis';
    const demo = runDemo([...small, '--script', script]);
    expect(await demo.code).toBe(0);
    const table = demo.lines[demo.lines.findIndex((line) => line.includes('duplicated  out of order')) + 1];
    const [said, acked, delivered, , due, lost, duplicated, outOfOrder] = (table ?? '').trim().split(/\s+/);
    expect(Number(said)).toBeGreaterThan(0);
    expect([acked, delivered]).toEqual([said, due]);
    expect([lost, duplicated, outOfOrder]).toEqual(['0', '0', '0']);
    for (const deed of script.split(', ')) expect(demo.lines.join('\n')).toContain(deed);
    expect([survivors(demo.lines), demo.left()]).toEqual([[], []]);
  });

  test('ends at a signal, with what came of it until then', async () => {
    const demo = runDemo([...small, '--seconds', '600']);
    await demo.line(/Redis \(\d+\) up/);
    demo.interrupt();
    expect(await demo.code).toBe(0);
    expect(demo.lines.some((line) => line.includes('out of order  gaps told'))).toBe(true);
    expect([survivors(demo.lines), demo.left()]).toEqual([[], []]);
  });
});

describe('a script', () => {
  test('is read as it is written', () => {
    expect(parseScript(everything, 3).map(showDeed).join(', ')).toBe(everything);
    expect(parseScript('', 3)).toEqual([]);
  });

  test.each(['kill 4', 'kill', 'drain redis', 'stop 1', 'dance 1', 'kill 1 2', 'kill 0'])(
    'with the step "%s" is refused, and says what there is',
    (step) => {
      expect(() => parseScript(`kill 1, ${step}`, 3)).toThrow(`"${step}" is no step: say kill, start, drain`);
    },
  );
});

describe('keys', () => {
  const nodes = [{ state: 'up' }, { state: 'dead' }, { state: 'up' }];
  const cluster = { nodes, redisState: 'up' } as unknown as ConstructorParameters<typeof Keys>[0];

  test.each([
    ['1', 'kill 1'],
    ['2', 'start 2'],
    ['d3', 'drain 3'],
    ['#', 'drain 3'],
    ['dx3', 'kill 3'],
    ['r', 'kill redis'],
    ['s', 'stop redis'],
    ['4', undefined],
    ['q', 'quit'],
    ['\u0003', 'quit'],
  ])('%j → %s', (pressed, expected) => {
    const keys = new Keys(cluster);
    const wish = pressed
      .split('')
      .map((key) => keys.press(key))
      .at(-1);
    expect(typeof wish === 'object' ? showDeed(wish) : wish).toBe(expected);
  });
});

const plain = (_: unknown, text: string) => text;

describe('the view', () => {
  const view: ClusterView = {
    seconds: 75,
    nodes: [
      { name: 'node 1', state: 'up', pid: 101, connections: 8, messagesPerSecond: 144, broker: 'ready' },
      { name: 'node 2', state: 'dead', pid: undefined, connections: 0, messagesPerSecond: 0, broker: '' },
    ],
    redis: { state: 'up', pid: 100 },
    members: 24,
    open: 16,
    totals: {
      said: 10,
      acked: 9,
      delivered: 50,
      due: 54,
      told: 0,
      missing: 0,
      duplicated: 0,
      outOfOrder: 0,
      gaps: 1,
    },
    perSecond: [0, 1, 2, 4],
    events: Array.from({ length: 50 }, (_, index) => `event ${index}`),
  };
  test('fills a screen of any size, and never more', () => {
    for (const size of [
      { columns: 80, rows: 24 },
      { columns: 200, rows: 60 },
      { columns: 20, rows: 5 },
      { columns: 1, rows: 1 },
    ]) {
      const lines = drawView(view, size, plain);
      expect(lines).toHaveLength(size.rows);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(size.columns);
    }
  });

  test('shows the newest events, and how each server is', () => {
    const lines = drawView(view, { columns: 120, rows: 24 }, plain);
    expect(lines.at(-2)).toBe('event 49');
    expect(lines.find((line) => line.startsWith('node 1'))).toMatch(/up +101 +8 +144 +ready/);
    expect(lines.find((line) => line.startsWith('node 2'))).toMatch(/dead +– +0 +0 +–/);
    expect(lines.some((line) => line.includes('said 10 · acked 9 · delivered 50 of 54'))).toBe(true);
  });

  test('draws numbers as bars, beside the highest of them', () => {
    expect(sparkline([0, 1, 2, 4], 4)).toBe('▁▃▅█');
    expect(sparkline([9, 0, 0], 2)).toBe('▁▁');
  });

  test('on a terminal writes what has changed alone, all of it anew at another size, and leaves it as it was', () => {
    const written: string[] = [];
    const resized: (() => void)[] = [];
    const output = {
      isTTY: true,
      columns: 100,
      rows: 24,
      hasColors: () => false,
      write: (text: string) => written.push(text),
      on: (_: 'resize', listener: () => void) => {
        resized.push(listener);
      },
      off: () => undefined,
    };
    const display = displayOn(output);
    display.show(view);
    expect(written[0]).toContain('\u001B[?1049h');
    written.length = 0;
    display.show(view);
    expect(written).toEqual([]);
    display.show({ ...view, open: 17 });
    expect(written.join('').split(';1H')).toHaveLength(2);
    output.rows = 30;
    resized[0]?.();
    expect(written.join('')).toContain('\u001B[30;1H');
    display.close();
    expect(written.at(-1)).toBe('\u001B[?25h\u001B[?1049l');
  });
});
