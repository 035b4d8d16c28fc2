/**
 * A link is one life of the connections to Redis: two to each master of a cluster, or to the one server that there is. One
 * carries commands, the other hears what is published.
 *
 * A link never mends itself. Whatever goes wrong with one connection ends all of them, and the broker's machine makes
 * another link: so there is one way to come back, whatever Redis has done.
 */
import { createClient, type Client } from './client.ts';
import { findHome, placeOf, standingIn } from './home.ts';
import { scripts, type Script } from './scripts.ts';
import { slotOf } from './slot.ts';
import { silence, within, type Patience } from './within.ts';

/** The longest that anything may take, to connect and to answer, is its patience. */
export interface LinkOptions extends Patience {
  /** Where Redis is: one URL, or those of a master and of its replicas, or of some of a cluster's nodes. */
  readonly urls: readonly string[];
  /** Hears what is published on the channels that are subscribed. */
  readonly onNews: (message: string, channel: string) => void;
  /** Is told once that the link is no more, unless it was ended. */
  readonly onLost: (link: Link, error: Error) => void;
}

/** One server of Redis. */
interface Node {
  readonly commands: Client;
  readonly subscriber: Client;
}

interface Shard {
  readonly from: number;
  readonly to: number;
  readonly node: Node;
}

export class Link {
  readonly #options: LinkOptions;
  readonly #url: string;
  readonly #clients = new Set<Client>();
  /** The one that carries commands, where there is no cluster. */
  #only: Client | undefined;
  #nodes: Node[] = [];
  #shards: Shard[] = [];
  #watch: unknown;
  #isOpen = true;
  #isUp = false;

  private constructor(options: LinkOptions, url: string) {
    this.#options = options;
    this.#url = url;
  }

  /**
   * Connects, and loads the scripts.
   * @param signal ends the attempt.
   * @throws why it cannot.
   */
  static async open(options: LinkOptions, signal: AbortSignal): Promise<Link> {
    let failure: unknown = new Error('no URL');
    // Of a cluster, one node after the other is tried.
    for (const url of await findHome(options, signal)) {
      const link = new Link(options, url);
      const end = () => link.end();
      try {
        await within(options, signal, end, () => link.#connect());
        return link;
      } catch (error) {
        failure = error;
        end();
        signal.throwIfAborted();
      }
    }
    throw failure;
  }

  /** How many servers it is connected to. */
  get servers(): number {
    return this.#nodes.length;
  }

  /**
   * Runs a script where its keys are.
   * @param tag what they have in common: the hash tag, such as the room; where they have none, the one key.
   * @throws a KeyError, Redis' error, or why the link is no more.
   */
  async run(script: Script, tag: string, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const { commands } = this.#nodeOf(tag);
    try {
      return await commands.sendCommand(['EVALSHA', script.sha, String(keys.length), ...keys, ...args]);
    } catch (error) {
      throw isOfTheKeys(error as Error) ? new KeyError(keys, error as Error) : error;
    }
  }

  /** Resolves once what is published there is heard. */
  async subscribe(room: string, channel: string): Promise<void> {
    await this.#nodeOf(room).subscriber.sSubscribe(channel, this.#options.onNews);
  }

  unsubscribe(room: string, channel: string): void {
    if (!this.#isUp) return;
    this.#nodeOf(room)
      .subscriber.sUnsubscribe(channel, this.#options.onNews)
      .catch((error: Error) => this.lose(error));
  }

  /** Ends it at once; what is under way fails. */
  end(): void {
    this.#isOpen = false;
    this.#isUp = false;
    this.#options.clock.clearTimeout(this.#watch);
    for (const client of this.#clients) client.destroy();
  }

  /** Ends it because of an error. */
  lose(error: Error): void {
    if (!this.#isUp) return;
    this.end();
    this.#options.onLost(this, error);
  }

  async #connect(): Promise<void> {
    const url = this.#url;
    const first = await this.#client({ url });
    const info = await first.info();
    const problem = versionProblem(info);
    if (problem !== undefined) throw new Error(problem);
    if (standingIn(info).isCluster) await this.#connectCluster(url, first);
    else await this.#connectOnly(first, info);
    this.#nodes = [...new Set(this.#shards.map(({ node }) => node))];
    const loading = this.#nodes.flatMap(({ commands }) =>
      scripts.map(({ source }) => commands.sendCommand(['SCRIPT', 'LOAD', source])),
    );
    await Promise.all(loading);
    if (!this.#isOpen) throw new Error('ended while it connected');
    this.#isUp = true;
    this.#watchOver();
  }

  async #connectOnly(first: Client, info: string): Promise<void> {
    this.#refuseReplica(info);
    this.#only = first;
    this.#shards = [{ from: 0, to: Infinity, node: await this.#node({ url: this.#url }, first) }];
  }

  /** @throws where the server says that it is a replica: nothing can be written there. */
  #refuseReplica(info: string): void {
    const { master } = standingIn(info);
    if (master !== undefined) throw new Error(`${placeOf(this.#url)} is a replica of ${master}`);
  }

  async #connectCluster(url: string, first: Client): Promise<void> {
    const ranges = await first.clusterSlots();
    this.#forget(first);
    const { hostname } = new URL(url);
    const nodes = new Map<string, Node>();
    for (const { from, to, master } of ranges) {
      // A node that does not know its own address means the one that it was reached by.
      const address = { url, host: master.host || hostname, port: master.port };
      const name = `${address.host}:${address.port}`;
      const node = nodes.get(name) ?? (await this.#node(address));
      nodes.set(name, node);
      this.#shards.push({ from, to, node });
    }
    if (this.#shards.length === 0) throw new Error('the cluster has no slots yet');
  }

  async #node(address: Address, commands?: Client): Promise<Node> {
    return {
      commands: commands ?? (await this.#client(address)),
      subscriber: await this.#client(address),
    };
  }

  async #client({ url, host, port }: Address): Promise<Client> {
    if (!this.#isOpen) throw new Error('ended while it connected');
    const { patienceMs } = this.#options;
    const client = await createClient(host === undefined ? url : withAddress(url, host, port), patienceMs);
    this.#clients.add(client);
    client.on('error', (error: Error) => this.lose(error));
    client.on('sharded-channel-moved', () => this.lose(new Error('a slot has moved')));
    try {
      await client.connect();
    } finally {
      // While it connects it cannot be ended.
      if (!this.#isOpen) client.destroy();
    }
    return client;
  }

  #forget(client: Client): void {
    client.destroy();
    this.#clients.delete(client);
  }

  /** Asks every connection for a sign of life, again and again, and gives up all of them where one has none. */
  #watchOver(): void {
    const { clock, patienceMs } = this.#options;
    let unanswered = this.#clients.size;
    for (const client of this.#clients) {
      this.#askForSign(client).then(
        () => (unanswered -= 1),
        (error: Error) => this.lose(error),
      );
    }
    this.#watch = clock.setTimeout(() => {
      if (unanswered > 0) this.lose(silence(patienceMs));
      else this.#watchOver();
    }, patienceMs);
  }

  /** Resolves with a sign of life. @throws where there is none, or where the one server is a master no more. */
  async #askForSign(client: Client): Promise<void> {
    // Redis keeps the connections of a master that is made a replica, and tells those alone who write.
    if (client === this.#only) this.#refuseReplica(await client.info('replication'));
    else await client.ping();
  }

  #nodeOf(tag: string): Node {
    if (!this.#isUp) throw new Error('the link is no more');
    const [only] = this.#shards;
    const slot = this.#nodes.length === 1 && only?.to === Infinity ? 0 : slotOf(tag);
    const shard = this.#shards.find(({ from, to }) => slot >= from && slot <= to);
    if (shard === undefined) throw new Error(`no server has slot ${slot}`);
    return shard.node;
  }
}

/** A key error is about the keys that were asked for, and not about Redis: no other link would do better. */
export class KeyError extends Error {
  constructor(keys: readonly string[], cause: Error) {
    const names = keys.slice(0, mostNamed).join(', ');
    super(`somebody else wrote to one of the keys ${names}: delete it (${cause.message})`, { cause });
  }
}

/** Those of messages, of which there are many, come last. */
const mostNamed = 3;

function isOfTheKeys({ message }: Error): boolean {
  return message.startsWith('WRONGTYPE') || message.startsWith('ERR ');
}

/** The first one with sharded channels. */
const oldestVersion = 7;

function versionProblem(info: string): string | undefined {
  const [, version = '', major] = /^redis_version:((\d+)\S*)/m.exec(info) ?? [];
  if (Number(major) >= oldestVersion) return undefined;
  return `Redis ${oldestVersion} or newer is needed, and this is ${version || 'something else'}`;
}

interface Address {
  readonly url: string;
  readonly host?: string;
  readonly port?: number;
}

/** The same user, password and kind of connection, elsewhere. */
function withAddress(url: string, host: string, port: number | undefined): string {
  const address = new URL(url);
  address.hostname = host.includes(':') ? `[${host}]` : host;
  address.port = String(port);
  return address.href;
}
