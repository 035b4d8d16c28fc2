/** hubbub with two workers, as its command line starts it, for which this process answers. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { answer } from './serve.ts';

const flags = ['--workers', '2', '--port', '0', '--rate', '0', ...process.argv.slice(2)];
const primary = spawn(process.execPath, [resolve('dist/main.js'), ...flags], {
  stdio: ['ignore', 'pipe', 'inherit'],
});

// Its workers notice, and end.
process.on('exit', () => primary.kill('SIGKILL'));

const origin = await new Promise<string>((found) => {
  createInterface({ input: primary.stdout }).on('line', (line) => {
    const [url] = /http:\/\/[\d.]+:\d+(?=\/stats)/.exec(line) ?? [];
    if (url !== undefined) found(url);
  });
});

interface Stats {
  readonly workers: { readonly list: readonly { readonly pid: number }[] };
}
const { workers } = (await (await fetch(`${origin}/stats`)).json()) as Stats;
const pids = [primary.pid ?? 0, ...workers.list.map(({ pid }) => pid)];

/** Linux counts a process's time in hundredths of a second, and its memory in pages. */
const tickUs = 10_000;
const pageBytes = 4_096;

function usageOf(pid: number): { readonly cpuUs: number; readonly rssBytes: number } {
  // After the name, which may hold anything, utime, stime and rss are fields 14, 15 and 24 of proc(5).
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [utime = 0, stime = 0, rss = 0] = [fields[11], fields[12], fields[21]];
  return { cpuUs: (utime + stime) * tickUs, rssBytes: rss * pageBytes };
}

answer(Number(new URL(origin).port), {
  report() {
    const usages = pids.map(usageOf);
    return {
      cpuUs: usages.reduce((sum, { cpuUs }) => sum + cpuUs, 0),
      rssBytes: usages.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
      counters: {},
    };
  },
  async exit() {
    const ended = once(primary, 'exit');
    // A second signal ends it without waiting for its members; two of one kind may count as one.
    primary.kill('SIGTERM');
    primary.kill('SIGINT');
    await ended;
    setImmediate(() => process.exit());
    return null;
  },
});
