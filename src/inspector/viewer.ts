/**
 * A viewer is one page that watches. It is given what it can take: whoever reads too slowly loses batches, is told how
 * many, and begins anew from what there is then.
 */
import { Limiter } from '../limiter.ts';
import type { Definitions } from './definitions.ts';
import type { Actor, Detail, Figures, Hello, InspectorMessage } from './messages.ts';
import type { Recorder } from './recorder.ts';
import type { Ring } from './ring.ts';

/** The way to one page. */
export interface Outlet {
  send(text: string): void;
  /** What was sent and is still on its way. */
  readonly bufferedBytes: number;
  close(): void;
}

export interface ViewerOptions {
  readonly outlet: Outlet;
  readonly hello: Hello;
  readonly definitions: Definitions;
  readonly recorder: Recorder;
  readonly ring: Ring;
  /** The counters of every connection as they are now. */
  readonly figures: () => Figures;
}

/** Above this nothing more is sent, and a viewer that was above it has to come far down before it is. */
const highWaterBytes = 1_024 * 1_024;
const lowWaterBytes = highWaterBytes / 4;

/** How many records and actors are in one message, at most. */
const recordsInBatch = 2_000;
const actorsInPart = 500;

/** How many commands a page may give: far more than any hand does. */
const commandsPerSecond = 50;
const commandsAtOnce = 100;

export class Viewer {
  /** The ids of the actors whose details it wants. */
  watched: readonly string[] = [];
  readonly commands = new Limiter(commandsPerSecond, commandsAtOnce);
  readonly #options: ViewerOptions;
  readonly #details = new Map<string, string>();
  // What it has to be told before it is told what happens now.
  #opening: Iterator<string> | undefined;
  #nextSeq: number;
  #behind = false;
  // Whether it has lost records since it was last told so.
  #gap = false;
  #lost = { batches: 0, records: 0 };

  constructor(options: ViewerOptions) {
    const { outlet, hello, definitions, ring } = options;
    this.#options = options;
    this.#nextSeq = ring.firstSeq;
    this.tell(hello);
    for (const definition of definitions) outlet.send(JSON.stringify(definition));
    this.#opening = this.#past();
    this.flush();
  }

  /** Sends what is out of the order of records. */
  tell(message: InspectorMessage): void {
    this.#options.outlet.send(JSON.stringify(message));
  }

  /** Sends what is new, as far as the viewer takes it. */
  flush(): void {
    const { outlet, ring } = this.#options;
    if (outlet.bufferedBytes > (this.#behind ? lowWaterBytes : highWaterBytes)) {
      this.#fallBehind();
      return;
    }
    this.#behind = false;
    this.#lose(ring.firstSeq);
    if (this.#gap) this.#beginAnew();
    for (let part = this.#opening?.next(); part !== undefined; part = this.#opening?.next()) {
      if (part.done === true) {
        this.#opening = undefined;
        break;
      }
      outlet.send(part.value);
      if (outlet.bufferedBytes > highWaterBytes) return;
    }
    this.#sendRecords();
  }

  /** Sends the figures that have changed; one that is not told yet what there was gets all of them when it is. */
  figures(changed: Figures): void {
    if (!this.#behind && this.#opening === undefined) this.tell(changed);
  }

  /** Sends details of watched actors where they differ from the last ones. */
  detail(detail: Detail): void {
    const { at: _, ...rest } = detail;
    const text = JSON.stringify(rest);
    if (this.#behind || this.#details.get(detail.id) === text) return;
    this.#details.set(detail.id, text);
    this.tell(detail);
  }

  watch(ids: readonly string[]): void {
    this.watched = ids;
    this.#details.clear();
  }

  close(): void {
    this.#options.outlet.close();
  }

  #sendRecords(): void {
    const { outlet, ring } = this.#options;
    while (this.#nextSeq < ring.nextSeq && outlet.bufferedBytes <= highWaterBytes) {
      outlet.send(this.#batchOf(ring.from(this.#nextSeq, recordsInBatch)));
    }
  }

  /** The next records as a message. */
  #batchOf(texts: readonly string[]): string {
    this.#nextSeq += texts.length;
    const { sampledAway } = this.#options.recorder.sampler;
    return `{"type":"records","records":[${texts.join(',')}],"sampledAway":${sampledAway}}`;
  }

  /** What is kept of the past, so that one can travel in it, and what the figures are now. */
  *#past(): Generator<string> {
    const { ring } = this.#options;
    const figures = ring.baselineFigures;
    yield* parts([...ring.baseline], false);
    if (figures !== undefined) yield JSON.stringify(figures);
    while (this.#nextSeq < ring.nextSeq) {
      const stretch = ring.stretch(this.#nextSeq, recordsInBatch);
      yield* stretch.figures;
      yield this.#batchOf(stretch.records);
    }
    yield* this.#presentFigures();
  }

  /** What there is now, where the past was lost. */
  *#present(): Generator<string> {
    yield* parts([...this.#options.recorder.present()], true);
    yield* this.#presentFigures();
  }

  *#presentFigures(): Generator<string> {
    const figures = this.#options.figures();
    if (figures.rows.length > 0) yield JSON.stringify(figures);
  }

  #fallBehind(): void {
    this.#behind = true;
    // Until it has been told what there was, records can wait, as long as they are kept.
    if (this.#opening === undefined) this.#lose(this.#options.ring.nextSeq);
  }

  /** Goes on with the record of this number; those before it are lost. */
  #lose(seq: number): void {
    if (this.#nextSeq >= seq) return;
    this.#gap = true;
    this.#lost.batches += 1;
    this.#lost.records += seq - this.#nextSeq;
    this.#nextSeq = seq;
  }

  #beginAnew(): void {
    const { ring } = this.#options;
    this.#gap = false;
    // What came since is in what there is now.
    this.#lost.records += ring.nextSeq - this.#nextSeq;
    this.#nextSeq = ring.nextSeq;
    this.#details.clear();
    this.tell({ type: 'lost', ...this.#lost });
    this.#opening = this.#present();
  }
}

/** The actors in parts, each made into text only when it is sent. */
function* parts(actors: readonly Actor[], anew: boolean): Generator<string> {
  for (let from = 0; from === 0 || from < actors.length; from += actorsInPart) {
    const message: InspectorMessage = {
      type: 'actors',
      ...(anew && from === 0 ? { anew } : {}),
      ...(from + actorsInPart >= actors.length ? { done: true } : {}),
      actors: actors.slice(from, from + actorsInPart),
    };
    yield JSON.stringify(message);
  }
}
