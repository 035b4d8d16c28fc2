/**
 * The ring keeps the last records, bounded in number and in bytes, and the baseline: what there was before the oldest
 * of them. It keeps records as their text, which is what viewers and files get, and is small and easy to weigh.
 */
import type { Actor, InspectorRecord } from './messages.ts';
import { applyRecord, type Moment } from './timeline.ts';

export interface RingLimits {
  readonly records: number;
  readonly bytes: number;
}

export const ringLimits: RingLimits = { records: 20_000, bytes: 16 * 1_024 * 1_024 };

/** What a text costs in memory beside its characters. */
const overheadBytes = 40;

export class Ring {
  readonly limits: RingLimits;
  readonly #texts: (string | undefined)[];
  readonly #baseline: Moment = new Map();
  #firstSeq = 0;
  #size = 0;
  #bytes = 0;

  constructor(limits: RingLimits = ringLimits) {
    this.limits = limits;
    this.#texts = Array.from({ length: limits.records }, () => undefined);
  }

  /** How many records there are. */
  get size(): number {
    return this.#size;
  }

  /** About how many bytes they take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The number of the oldest record, or of the next one where there is none. */
  get firstSeq(): number {
    return this.#firstSeq;
  }

  /** The number that the next record has to have. */
  get nextSeq(): number {
    return this.#firstSeq + this.#size;
  }

  /** The actors before the oldest record, parents before their children. */
  get baseline(): IterableIterator<Actor> {
    return this.#baseline.values();
  }

  /** Adds an actor that was there before all records. */
  found(actor: Actor): void {
    this.#baseline.set(actor.id, actor);
  }

  /** Adds the next record. @returns its text */
  push(record: InspectorRecord): string {
    const text = JSON.stringify(record);
    if (this.#size === this.limits.records) this.#forgetOldest();
    this.#texts[this.nextSeq % this.limits.records] = text;
    this.#size += 1;
    this.#bytes += weigh(text);
    while (this.#bytes > this.limits.bytes && this.#size > 1) this.#forgetOldest();
    return text;
  }

  /** The texts of the records from this number on, as far as they are kept, at most so many. */
  from(seq: number, most = this.limits.records): string[] {
    const texts: string[] = [];
    for (let at = Math.max(seq, this.#firstSeq); at < this.nextSeq && texts.length < most; at += 1) {
      texts.push(this.#texts[at % this.limits.records] ?? '');
    }
    return texts;
  }

  /** Forgets everything; the numbering goes on. */
  clear(): void {
    this.#firstSeq = this.nextSeq;
    this.#size = 0;
    this.#bytes = 0;
    this.#texts.fill(undefined);
    this.#baseline.clear();
  }

  #forgetOldest(): void {
    const slot = this.#firstSeq % this.limits.records;
    const text = this.#texts[slot] ?? '';
    applyRecord(this.#baseline, JSON.parse(text) as InspectorRecord);
    this.#bytes -= weigh(text);
    this.#texts[slot] = undefined;
    this.#firstSeq += 1;
    this.#size -= 1;
  }
}

/** Text with letters beyond Latin-1 takes two bytes a character; the bound is to hold for any. */
function weigh(text: string): number {
  return text.length * 2 + overheadBytes;
}
