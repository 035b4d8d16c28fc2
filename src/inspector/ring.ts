/**
 * The ring keeps the last records, bounded in number and in bytes, the figures told between them, and the baseline: what
 * there was before the oldest of them. It keeps them as their text, which is what viewers and files get, and is small and
 * easy to weigh.
 */
import { Baseline } from './baseline.ts';
import type { Actor, Actors, Figures, InspectorRecord } from './messages.ts';

export interface RingLimits {
  readonly records: number;
  readonly bytes: number;
}

export const ringLimits: RingLimits = { records: 20_000, bytes: 16 * 1_024 * 1_024 };

/** Whether a line of a recording is a record: those alone begin with a number. */
export function isRecordText(line: string): boolean {
  return line.startsWith('{"seq":');
}

/** What a text costs in memory beside its characters. */
const overheadBytes = 40;

/** Records that follow one another, with no figures between them. */
export interface Stretch {
  /** The texts of the figures that were told just before the first of them. */
  readonly figures: readonly string[];
  /** Their texts. */
  readonly records: readonly string[];
}

export class Ring {
  readonly limits: RingLimits;
  readonly #texts: (string | undefined)[];
  readonly #baseline = new Baseline();
  // By the number of the record before which they were told.
  readonly #figures = new Map<number, string[]>();
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

  /** About how many bytes they take, and the figures between them. */
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
    return this.#baseline.actors;
  }

  /** The figures before the oldest record, where any are known. */
  get baselineFigures(): Figures | undefined {
    return this.#baseline.figures;
  }

  /** Adds an actor that was there before all records. */
  found(actor: Actor): void {
    this.#baseline.found(actor);
  }

  /** Adds the next record, whose number is its first member. @returns its text */
  push(record: InspectorRecord): string {
    const text = JSON.stringify(record);
    if (this.#size === this.limits.records) this.#forgetOldest();
    this.#texts[this.nextSeq % this.limits.records] = text;
    this.#size += 1;
    this.#bytes += weigh(text);
    this.#keepToBytes();
    return text;
  }

  /** Adds figures after the latest record. @returns their text */
  tell(figures: Figures): string {
    const text = JSON.stringify(figures);
    this.#figures.set(this.nextSeq, [...this.#figuresBefore(this.nextSeq), text]);
    this.#bytes += weigh(text);
    this.#keepToBytes();
    return text;
  }

  /** The texts of the records from this number on, as far as they are kept, at most so many. */
  from(seq: number, most = this.limits.records): string[] {
    const texts: string[] = [];
    for (let at = Math.max(seq, this.#firstSeq); at < this.nextSeq && texts.length < most; at += 1) {
      texts.push(this.#textAt(at));
    }
    return texts;
  }

  /** The records from this number on, which is kept, as far as no figures were told between them, at most so many. */
  stretch(seq: number, most: number): Stretch {
    let length = 1;
    while (length < most && !this.#figures.has(seq + length)) length += 1;
    return { figures: this.#figuresBefore(seq), records: this.from(seq, length) };
  }

  /** What is kept as the lines of a recording, from the baseline on. */
  *lines(): Generator<string> {
    yield JSON.stringify({ type: 'actors', done: true, actors: [...this.baseline] } satisfies Actors);
    if (this.baselineFigures !== undefined) yield JSON.stringify(this.baselineFigures);
    for (let seq = this.#firstSeq; seq < this.nextSeq; seq += 1) {
      yield* this.#figuresBefore(seq);
      yield this.#textAt(seq);
    }
    yield* this.#figuresBefore(this.nextSeq);
  }

  /** Forgets everything; the numbering goes on. */
  clear(): void {
    this.#firstSeq = this.nextSeq;
    this.#size = 0;
    this.#bytes = 0;
    this.#texts.fill(undefined);
    this.#figures.clear();
    this.#baseline.clear();
  }

  #textAt(seq: number): string {
    return this.#texts[seq % this.limits.records] ?? '';
  }

  #figuresBefore(seq: number): readonly string[] {
    return this.#figures.get(seq) ?? [];
  }

  #keepToBytes(): void {
    while (this.#bytes > this.limits.bytes && this.#size > 1) this.#forgetOldest();
  }

  #forgetOldest(): void {
    this.#forgetFigures(this.#firstSeq);
    const text = this.#textAt(this.#firstSeq);
    this.#baseline.apply(JSON.parse(text) as InspectorRecord);
    this.#bytes -= weigh(text);
    this.#texts[this.#firstSeq % this.limits.records] = undefined;
    this.#firstSeq += 1;
    this.#size -= 1;
  }

  /** Those told before a record become the baseline's with it. */
  #forgetFigures(seq: number): void {
    for (const text of this.#figuresBefore(seq)) {
      this.#baseline.take(JSON.parse(text) as Figures);
      this.#bytes -= weigh(text);
    }
    this.#figures.delete(seq);
  }
}

/** Text with letters beyond Latin-1 takes two bytes a character; the bound is to hold for any. */
function weigh(text: string): number {
  return text.length * 2 + overheadBytes;
}
