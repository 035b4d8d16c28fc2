/** The cluster is Redis and the servers that share it, behind one address; things can be done to each of them. */
import { assertNever } from '../../../src/assert.ts';
import { RedisServer } from '../../support/redis-server.ts';
import { Balancer } from './balancer.ts';
import { Node } from './node.ts';
import type { Deed, NodeVerb, RedisVerb } from './script.ts';

export type RedisState = 'starting' | 'up' | 'stopped' | 'dead';

/** Kept on disk before anything is acknowledged. */
const redisFlags = ['--appendonly', 'yes', '--appendfsync', 'always'];

const nodeFlags = [
  ['--presence-ttl', '5s'],
  ['--drain-timeout', '4s'],
  ['--drain-grace', '1s'],
  ['--reconnect-spread', '2s'],
  ['--history-messages', '1000'],
].flat();

export class Cluster {
  readonly nodes: readonly Node[];
  redisState: RedisState = 'up';
  readonly #redis: RedisServer;
  #balancer: Balancer | undefined;

  private constructor(redis: RedisServer, size: number) {
    this.#redis = redis;
    this.nodes = Array.from(
      { length: size },
      (_, index) => new Node(`node ${index + 1}`, ['--redis', redis.url, ...nodeFlags]),
    );
  }

  /** @throws Error where one of them does not start; then nothing is left of the others. */
  static async start(size: number): Promise<Cluster> {
    const cluster = new Cluster(await RedisServer.start(redisFlags), size);
    try {
      await Promise.all(cluster.nodes.map((node) => node.start()));
      cluster.#balancer = await Balancer.before(() =>
        cluster.nodes.filter(({ state }) => state === 'up').map(({ port }) => port),
      );
      return cluster;
    } catch (error) {
      await cluster.end();
      throw error;
    }
  }

  /** Where clients go. */
  get url(): string {
    return this.#balancer?.url ?? '';
  }

  get redisPid(): number | undefined {
    return this.redisState === 'dead' ? undefined : this.#redis.pid;
  }

  /** Does it, where it can be done now. @returns whether it could. */
  async perform(deed: Deed): Promise<boolean> {
    return deed.node === 'redis' ? this.#performOnRedis(deed.verb) : this.#performOn(deed.node, deed.verb);
  }

  async #performOn(number: number, verb: NodeVerb): Promise<boolean> {
    const node = this.nodes[number - 1];
    if (node === undefined) return false;
    switch (verb) {
      case 'kill':
        if (node.state === 'dead') return false;
        await node.kill();
        return true;
      case 'drain':
        if (node.state !== 'up') return false;
        node.drain();
        return true;
      case 'start':
        if (node.state === 'up' || node.state === 'starting') return false;
        // It may be killed before it is up.
        return node.start().then(
          () => true,
          () => false,
        );
      default:
        return assertNever(verb);
    }
  }

  async #performOnRedis(verb: RedisVerb): Promise<boolean> {
    const needed: Record<RedisVerb, readonly RedisState[]> = {
      kill: ['up', 'stopped'],
      start: ['dead'],
      stop: ['up'],
      continue: ['stopped'],
    };
    if (!needed[verb].includes(this.redisState)) return false;
    switch (verb) {
      case 'kill':
        this.redisState = 'dead';
        await this.#redis.kill();
        return true;
      case 'start':
        this.redisState = 'starting';
        await this.#redis.restart();
        this.redisState = 'up';
        return true;
      case 'stop':
        this.redisState = 'stopped';
        this.#redis.signal('SIGSTOP');
        return true;
      case 'continue':
        this.redisState = 'up';
        this.#redis.signal('SIGCONT');
        return true;
      default:
        return assertNever(verb);
    }
  }

  /** Brings back what is dead and lets go on what is stopped. */
  async heal(): Promise<void> {
    await this.perform({ verb: 'continue', node: 'redis' });
    await this.perform({ verb: 'start', node: 'redis' });
    await Promise.all(this.nodes.map((_, index) => this.perform({ verb: 'start', node: index + 1 })));
  }

  /** Ends all of them at once. */
  async end(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    await this.#balancer?.close();
    await this.#redis.stop();
  }
}
