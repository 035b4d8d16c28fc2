/**
 * The Redis broker orders, publishes and keeps rooms in Redis, for several servers at once: whatever one of them publishes
 * all of them hear, in the same order.
 *
 * Its machine opens a link to Redis, and another one whenever that is lost. While there is none, what is to be published
 * waits in the hub's channel; after a while it is refused.
 */
import type {
  Broker,
  BrokerListener,
  Elsewhere,
  History,
  HistoryRange,
  Member,
  Position,
  Publication,
  Unavailable,
} from '../broker.ts';
import type { Clock } from '../clock.ts';
import { storedEntry, type Entry } from '../entry.ts';
import { newId } from '../ids.ts';
import { Feed, parseNews, type Change } from './redis/feed.ts';
import { Lanes, type LanesLimits } from './redis/lanes.ts';
import { KeyError, Link } from './redis/link.ts';
import { Registry } from './redis/registry.ts';
import { readRoom } from './redis/room.ts';
import { probeName, probeScript, roomOfChannel } from './redis/scripts.ts';

export interface RedisBrokerOptions {
  /** Where Redis is: one URL, or those of a master and of its replicas, or of some of a cluster's nodes. */
  readonly urls: readonly string[];
  readonly clock: Clock;
  readonly limits: RedisBrokerLimits;
  /** Is told of every error, with what failed. */
  readonly report: (stage: Stage, error: Error) => void;
  /** What else has something to tell. */
  readonly tellers?: readonly Teller[];
}

/** What tells Redis of this server by the broker's link, whenever there is one. */
export interface Teller {
  /** There is a link: all is told by it. @throws the link's error. */
  attach(link: Link): Promise<void>;
  /** There is none any more. */
  detach(): void;
  /** Whether all is told. */
  readonly isTold: boolean;
}

export interface RedisBrokerLimits extends LanesLimits {
  /** Within which the members of a server that has died are gone. */
  readonly presenceTtlMs: number;
}

export type Stage = 'link' | 'publish' | 'subscribe' | 'read' | 'check' | 'presence';

/** What waits for Redis to read a history. */
type Reader = (link: Link | undefined) => void;

/** How often every room's place is looked at: a message that nobody heard of shows no later. */
const checkMs = 40_000;

/** How many rooms are asked about at once. */
const roomsAtOnce = 256;

const longestPatienceMs = 3_000;

export class RedisBroker implements Broker {
  readonly outlivesServer = true;
  readonly answersAtOnce = false;
  readonly limitsRooms = true;
  /** Is told once that the link is lost, until it is opened again. */
  onLost: ((error: Error) => void) | undefined;
  readonly #options: RedisBrokerOptions;
  readonly #server = newId();
  readonly #registry: Registry;
  readonly #tellers: readonly Teller[];
  readonly #feeds = new Map<string, Feed>();
  readonly #lanes: Lanes;
  #readers: Reader[] = [];
  #listener: BrokerListener | undefined;
  #link: Link | undefined;
  #isReady = false;
  #isRefusing = false;
  #gaps = 0;
  #checking: unknown;
  #opening: Promise<void> | undefined;
  /** How often the link was lost. */
  lostLinks = 0;

  constructor(options: RedisBrokerOptions) {
    this.#options = options;
    const { clock, limits, report } = options;
    this.#registry = new Registry({
      server: this.#server,
      clock,
      ttlMs: limits.presenceTtlMs,
      report: (error) => report('presence', error),
    });
    this.#lanes = new Lanes({
      clock,
      limits,
      listener: {
        published: (publication, position) => this.#published(publication, position),
        refused: (publication) => this.#listener?.refused(publication),
        limited: (publication, retryAfterMs) => this.#listener?.limited(publication, retryAfterMs),
        reopened: () => this.#listener?.reopened(),
        failed: (error) => report('publish', error),
      },
    });
    this.#tellers = [this.#registry, ...(options.tellers ?? [])];
  }

  get window(): number {
    if (this.#isRefusing) return Infinity;
    return this.#isReady ? this.#lanes.window : 0;
  }

  /** How many publications Redis has not answered yet. */
  get onTheirWay(): number {
    return this.#lanes.depth;
  }

  /** How often a room has missed messages, and read them from its log. */
  get gaps(): number {
    return this.#gaps;
  }

  /** How many rooms it is subscribed to. */
  get rooms(): number {
    return this.#feeds.size;
  }

  listen(listener: BrokerListener): void {
    this.#listener = listener;
  }

  publish(publication: Publication, saidAt: number): void {
    if (this.#isRefusing) this.#listener?.refused(publication);
    else this.#lanes.add(publication, saidAt);
  }

  subscribe(room: string): void {
    const known = this.#feeds.get(room);
    if (known?.position !== undefined) {
      this.#listener?.subscribed(room, known.position);
      return;
    }
    const feed = known ?? new Feed(room, this, this.#options.limits);
    this.#feeds.set(room, feed);
    const link = this.#link;
    if (known !== undefined || link === undefined) return;
    this.#attach(feed, link).catch((error: Error) => link.lose(error));
  }

  unsubscribe(room: string): void {
    this.#feeds.get(room)?.detach();
    this.#feeds.delete(room);
  }

  entered(room: string, member: Member): void {
    this.#registry.enter(room, member);
  }

  left(room: string, member: Member): void {
    this.#registry.leave(room, member);
  }

  namesElsewhere(room: string, then: (names: Elsewhere<readonly string[]>) => void): void {
    void this.#registry.names(room).then(then);
  }

  roomsElsewhere(then: (rooms: Elsewhere<ReadonlyMap<string, number>>) => void): void {
    void this.#registry.rooms().then(then);
  }

  history(
    room: string,
    range: HistoryRange,
    then: (history: History | Unavailable | undefined) => void,
  ): void {
    const read: Reader = (link) => {
      if (link === undefined) then('unavailable');
      else void this.#read(link, room, range).then(then);
    };
    if (this.#isRefusing) read(undefined);
    else if (this.#isReady) read(this.#link);
    else this.#readers.push(read);
  }

  // What the machine does

  /** Opens a link, and brings every room up to date. @throws why it cannot. */
  open(signal: AbortSignal): Promise<void> {
    const opening = this.#open(signal);
    this.#opening = opening.catch(() => undefined);
    return opening;
  }

  /** There is a link: everything goes its way. */
  resume(): void {
    const link = this.#link;
    if (link === undefined) this.onLost?.(new Error('lost as soon as it was opened'));
    this.#isReady = true;
    this.#isRefusing = false;
    this.#planCheck();
    const readers = this.#readers.splice(0);
    for (const read of readers) read(link);
    if (link !== undefined) this.#lanes.attach(link);
    this.#listener?.reopened();
  }

  /** The link is lost: everything waits. */
  suspend(): void {
    this.#isReady = false;
    this.#options.clock.clearTimeout(this.#checking);
    this.close();
    this.#lanes.detach();
  }

  /** Nothing waits any more: what does is refused, and what comes. */
  refuse(): void {
    this.#isRefusing = true;
    this.#lanes.refuse();
    const readers = this.#readers.splice(0);
    for (const read of readers) read(undefined);
    this.#listener?.reopened();
  }

  /** The machine is no more. */
  end(): void {
    this.suspend();
    this.#lanes.stop();
  }

  /** Lets go of the link. */
  close(): void {
    for (const teller of this.#tellers) teller.detach();
    this.#link?.end();
    this.#link = undefined;
  }

  /** Resolves once all that is on its way has been answered, and nothing is being opened any more. */
  async settle(): Promise<void> {
    await this.#opening;
    const link = this.#link;
    if (!this.#isReady || link === undefined) return;
    const isTold = () => this.#tellers.every((teller) => teller.isTold);
    while ((this.#lanes.depth > 0 || !isTold()) && this.#link === link)
      await link.run(probeScript, probeName, [probeName], []);
  }

  async #open(signal: AbortSignal): Promise<void> {
    const { urls, clock, limits } = this.#options;
    const link = await Link.open(
      {
        urls,
        clock,
        patienceMs: Math.min(longestPatienceMs, limits.brokerWaitMs),
        onNews: (message, channel) => this.#hear(message, roomOfChannel(channel)),
        onLost: (lost, error) => this.#lose(lost, error),
      },
      signal,
    );
    this.#link = link;
    const end = () => link.end();
    signal.addEventListener('abort', end);
    try {
      await link.run(probeScript, probeName, [probeName], []);
      for (let rooms = this.#feedsNotOn(link); rooms.length > 0; rooms = this.#feedsNotOn(link)) {
        await Promise.all(rooms.map((feed) => this.#attach(feed, link)));
      }
      for (const teller of this.#tellers) await teller.attach(link);
    } catch (error) {
      this.close();
      throw error;
    } finally {
      signal.removeEventListener('abort', end);
    }
  }

  #published(publication: Publication, position: Position): void {
    this.#feeds.get(publication.room)?.taken(publication, position);
    this.#listener?.published(publication, position);
  }

  // What feeds tell

  subscribed(room: string, position: { epoch: string; offset: number }): void {
    this.#listener?.subscribed(room, position);
  }

  counted(room: string, sizes: ReadonlyMap<string, number>): void {
    this.#moved(room, { sizes, server: '', joined: 0, left: 0, name: '' });
  }

  missed(): void {
    this.#gaps += 1;
  }

  message(entry: Entry): void {
    this.#listener?.message(entry);
  }

  // Hearing

  #hear(message: string, room: string): void {
    const news = parseNews(message);
    const feed = this.#feeds.get(room);
    if (news === undefined || feed === undefined) return;
    if ('sizes' in news) return this.#moved(room, news);
    const link = this.#link;
    this.#bear('check', feed.take(news)).catch((error: Error) => link?.lose(error));
  }

  #moved(room: string, { server, joined, left, name, sizes }: Change): void {
    let members = 0;
    for (const [other, size] of sizes) if (other !== this.#server) members += size;
    // What happened here is told here already.
    const isOwn = server === this.#server;
    this.#listener?.moved(room, { members, joined: isOwn ? 0 : joined, left: isOwn ? 0 : left, name });
  }

  /** @throws the link's error. */
  async #attach(feed: Feed, link: Link): Promise<void> {
    const { room } = feed;
    await this.#bear('subscribe', feed.attach(link));
    if (feed.position === undefined && feed.isOn(link)) this.#listener?.unavailable(room);
  }

  /** What is wrong with one room's keys is no reason to give up the link. @throws the link's error. */
  async #bear(stage: Stage, work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!(error instanceof KeyError)) throw error;
      this.#options.report(stage, error);
    }
  }

  #feedsNotOn(link: Link): Feed[] {
    const feeds: Feed[] = [];
    for (const feed of this.#feeds.values()) {
      if (feeds.length === roomsAtOnce) break;
      if (!feed.isOn(link)) feeds.push(feed);
    }
    return feeds;
  }

  #planCheck(): void {
    const { clock } = this.#options;
    clock.clearTimeout(this.#checking);
    this.#checking = clock.setTimeout(() => void this.#check(), checkMs);
  }

  async #check(): Promise<void> {
    const link = this.#link;
    if (link === undefined) return;
    try {
      const feeds = [...this.#feeds.values()];
      while (feeds.length > 0)
        await Promise.all(feeds.splice(0, roomsAtOnce).map((feed) => this.#bear('check', feed.check(link))));
      if (this.#link === link) this.#planCheck();
    } catch (error) {
      link.lose(error as Error);
    }
  }

  async #read(link: Link, room: string, range: HistoryRange): Promise<History | Unavailable | undefined> {
    try {
      const reading = await readRoom(link, room, this.#options.limits, range);
      if (reading === undefined) return undefined;
      const { position, first, low, texts } = reading;
      return { position, first, entries: texts.map((text, index) => storedEntry(room, text, low + index)) };
    } catch (error) {
      this.#options.report('read', error as Error);
      return 'unavailable';
    }
  }

  #lose(link: Link, error: Error): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    this.lostLinks += 1;
    this.#options.report('link', error);
    this.onLost?.(error);
  }
}
