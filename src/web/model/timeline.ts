/**
 * A timeline is what one room shows from top to bottom: what was said, who came and went, where something may be
 * missing, and at the end what was sent from here and has no place in the room yet.
 */
import type { Position } from '../../client/index.ts';
import type { ChatMessage } from '../../protocol.ts';

interface Placed {
  /** Stays the same from sending to its place in the room, so that the row stays the same too. */
  readonly key: string;
  /** RFC 3339. */
  readonly timestamp: string;
}

/** What was said and has its place in the room. */
export interface Said extends Placed {
  readonly kind: 'said';
  readonly message: ChatMessage;
  readonly epoch: string;
  readonly own: boolean;
  /** Whether it was sent from here, so that its way to the room was shown. */
  readonly sentHere: boolean;
}

/** What was sent from here and was not seen in the room yet. */
export interface Outgoing extends Placed {
  readonly kind: 'outgoing';
  readonly content: string;
  readonly sender: string;
  readonly status: 'pending' | 'sent' | 'failed';
  /** Its place, once it is acknowledged. */
  readonly place?: Position;
  /** Why it failed, in words. */
  readonly reason?: string | undefined;
}

/** Who came or went. */
export interface Note extends Placed {
  readonly kind: 'note';
  readonly texts: readonly string[];
}

/** A place where messages may be missing. */
export interface Gap extends Placed {
  readonly kind: 'gap';
  readonly text: string;
}

export type Entry = Said | Outgoing | Note | Gap;

/** How many entries are kept; the oldest go first, a part of them at a time. */
const limit = 10_000;
const cutAtOnce = 500;

/** How many comings and goings share a line. */
const notesPerLine = 6;

export class Timeline {
  #settled: Entry[] = [];
  #outgoing: Outgoing[] = [];
  /** What was sent from here and is neither acknowledged nor refused: what it says, by its id. */
  readonly #unanswered = new Map<string, Outgoing>();
  #notes = 0;
  #gaps = 0;
  #starts = 0;

  /** Grows whenever entries come or go at the start: then a list's place counts from its end. */
  get starts(): number {
    return this.#starts;
  }

  entries(): readonly Entry[] {
    return [...this.#settled, ...this.#outgoing];
  }

  /** The place of the oldest message shown. */
  get oldest(): Position | undefined {
    const oldest = this.#settled.find((entry) => entry.kind === 'said');
    return oldest && { epoch: oldest.epoch, offset: oldest.message.offset };
  }

  // What others say

  /** @returns the new entry, or undefined if the message was there already. */
  add(message: ChatMessage, epoch: string, own: boolean): Said | undefined {
    const last = this.#settled.findLast((entry) => entry.kind === 'said');
    if (last?.epoch === epoch && last.message.offset >= message.offset) return undefined;
    const sent = own ? this.#takeOutgoing(message, epoch) : undefined;
    const entry = said(message, epoch, own, sent?.key);
    this.#settled.push(entry);
    if (this.#settled.length > limit + cutAtOnce) {
      this.#settled.splice(0, cutAtOnce);
      this.#starts += 1;
    }
    return entry;
  }

  /** Puts older messages on top. */
  prepend(messages: readonly ChatMessage[], epoch: string, name: string | undefined): void {
    const { oldest } = this;
    const older = messages.filter(({ offset }) => oldest?.epoch !== epoch || offset < oldest.offset);
    this.#starts += 1;
    this.#settled.unshift(...older.map((message) => said(message, epoch, message.sender === name)));
  }

  note(text: string, timestamp: string): void {
    const last = this.#settled.at(-1);
    if (last?.kind === 'note' && last.texts.length < notesPerLine && sameMinute(last, { timestamp })) {
      this.#settled[this.#settled.length - 1] = { ...last, texts: [...last.texts, text] };
      return;
    }
    this.#notes += 1;
    this.#settled.push({ kind: 'note', key: `note ${this.#notes}`, texts: [text], timestamp });
  }

  // Gaps

  /** @returns the key of the gap. */
  gap(text: string, timestamp: string): string {
    this.#gaps += 1;
    const key = `gap ${this.#gaps}`;
    // What is in the room already must not wait below for a message that this page may never be told.
    this.#settled.push(...this.#outgoing.filter(({ status }) => status === 'sent'));
    this.#outgoing = this.#outgoing.filter(({ status }) => status !== 'sent');
    this.#settled.push({ kind: 'gap', key, text, timestamp });
    return key;
  }

  /**
   * Puts what is still kept of the missing messages behind the gap.
   * @param from where the page stood before it
   * @param upTo the first offset that came by itself
   */
  fill(
    key: string,
    messages: readonly ChatMessage[],
    from: Position | undefined,
    to: Position,
    name?: string,
  ): void {
    const at = this.#settled.findIndex((entry) => entry.key === key);
    if (at === -1) return;
    const start = from?.epoch === to.epoch ? from.offset : 0;
    const missed = messages.filter(({ offset }) => offset > start && offset <= to.offset);
    const isWhole = from?.epoch === to.epoch && missed[0]?.offset === start + 1;
    const filling = missed.map((message) => said(message, to.epoch, message.sender === name));
    this.#settled.splice(at + (isWhole ? 0 : 1), isWhole ? 1 : 0, ...filling);
  }

  // What is sent from here

  send(id: string, content: string, sender: string, timestamp: string): void {
    const entry: Outgoing = { kind: 'outgoing', key: id, content, sender, timestamp, status: 'pending' };
    this.#unanswered.set(id, entry);
    this.#outgoing.push(entry);
  }

  acknowledge(id: string, place: Position): void {
    this.#unanswered.delete(id);
    this.#replace(id, (entry) => ({ ...entry, status: 'sent', place }));
    const at = this.#settled.findLastIndex((entry) => entry.kind === 'said' && isAt(entry, place));
    const settled = this.#settled[at];
    if (settled?.kind !== 'said' || settled.key === id) return;
    // It was in the room before its acknowledgement, and was not recognised.
    if (!this.discard(id)) return;
    this.#settled[at] = { ...settled, key: id, sentHere: true };
  }

  fail(id: string, reason: string): void {
    const sent = this.#unanswered.get(id);
    this.#unanswered.delete(id);
    if (sent === undefined) return;
    // Another's message of the same words may have been taken for it.
    this.#settled = this.#settled.map((entry) =>
      entry.kind === 'said' && entry.key === id ? said(entry.message, entry.epoch, entry.own) : entry,
    );
    this.discard(id);
    this.#outgoing.push({ ...sent, status: 'failed', reason });
  }

  /** @returns what a failed message says, which is now pending again. */
  retry(id: string): string | undefined {
    this.#replace(id, (entry) => {
      const pending: Outgoing = { ...entry, status: 'pending', reason: undefined };
      this.#unanswered.set(id, pending);
      return pending;
    });
    return this.#unanswered.get(id)?.content;
  }

  /** @returns whether there was such a message. */
  discard(id: string): boolean {
    const before = this.#outgoing.length;
    this.#outgoing = this.#outgoing.filter(({ key }) => key !== id);
    return this.#outgoing.length < before;
  }

  /** The message that was sent from here and now has come: by its place if that is known, else by its words. */
  #takeOutgoing({ offset, content }: ChatMessage, epoch: string): Outgoing | undefined {
    const sent =
      this.#outgoing.find(({ place }) => place?.epoch === epoch && place.offset === offset) ??
      this.#outgoing.find((entry) => entry.status === 'pending' && entry.content === content);
    if (sent !== undefined) this.discard(sent.key);
    return sent;
  }

  #replace(id: string, change: (entry: Outgoing) => Outgoing): void {
    this.#outgoing = this.#outgoing.map((entry) => (entry.key === id ? change(entry) : entry));
  }
}

function said(message: ChatMessage, epoch: string, own: boolean, sentAs?: string): Said {
  const { timestamp, offset } = message;
  const key = sentAs ?? `${epoch}:${offset}`;
  return { kind: 'said', key, timestamp, message, epoch, own, sentHere: sentAs !== undefined };
}

function isAt({ epoch, message }: Said, place: Position): boolean {
  return epoch === place.epoch && message.offset === place.offset;
}

/** Time zones differ by whole minutes, so that the text of the time up to the minute will do. */
export function sameMinute(a: { timestamp: string }, b: { timestamp: string }): boolean {
  return a.timestamp.slice(0, 16) === b.timestamp.slice(0, 16);
}
