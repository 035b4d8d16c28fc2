/**
 * A lane is what is said in a room on its way to Redis, in order: one batch at a time is under way, and what is said meanwhile
 * makes the next one.
 *
 * What becomes of a batch whose answer never comes is unknown. So each message has a key by which Redis knows it again, and
 * the batch goes again, before what was said after it.
 */
import type { Position, Publication } from '../../broker.ts';
import { storedText } from '../../messages.ts';
import type { Link } from './link.ts';
import { publishTo, type Keeping, type Outcome, type Said } from './room.ts';

export interface LaneListener {
  published(publication: Publication, position: Position): void;
  refused(publication: Publication): void;
  limited(publication: Publication, retryAfterMs: number): void;
}

interface Waiting extends Said {
  readonly publication: Publication;
  /** When it was said. */
  readonly since: number;
  /** Its sender was told that it is refused: whatever Redis still makes of it. */
  isRefused: boolean;
}

const batchMessages = 256;
const batchCharacters = 1_048_576;

/** How long a message is known that its sender cannot send again: as long as it may be on its way. */
const ownKeyMs = 60_000;

export class Lane {
  readonly room: string;
  readonly #listener: LaneListener;
  readonly #keeping: Keeping;
  #waiting: Waiting[] = [];
  #underWay: Waiting[] = [];

  constructor(room: string, listener: LaneListener, keeping: Keeping) {
    this.room = room;
    this.#listener = listener;
    this.#keeping = keeping;
  }

  /** How many messages are in it. */
  get depth(): number {
    return this.#waiting.length + this.#underWay.length;
  }

  /** When the oldest message that has no answer was said; Infinity where there is none. */
  get oldest(): number {
    const one = [...this.#underWay, ...this.#waiting].find(({ isRefused }) => !isRefused);
    return one?.since ?? Infinity;
  }

  add(publication: Publication, since: number): void {
    const { id, key } = publication;
    const { dedupeWindowMs } = this.#keeping;
    const isKnown = key !== undefined && dedupeWindowMs > 0;
    this.#waiting.push({
      publication,
      since,
      isRefused: false,
      text: storedText(publication),
      key: isKnown ? key : id,
      keyMs: isKnown ? dedupeWindowMs : ownKeyMs,
    });
  }

  /** Sends all that waits, batch by batch, unless that is under way already. @throws the link's error; nothing is lost then. */
  async send(link: Link): Promise<void> {
    if (this.#underWay.length > 0) return;
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch();
      this.#underWay = batch;
      try {
        const outcomes = await publishTo(link, this.room, this.#keeping, batch);
        this.#underWay = [];
        for (const [index, { publication, isRefused }] of batch.entries()) {
          if (!isRefused) this.#answer(publication, outcomes[index]);
        }
      } catch (error) {
        this.#underWay = [];
        this.#waiting = [...batch.filter(({ isRefused }) => !isRefused), ...this.#waiting];
        throw error;
      }
    }
  }

  /** Refuses what waits, or of it what was said before a time. */
  refuse(before = Infinity): void {
    const refused = this.#waiting.filter(({ since }) => since < before);
    if (refused.length === 0) return;
    this.#waiting = this.#waiting.filter(({ since }) => since >= before);
    for (const { publication } of refused) this.#listener.refused(publication);
  }

  /** Refuses what was said before a time, what is under way too: that may be published all the same. */
  expire(before: number): void {
    for (const one of this.#underWay) {
      if (one.since >= before || one.isRefused) continue;
      one.isRefused = true;
      this.#listener.refused(one.publication);
    }
    this.refuse(before);
  }

  #answer(publication: Publication, outcome: Outcome | undefined): void {
    if (outcome === undefined) this.#listener.refused(publication);
    else if ('epoch' in outcome) this.#listener.published(publication, outcome);
    else this.#listener.limited(publication, outcome.retryAfterMs);
  }

  #takeBatch(): Waiting[] {
    let characters = 0;
    let size = 0;
    for (const { text } of this.#waiting) {
      characters += text.length;
      if (size === batchMessages || (size > 0 && characters > batchCharacters)) break;
      size += 1;
    }
    return this.#waiting.splice(0, size);
  }
}
