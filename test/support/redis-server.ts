/** A redis-server on a free port, which can be killed, stopped and started again with what it has kept. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from 'redis';

export function isRedisInstalled(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0;
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
    for (;;) {
      const server = new RedisServer(await freePort(), flags);
      if (await server.#launch()) return server;
      // Somebody else was quicker to take its port, or the one that a cluster's nodes talk by.
      await server.stop();
    }
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it where it was, with what it has kept. @throws where it ends at once. */
  async restart(): Promise<void> {
    if (!(await this.#launch())) throw new Error(`redis-server ended before it listened on ${this.port}`);
  }

  /** @returns false where it ends before anybody can connect. */
  async #launch(): Promise<boolean> {
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
    const child = spawn('redis-server', [...args, ...this.#flags], { stdio: 'ignore' });
    this.#process = child;
    // It is the test's, and no leak of a server's that is checked before the test has ended it.
    child.unref();
    while (child.exitCode === null && child.signalCode === null) {
      if (await accepts(port)) return true;
      await pause(10);
    }
    return false;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Ends it as a crash does. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.ref();
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

/**
 * Below those that connections come from, one of which may have it while the server is restarted: even one that tries to
 * reach it there, and reaches itself. A cluster needs a second one, 10,000 above.
 */
const [lowestPort, highestPort] = [11_000, 21_000];

async function freePort(): Promise<number> {
  for (;;) {
    const port = lowestPort + Math.floor(Math.random() * (highestPort - lowestPort));
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.close();
    if (!isFree) continue;
    await once(server, 'close');
    return port;
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const isUp = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  });
  socket.destroy();
  return isUp;
}
