/** A log is one room's numbering, the last messages that were said in it, and the keys by which repeats are known. */
import type { History, HistoryRange, Position, Publication } from '../broker.ts';
import type { Entry } from '../entry.ts';
import { newId } from '../ids.ts';
import { chatText } from '../messages.ts';

export interface LogLimits {
  readonly historyMessages: number;
  readonly historyAgeMs: number;
  readonly dedupeWindowMs: number;
}

interface KeptEntry extends Entry {
  /** When it came. */
  readonly at: number;
}

interface KeptKey {
  readonly offset: number;
  readonly at: number;
}

// What things take in memory beside their text, roughly.
const bytesPerLog = 512;
const bytesPerEntry = 128;
const bytesPerKey = 128;
const bytesPerUnit = 2;

export class Log {
  readonly room: string;
  readonly epoch = newId();
  isSubscribed = false;
  /** When something was last said, or the last one left. */
  quietSince: number;
  /** About how many bytes it takes. */
  bytes = bytesPerLog;
  readonly #limits: LogLimits;
  #offset = 0;
  // A ring: each in the place that its offset gives it.
  #entries: (KeptEntry | undefined)[] = [];
  /** How many are kept: the last ones, without a gap up to #offset. */
  #size = 0;
  // In the order in which they came.
  readonly #keys = new Map<string, KeptKey>();

  constructor(room: string, limits: LogLimits, now: number) {
    this.room = room;
    this.#limits = limits;
    this.quietSince = now;
  }

  get position(): Position {
    return { epoch: this.epoch, offset: this.#offset };
  }

  /**
   * Gives a publication its place, unless it has one by its key.
   * @returns the place, and the entry where it is a new one
   */
  append(publication: Publication, now: number): { offset: number; entry: Entry | undefined } {
    this.quietSince = now;
    this.expire(now);
    const { key } = publication;
    const known = key === undefined ? undefined : this.#keys.get(key);
    if (known !== undefined) return { offset: known.offset, entry: undefined };
    if (this.#size > 0 && this.#size === this.#limits.historyMessages) this.#dropOldest();
    this.#offset += 1;
    const text = chatText(publication, this.#offset);
    const entry: KeptEntry = { room: this.room, offset: this.#offset, text, at: now };
    if (key !== undefined && this.#limits.dedupeWindowMs > 0)
      this.#keep(key, { offset: this.#offset, at: now });
    if (this.#limits.historyMessages > 0) {
      this.#entries[this.#offset % this.#limits.historyMessages] = entry;
      this.#size += 1;
      this.bytes += bytesOf(entry);
    }
    return { offset: this.#offset, entry };
  }

  /** Drops what is too old to be kept. */
  expire(now: number): void {
    const { historyAgeMs, dedupeWindowMs } = this.#limits;
    while (this.#size > 0 && isOlder(this.#keptAt(this.#first), historyAgeMs, now)) this.#dropOldest();
    if (this.#keys.size === 0) return;
    for (const [key, kept] of this.#keys) {
      if (!isOlder(kept, dedupeWindowMs, now)) return;
      this.#keys.delete(key);
      this.bytes -= bytesOfKey(key);
    }
  }

  /** @returns whether it was quiet for longer than anything is kept. */
  isStale(now: number): boolean {
    return now - this.quietSince >= Math.max(this.#limits.historyAgeMs, this.#limits.dedupeWindowMs);
  }

  /** Forgets what was said, but not where the numbering is. */
  clear(): void {
    this.#entries = [];
    this.#size = 0;
    this.#keys.clear();
    this.bytes = bytesPerLog;
  }

  read({ after, before, limit }: HistoryRange): History {
    const first = this.#first;
    let from = Math.max(first, (after ?? 0) + 1);
    let to = Math.min(this.#offset, (before ?? Infinity) - 1);
    if (after === undefined) from = Math.max(from, to - limit + 1);
    else to = Math.min(to, from + limit - 1);
    const entries: Entry[] = [];
    for (let offset = from; offset <= to; offset += 1) entries.push(this.#keptAt(offset));
    return { position: this.position, first, entries };
  }

  #keep(key: string, kept: KeptKey): void {
    this.#keys.set(key, kept);
    this.bytes += bytesOfKey(key);
  }

  #dropOldest(): void {
    const place = this.#first % this.#limits.historyMessages;
    this.bytes -= bytesOf(this.#entries[place] as KeptEntry);
    this.#entries[place] = undefined;
    this.#size -= 1;
  }

  /** The offset of the oldest one kept; one more than the last one's where none is. */
  get #first(): number {
    return this.#offset - this.#size + 1;
  }

  #keptAt(offset: number): KeptEntry {
    return this.#entries[offset % this.#limits.historyMessages] as KeptEntry;
  }
}

function isOlder({ at }: { readonly at: number }, ageMs: number, now: number): boolean {
  return now - at >= ageMs;
}

function bytesOf({ text }: Entry): number {
  return bytesPerEntry + bytesPerUnit * text.length;
}

function bytesOfKey(key: string): number {
  return bytesPerKey + bytesPerUnit * key.length;
}
