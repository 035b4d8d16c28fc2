/** A server of several workers, with its primary, for the length of a test: none of its processes outlives it. */
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { startHubbub, type Child, type ChildOptions } from './processes.ts';
import type { RedisServer } from './redis.ts';

/** Quick ends; members who do not talk more than a busy machine bears; and a history that lasts for any absence. */
const manner =
  '--drain-timeout 1s --drain-grace 300ms --close-timeout 1s --reconnect-spread 200ms --rate 5 --history-messages 10000';

interface WorkerStats {
  readonly number: number;
  readonly pid: number;
  readonly version: string;
  readonly activeConnections: number;
}

export interface AllStats {
  readonly totalConnections: number;
  readonly activeConnections: number;
  readonly messagesReceived: number;
  readonly messagesSent: number;
  readonly closedByCode: Readonly<Record<string, number>>;
  readonly workers: {
    readonly expected: number;
    readonly answered: number;
    readonly deaths: number;
    readonly list: readonly WorkerStats[];
  };
}

export class WorkerServer {
  readonly child: Child;
  readonly url: string;

  private constructor(child: Child, url: string) {
    this.child = child;
    this.url = url;
  }

  /** Starts two workers on a free port, and waits until both take connections and have Redis. */
  static async start(
    redis: RedisServer,
    flags: readonly string[] = [],
    options: ChildOptions = {},
  ): Promise<WorkerServer> {
    const given = `--workers 2 --port 0 --redis ${redis.url} ${manner}`.split(' ');
    const child = startHubbub([...given, ...flags], options);
    const [, url = ''] = await child.line(/"chat page +(http:[^"]+?)\/?"/);
    await Promise.all([
      child.line(/"worker":1,"msg":"broker ready"/),
      child.line(/"worker":2,"msg":"broker ready"/),
    ]);
    return new WorkerServer(child, url);
  }

  async stats(): Promise<AllStats> {
    return (await (await fetch(`${this.url}/stats`)).json()) as AllStats;
  }

  /** The same once every worker has answered in its time, which on a busy machine may take another try. */
  async statsOfAll(): Promise<AllStats> {
    for (;;) {
      const stats = await this.stats();
      if (stats.workers.answered === stats.workers.expected) return stats;
    }
  }

  /** The processes of the workers, by their numbers. */
  async pids(): Promise<number[]> {
    const { workers } = await this.statsOfAll();
    return workers.list.map(({ pid }) => pid);
  }

  /** Waits until everything has ended that has its output. @returns the exit code, and the messages of the log. */
  async ended(): Promise<{ code: number | null; messages: readonly string[]; pids: readonly number[] }> {
    const { code, stdout } = await this.child.ended;
    const messages = stdout.map((line) => (JSON.parse(line) as { msg: string }).msg);
    const pids = messages.flatMap((message) =>
      [...message.matchAll(/\(pid (\d+)\)/g)].map(([, pid]) => Number(pid)),
    );
    return { code, messages, pids: [...new Set(pids)] };
  }
}

/** @returns which of these processes are still there. One that is dead, and that nobody has buried yet, is not. */
export async function stillThere(pids: readonly number[]): Promise<number[]> {
  const states = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '() Z')),
  );
  return pids.filter((_, index) => states[index]?.replace(/.*\) /, '').startsWith('Z') === false);
}

/** A copy of the program, as one that is installed: the test may install another over it. It goes with the test. */
export class Installation {
  readonly program: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.program = path.join(folder, 'dist/main.js');
  }

  static async make(): Promise<Installation> {
    const root = fileURLToPath(new URL('../../', import.meta.url));
    const folder = await mkdtemp(path.join(tmpdir(), 'hubbub-installed-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await cp(path.join(root, 'dist'), path.join(folder, 'dist'), { recursive: true });
    await cp(path.join(root, 'package.json'), path.join(folder, 'package.json'));
    await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
    return new Installation(folder);
  }

  async setVersion(version: string): Promise<void> {
    const file = path.join(this.#folder, 'package.json');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace(/"version": "[^"]*"/, `"version": "${version}"`));
  }

  /** Installs a program that ends as soon as it is started. */
  async spoil(exitCode: number): Promise<void> {
    await writeFile(this.program, `process.exit(${exitCode});\n`);
  }
}
