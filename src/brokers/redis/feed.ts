/**
 * A feed is what a room is told from Redis: every message, in its order, once.
 *
 * What is published comes at most once, and may not come at all. So a feed knows its place, and where the next message is
 * not the one that is due it reads those between from the log before it goes on. Where the log has them no more, or the
 * numbering began anew, it says so by telling the place anew.
 */
import type { Position, Publication } from '../../broker.ts';
import { storedEntry, type Entry } from '../../entry.ts';
import { storedText } from '../../messages.ts';
import type { Link } from './link.ts';
import { enterRoom, readRoom, sizesIn, type Keeping } from './room.ts';
import { namesOf, separator } from './scripts.ts';

export interface FeedListener {
  subscribed(room: string, position: Position): void;
  message(entry: Entry): void;
  /** So many members the room has on each server. */
  counted(room: string, sizes: ReadonlyMap<string, number>): void;
  /** Something was not heard, and was read. */
  missed(): void;
}

/** Messages as they are published: in one piece for all that were published as one. */
export interface News {
  readonly epoch: string;
  /** The offset of the first one. */
  readonly first: number;
  readonly texts: readonly string[];
}

/** Who came and who went on a server, and how many members the room has on each. */
export interface Change {
  readonly server: string;
  readonly joined: number;
  readonly left: number;
  readonly name: string;
  readonly sizes: ReadonlyMap<string, number>;
}

interface Taken {
  readonly publication: Publication;
  readonly position: Position;
}

/** @returns undefined where it is nothing of ours. */
export function parseNews(message: string): News | Change | undefined {
  const [epoch = '', first, ...texts] = message.split(separator);
  if (epoch === '') {
    const [server = '', joined, left, name = '', ...sizes] = [first, ...texts];
    return { server, joined: Number(joined), left: Number(left), name, sizes: sizesIn(sizes) };
  }
  const offset = Number(first);
  return Number.isSafeInteger(offset) && texts.length > 0 ? { epoch, first: offset, texts } : undefined;
}

/** How often the log is read to reach what was published after it was read. */
const mostTries = 20;

/** How much may come while the log is read; what is beyond is read from it. */
const mostHeld = 1_000;

export class Feed {
  readonly room: string;
  readonly #listener: FeedListener;
  readonly #keeping: Keeping;
  #link: Link | undefined;
  #position: Position | undefined;
  /** The text of the message at the position, where it was heard here. */
  #last = '';
  /** What Redis has taken from this server last: the answer may come before the message, and that not at all. */
  #taken: Taken | undefined;
  #isReading = false;
  // What comes while the log is read.
  #held: News[] = [];

  constructor(room: string, listener: FeedListener, keeping: Keeping) {
    this.room = room;
    this.#listener = listener;
    this.#keeping = keeping;
  }

  /** Where it is; unknown until it has been subscribed. */
  get position(): Position | undefined {
    return this.#position;
  }

  /** Whether it hears what is published through this link, or is about to. */
  isOn(link: Link): boolean {
    return this.#link === link;
  }

  /** Subscribes, and catches up with what was missed. @throws the link's error. */
  async attach(link: Link): Promise<void> {
    this.#link = link;
    this.#isReading = true;
    this.#held = [];
    await link.subscribe(this.room, namesOf(this.room).channel);
    if (this.isOn(link)) await this.#catchUp(link);
  }

  /** Hears no more. */
  detach(): void {
    const link = this.#link;
    this.#link = undefined;
    link?.unsubscribe(this.room, namesOf(this.room).channel);
  }

  /** Looks whether something was missed that nothing has shown, and keeps the room from being forgotten. */
  async check(link: Link): Promise<void> {
    if (this.#isReading || !this.isOn(link)) return;
    await this.#catchUp(link);
  }

  /** Redis has taken a message of this server's. */
  taken(publication: Publication, position: Position): void {
    const { epoch, offset } = this.#taken?.position ?? { epoch: '', offset: 0 };
    if (epoch !== position.epoch || offset < position.offset) this.#taken = { publication, position };
  }

  /** Takes what was published. */
  async take(news: News): Promise<void> {
    if (this.#isReading) {
      if (this.#held.length < mostHeld) this.#held.push(news);
      return;
    }
    if (this.#tell(news) || this.#link === undefined) return;
    this.#held.push(news);
    await this.#catchUp(this.#link);
  }

  /** @returns false where something is missing before it. */
  #tell({ epoch, first, texts }: News): boolean {
    const position = this.#position;
    if (position === undefined || epoch !== position.epoch || first > position.offset + 1) return false;
    const isKnown = position.offset + 1 - first;
    for (let index = isKnown; index < texts.length; index += 1)
      this.#hear(epoch, first + index, texts[index] ?? '');
    return true;
  }

  #hear(epoch: string, offset: number, text: string): void {
    this.#position = { epoch, offset };
    this.#last = text;
    this.#listener.message(storedEntry(this.room, text, offset));
  }

  async #catchUp(link: Link): Promise<void> {
    this.#isReading = true;
    try {
      for (let tries = 0; tries < mostTries; tries += 1) {
        const [known, text] = this.#furthest();
        const { position, sizes } = await enterRoom(link, this.room, this.#keeping, known, text);
        if (!this.isOn(link)) return;
        this.#listener.counted(this.room, sizes);
        await this.#goTo(position, link);
        if (!this.isOn(link)) return;
        if (this.#tellHeld()) return;
      }
      throw new Error(`${this.room}: what is published is not in the log`);
    } finally {
      if (this.isOn(link)) this.#isReading = false;
    }
  }

  /** @returns the furthest place that Redis has told of, and the text of the message there: it must not have less than that. */
  #furthest(): [Position | undefined, string] {
    const { position, publication } = this.#taken ?? {};
    const here = this.#position;
    const isHeard = position?.epoch !== here?.epoch || (position?.offset ?? 0) <= (here?.offset ?? 0);
    return isHeard || publication === undefined ? [here, this.#last] : [position, storedText(publication)];
  }

  /** @returns false where something is missing before one of them. */
  #tellHeld(): boolean {
    const held = this.#held;
    this.#held = [];
    const isOverfull = held.length === mostHeld;
    for (const [index, news] of held.entries()) {
      // What is of another life of the room is of an earlier one.
      if (news.epoch !== this.#position?.epoch || this.#tell(news)) continue;
      this.#held = held.slice(index);
      return false;
    }
    return !isOverfull;
  }

  async #goTo(there: Position, link: Link): Promise<void> {
    const here = this.#position;
    if (here === undefined) return this.#moveTo(there);
    const isSame = here.epoch === there.epoch;
    if (isSame && there.offset <= here.offset) return;
    // Where the numbering began anew, what was said in it before we knew is told, too.
    const from = isSame ? here : { epoch: there.epoch, offset: 0 };
    const texts = await this.#read(from, link);
    if (!this.isOn(link)) return;
    if (texts === undefined) return this.#moveTo(there);
    if (isSame) this.#listener.missed();
    else this.#moveTo(from);
    for (const [index, text] of texts.entries()) this.#hear(from.epoch, from.offset + 1 + index, text);
  }

  #moveTo(position: Position): void {
    this.#position = position;
    this.#last = '';
    this.#listener.subscribed(this.room, position);
  }

  /** @returns all that came after a place; undefined where some of it is not kept any more. */
  async #read(here: Position, link: Link): Promise<readonly string[] | undefined> {
    const read = await readRoom(link, this.room, this.#keeping, { after: here.offset, limit: Infinity });
    if (read === undefined || read.position.epoch !== here.epoch) return undefined;
    const isWhole = read.texts.length === read.position.offset - here.offset;
    return isWhole && read.low === here.offset + 1 ? read.texts : undefined;
  }
}
