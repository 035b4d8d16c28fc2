/**
 * Redis for the length of a test: a real redis-server, or a cluster of them. Where there is none, its tests say so and are
 * skipped; on CI that is an error.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { isRedisInstalled, RedisServer } from './redis-server.ts';

export { RedisServer };

/** Whether there is a redis-server. @throws on CI where there is none. */
export const hasRedis = findRedis();

function findRedis(): boolean {
  if (isRedisInstalled()) return true;
  const problem = 'no redis-server here: `apt-get install redis-server` brings one (version 7 or newer)';
  if (process.env['CI'] === 'true') throw new Error(problem);
  console.warn(`\n${'!'.repeat(80)}\nSKIPPED: ${problem}\n${'!'.repeat(80)}\n`);
  return false;
}

/** Starts one that ends with the test. */
export async function startRedis(flags: readonly string[] = []): Promise<RedisServer> {
  const redis = await RedisServer.start(flags);
  onTestFinished(() => redis.stop());
  return redis;
}

/** Three masters with a third of the slots each, and maybe a replica of each after them. */
/** They take three seconds. What goes on for longer than this waits for a node that was never met. */
const joinMs = 20_000;

export class RedisCluster {
  readonly nodes: readonly RedisServer[];

  private constructor(nodes: readonly RedisServer[]) {
    this.nodes = nodes;
  }

  static async start(more: readonly string[] = [], replicas: 0 | 1 = 0): Promise<RedisCluster> {
    const flags = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', ...more];
    for (;;) {
      const nodes: RedisServer[] = [];
      for (let node = 0; node < 3 * (1 + replicas); node += 1) nodes.push(await RedisServer.start(flags));
      const cluster = new RedisCluster(nodes);
      if (await cluster.#join(replicas)) return cluster;
      await cluster.stop();
    }
  }

  /** @returns false where they do not find one another. */
  async #join(replicas: 0 | 1): Promise<boolean> {
    const { nodes } = this;
    const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
    const create = [
      '--cluster',
      'create',
      ...addresses,
      '--cluster-replicas',
      `${replicas}`,
      '--cluster-yes',
    ];
    const [code] = (await once(spawn('redis-cli', create, { stdio: 'ignore', timeout: joinMs }), 'exit')) as [
      number | null,
    ];
    if (code !== 0) return false;
    for (const node of nodes) {
      while (!String(await node.command('CLUSTER', 'INFO')).includes('cluster_state:ok')) await pause(20);
    }
    return true;
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }
}
