/**
 * Redis for the length of a test: a real redis-server on a free port, or a cluster of them. Where there is none, its tests
 * say so and are skipped; on CI that is an error.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from 'redis';

/** Whether there is a redis-server. @throws on CI where there is none. */
export const hasRedis = findRedis();

function findRedis(): boolean {
  if (spawnSync('redis-server', ['--version']).status === 0) return true;
  const problem = 'no redis-server here: `apt-get install redis-server` brings one (version 7 or newer)';
  if (process.env['CI'] === 'true') throw new Error(problem);
  console.warn(`\n${'!'.repeat(80)}\nSKIPPED: ${problem}\n${'!'.repeat(80)}\n`);
  return false;
}

export class RedisServer {
  readonly port: number;
  readonly #flags: readonly string[];
  readonly #folder = mkdtempSync(join(tmpdir(), 'hubbub-redis-'));
  #process: ChildProcess | undefined;

  private constructor(port: number, flags: readonly string[]) {
    this.port = port;
    this.#flags = flags;
  }

  /** @param flags as on redis-server's command line; it keeps nothing on disk unless they say so. */
  static async start(flags: readonly string[] = []): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), flags);
    await server.restart();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it where it was, with what it has kept. */
  async restart(): Promise<void> {
    const { port } = this;
    const options = {
      port,
      bind: '127.0.0.1',
      dir: this.#folder,
      save: '',
      daemonize: 'no',
      loglevel: 'warning',
    };
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    this.#process = spawn('redis-server', [...args, ...this.#flags], { stdio: 'ignore' });
    // It is the test's, and no leak of a server's that is checked before the test has ended it.
    this.#process.unref();
    await untilAccepted(port);
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Ends it as a crash does. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Has it do something. */
  async command(...args: readonly string[]): Promise<unknown> {
    const client = createClient({ url: this.url, commandOptions: { timeout: 0 } });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await client.sendCommand([...args]);
    } finally {
      client.destroy();
    }
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Three masters with a third of the slots each. */
export class RedisCluster {
  readonly nodes: readonly RedisServer[];

  private constructor(nodes: readonly RedisServer[]) {
    this.nodes = nodes;
  }

  static async start(more: readonly string[] = []): Promise<RedisCluster> {
    const flags = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', ...more];
    const nodes: RedisServer[] = [];
    for (let node = 0; node < 3; node += 1) nodes.push(await RedisServer.start(flags));
    const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
    const created = spawn('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes'], {
      stdio: 'ignore',
    });
    await once(created, 'exit');
    for (const node of nodes) {
      while (!String(await node.command('CLUSTER', 'INFO')).includes('cluster_state:ok')) await pause(20);
    }
    return new RedisCluster(nodes);
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }
}

/** A cluster needs a second port, 10,000 above. */
const highestPort = 55_000;

async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    if (port <= highestPort) return port;
  }
}

async function untilAccepted(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isUp = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (isUp) return;
    await pause(10);
  }
}
