/**
 * The inspector gives those who watch what they need: it has the recorder run while there are any, and lets go of every
 * actor when the last one has left.
 */
import type { Clock } from '../clock.ts';
import { Clerk } from './clerk.ts';
import { Definitions } from './definitions.ts';
import { detailOf } from './detail.ts';
import { FigureFeed, type FigureNews } from './figure-feed.ts';
import type { Flights } from './flights.ts';
import type { Lab } from './lab.ts';
import type { Definition, Hello, InspectorMessage } from './messages.ts';
import { ProcessGauges } from './process-gauges.ts';
import { Recorder } from './recorder.ts';
import { Ring, ringLimits, type RingLimits } from './ring.ts';
import type { Subject } from './subject.ts';
import { Viewer, type Outlet } from './viewer.ts';

export interface InspectorOptions {
  readonly subject: Subject;
  readonly clock: Clock;
  /** Is told, once, what went wrong in the recorder. */
  readonly onFault: (thrown: unknown) => void;
  readonly limits?: RingLimits;
  /** The Stately Inspector's address; without it there is no way to it. */
  readonly statelyUrl?: string;
  readonly flights?: Flights;
  readonly lab?: Lab;
  /** Closes a connection; @returns false where there is none. Without it nobody can. */
  readonly kick?: (connectionId: string) => boolean;
  /** What a page is told that asks for more than to watch, where it can have no more. */
  readonly readOnlyReason?: string;
}

/** One that takes every line of a recording, such as a file. */
export interface Sink {
  /** @param anew makes the lines by which one goes on that has left lines out. */
  write(line: string, anew: () => Iterable<string>): void;
}

const tickMs = 50;
const ticksPerSecond = 1_000 / tickMs;
const ticksPerDetail = ticksPerSecond / 4;

export class Inspector {
  readonly #options: InspectorOptions;
  readonly #ring: Ring;
  readonly #definitions: Definitions;
  readonly #recorder: Recorder;
  readonly #viewers = new Set<Viewer>();
  readonly #sinks = new Set<Sink>();
  readonly #figures: FigureFeed;
  readonly #clerk: Clerk;
  readonly #processGauges = new ProcessGauges();
  #timer: unknown;
  #ticks = 0;
  #isBroken = false;
  #isClosed = false;

  constructor(options: InspectorOptions) {
    const { subject, clock, limits = ringLimits } = options;
    this.#options = options;
    this.#ring = new Ring(limits);
    this.#figures = new FigureFeed(subject);
    this.#clerk = new Clerk({
      ...options,
      now: () => subject.now(),
      sendDetails: (viewer) => this.#sendDetails(viewer),
    });
    this.#definitions = new Definitions({ clock, tell: (definition) => this.#define(definition) });
    this.#recorder = new Recorder({
      subject,
      definitions: this.#definitions,
      ring: this.#ring,
      onRecord: (text) => this.#writeDown(text),
      onFault: (thrown) => this.#broke(thrown),
    });
  }

  /** Whether anybody watches. */
  get isWatched(): boolean {
    return this.#viewers.size + this.#sinks.size > 0;
  }

  /** What is kept now, for those who measure. */
  get kept(): RingLimits {
    return { records: this.#ring.size, bytes: this.#ring.bytes };
  }

  /** What a page is told first. */
  hello(): Hello {
    const { subject, kick, lab, flights, statelyUrl, limits = ringLimits } = this.#options;
    return {
      type: 'hello',
      version: 1,
      mode: 'live',
      title: subject.title,
      at: subject.now(),
      canControl: kick !== undefined,
      hasLab: lab !== undefined,
      hasFlights: flights !== undefined,
      contentShown: subject.contentShown,
      ...(statelyUrl === undefined ? {} : { statelyUrl }),
      kept: limits,
    };
  }

  /** Lets a page watch. @returns how to give it the page's commands, and how to have it leave. */
  join(outlet: Outlet): { command: (text: string) => void; leave: () => void } {
    if (this.#isClosed) {
      outlet.close();
      return { command: () => undefined, leave: () => undefined };
    }
    this.#begin();
    const viewer = new Viewer({
      outlet,
      hello: this.hello(),
      definitions: this.#definitions,
      recorder: this.#recorder,
      ring: this.#ring,
      figures: () => this.#figures.now(),
    });
    this.#viewers.add(viewer);
    this.#options.lab?.attend();
    return {
      command: (text) => this.#clerk.take(viewer, text),
      leave: () => {
        this.#viewers.delete(viewer);
        if (this.#viewers.size === 0 && !this.#isClosed) this.#options.lab?.desert();
        this.#endUnlessWatched();
      },
    };
  }

  /** Tells everybody what there is to tell, as far as they take it. */
  flush(): void {
    for (const viewer of this.#viewers) viewer.flush();
  }

  /** Gives every record to a sink: what there is first, then what happens. @returns how to end it. */
  record(sink: Sink): () => void {
    this.#begin();
    for (const text of this.recording()) sink.write(text, () => this.#anew());
    this.#sinks.add(sink);
    return () => {
      this.#sinks.delete(sink);
      this.#endUnlessWatched();
    };
  }

  /** The lines of a recording of what is kept; where nobody watches, of what there is now. */
  async *export(): AsyncGenerator<string> {
    if (this.#isClosed) return;
    const sink: Sink = { write: () => undefined };
    const isFirst = !this.isWatched;
    this.#begin();
    this.#sinks.add(sink);
    let lines: string[] = [];
    try {
      if (isFirst) this.#noteGauges();
      await this.#definitions.drawn();
      // All at once: what is kept moves on while a file is taken away.
      lines = [...this.recording()];
    } finally {
      this.#sinks.delete(sink);
      this.#endUnlessWatched();
    }
    yield* lines;
  }

  /** The lines of a recording of what is kept now: see recording.ts. */
  *recording(): Generator<string> {
    yield JSON.stringify({ ...this.hello(), mode: 'recording' } satisfies Hello);
    for (const definition of this.#definitions) yield JSON.stringify(definition);
    yield* this.#ring.lines();
  }

  /** Has everybody leave. @returns once nothing of it is left. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const viewer of this.#viewers) viewer.close();
    this.#viewers.clear();
    this.#sinks.clear();
    this.#endUnlessWatched();
    this.#options.lab?.drain();
    await this.#definitions.close();
  }

  // While somebody watches

  #begin(): void {
    if (this.#recorder.runs) return;
    this.#processGauges.start();
    this.#recorder.start();
    this.#safely(() => this.#tellFigures(this.#figures.begin()));
    this.#schedule();
  }

  #endUnlessWatched(): void {
    if (this.isWatched || !this.#recorder.runs) return;
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#recorder.stop();
    this.#figures.clear();
    this.#processGauges.stop();
  }

  #schedule(): void {
    this.#timer = this.#options.clock.setTimeout(() => this.#tick(), tickMs);
  }

  #tick(): void {
    this.#schedule();
    this.#ticks += 1;
    this.#recorder.sampler.tick();
    if (this.#ticks % ticksPerSecond === 0) this.#safely(() => this.#everySecond());
    this.#safely(() => this.flush());
    if (this.#ticks % ticksPerDetail === 0) for (const viewer of this.#viewers) this.#sendDetails(viewer);
  }

  #everySecond(): void {
    this.#recorder.sweep();
    this.#noteGauges();
    this.#tellFigures(this.#figures.next(this.#viewers.size > 0));
  }

  #noteGauges(): void {
    const { subject } = this.#options;
    const { totals, ...gauges } = subject.gauges();
    this.#recorder.note({
      kind: 'gauges',
      ...gauges,
      actors: this.#recorder.actors,
      ...(totals === undefined ? {} : { totals: { ...totals, records: this.#recorder.recorded } }),
      ...this.#processGauges.read(),
    });
  }

  #tellFigures({ forViewers, forRecordings }: FigureNews): void {
    if (forViewers !== undefined) for (const viewer of this.#viewers) viewer.figures(forViewers);
    if (forRecordings !== undefined) this.#writeDown(this.#ring.tell(forRecordings));
  }

  #sendDetails(viewer: Viewer): void {
    for (const id of viewer.watched) {
      const actor = this.#recorder.find(id);
      if (actor !== undefined) this.#safely(() => viewer.detail(detailOf(this.#options.subject, actor)));
    }
  }

  #define(definition: Definition): void {
    for (const viewer of this.#viewers) viewer.tell(definition);
    this.#writeDown(JSON.stringify(definition));
  }

  #writeDown(line: string): void {
    for (const sink of this.#sinks) sink.write(line, () => this.#anew());
  }

  /** The lines by which a recording goes on where lines are missing: all that there is now. */
  *#anew(): Generator<string> {
    for (const definition of this.#definitions) yield JSON.stringify(definition);
    const actors = [...this.#recorder.present()];
    yield JSON.stringify({ type: 'actors', anew: true, done: true, actors } satisfies InspectorMessage);
    yield JSON.stringify(this.#figures.now());
  }

  /** What is thrown while somebody is told something must not end the program that is watched. */
  #safely(work: () => void): void {
    try {
      work();
    } catch (thrown) {
      this.#broke(thrown);
    }
  }

  #broke(thrown: unknown): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#options.onFault(thrown);
  }
}
