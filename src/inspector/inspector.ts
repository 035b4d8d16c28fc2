/**
 * The inspector gives those who watch what they need: it has the recorder run while there are any, and lets go of every
 * actor when the last one has left.
 */
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { assertNever } from '../assert.ts';
import type { Clock } from '../clock.ts';
import { parseCommand } from './commands.ts';
import { Definitions } from './definitions.ts';
import { detailOf } from './detail.ts';
import { FigureBook } from './figure-book.ts';
import type { Flights } from './flights.ts';
import type { Lab } from './lab.ts';
import type { Answer, Command, Definition, FigureRow, Figures, Hello, InspectorMessage } from './messages.ts';
import { Recorder } from './recorder.ts';
import { Ring, ringLimits, type RingLimits } from './ring.ts';
import type { ConnectionFigures, Subject } from './subject.ts';
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

/** Recordings have figures once a second, or less often where those that have changed are more than this by then. */
const figuresRecordedPerSecond = 500;

const eventLoopResolutionMs = 10;
const nanosecondsPerMs = 1e6;

export class Inspector {
  readonly #options: InspectorOptions;
  readonly #ring: Ring;
  readonly #definitions: Definitions;
  readonly #recorder: Recorder;
  readonly #viewers = new Set<Viewer>();
  readonly #sinks = new Set<Sink>();
  readonly #figuresSent = new FigureBook();
  readonly #figuresRecorded = new FigureBook();
  // How many may be recorded by now.
  #figuresDue = 0;
  #eventLoop: IntervalHistogram | undefined;
  #timer: unknown;
  #ticks = 0;
  #isBroken = false;
  #isClosed = false;

  constructor(options: InspectorOptions) {
    const { subject, clock, limits = ringLimits } = options;
    this.#options = options;
    this.#ring = new Ring(limits);
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
      figures: () => this.#figures(this.#figuresNow()),
    });
    this.#viewers.add(viewer);
    this.#options.lab?.attend();
    return {
      command: (text) => this.#take(viewer, text),
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
    this.#eventLoop = monitorEventLoopDelay({ resolution: eventLoopResolutionMs });
    this.#eventLoop.enable();
    this.#recorder.start();
    this.#safely(() => this.#recordFigures(this.#figuresNow(), Infinity));
    this.#schedule();
  }

  #endUnlessWatched(): void {
    if (this.isWatched || !this.#recorder.runs) return;
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#recorder.stop();
    this.#figuresSent.clear();
    this.#figuresRecorded.clear();
    this.#eventLoop?.disable();
    this.#eventLoop = undefined;
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
    const figures = this.#figuresNow();
    this.#sendFigures(figures);
    this.#recordFigures(figures, figuresRecordedPerSecond);
  }

  #noteGauges(): void {
    const { subject } = this.#options;
    const { totals, ...gauges } = subject.gauges();
    const delay = this.#eventLoop;
    const known = delay !== undefined && delay.count > 0;
    this.#recorder.note({
      kind: 'gauges',
      ...gauges,
      actors: this.#recorder.actors,
      ...(totals === undefined ? {} : { totals: { ...totals, records: this.#recorder.recorded } }),
      eventLoopDelayMs: known
        ? { p50: delayMs(delay.percentile(50)), p99: delayMs(delay.percentile(99)), max: delayMs(delay.max) }
        : { p50: 0, p99: 0, max: 0 },
      rssBytes: process.memoryUsage.rss(),
    });
    delay?.reset();
  }

  #figuresNow(): FigureRow[] {
    return [...this.#options.subject.figures()].map(rowOf);
  }

  #figures(rows: readonly FigureRow[]): Figures {
    return { type: 'figures', at: this.#options.subject.now(), rows };
  }

  /** Sends the figures that have changed in the last second. */
  #sendFigures(all: readonly FigureRow[]): void {
    if (this.#viewers.size === 0) return;
    const rows = this.#figuresSent.news(all);
    this.#figuresSent.note(all);
    if (rows.length === 0) return;
    const figures = this.#figures(rows);
    for (const viewer of this.#viewers) viewer.figures(figures);
  }

  /** Records the figures that have changed since the last time, all at once, when so many are due. */
  #recordFigures(all: readonly FigureRow[], due: number): void {
    const rows = this.#figuresRecorded.news(all);
    this.#figuresDue += due;
    if (rows.length > this.#figuresDue) return;
    this.#figuresDue = 0;
    if (rows.length === 0) return;
    this.#figuresRecorded.note(all);
    this.#writeDown(this.#ring.tell(this.#figures(rows)));
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
    yield JSON.stringify(this.#figures(this.#figuresNow()));
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

  // What a page asks for

  #take(viewer: Viewer, text: string): void {
    const command = parseCommand(text);
    if (command === undefined) {
      viewer.tell({ type: 'answer', ref: 0, ok: false, reason: 'that is no command' });
      return;
    }
    const { ref } = command;
    const mayAsk = viewer.commands.take(this.#options.subject.now()) === 0;
    const answer = mayAsk ? this.#carryOut(viewer, command) : tooMany;
    if (answer === undefined || ref === undefined) return;
    viewer.tell({ type: 'answer', ref, ...answer });
  }

  /** @returns what to answer, or undefined where it has been. */
  #carryOut(viewer: Viewer, command: Command): Omit<Answer, 'type' | 'ref'> | undefined {
    const { flights, lab, kick, readOnlyReason = onlyWatches } = this.#options;
    const readOnly = { ok: false, reason: readOnlyReason };
    const ref = command.ref === undefined ? {} : { ref: command.ref };
    switch (command.type) {
      case 'watch':
        viewer.watch(command.actors);
        this.#sendDetails(viewer);
        return { ok: true };
      case 'story': {
        if (flights === undefined) return { ok: false, reason: 'nothing is kept of connections here' };
        const story = flights.storyOf(command.connection);
        viewer.tell({
          type: 'story',
          ...ref,
          id: command.connection,
          ...(story === undefined ? {} : { story }),
        });
        return undefined;
      }
      case 'graveyard':
        if (flights === undefined) return { ok: false, reason: 'nothing is kept of connections here' };
        viewer.tell({ type: 'graveyard', ...ref, ...flights.graveyard(command.limit) });
        return undefined;
      case 'kick':
        if (kick === undefined) return readOnly;
        return kick(command.connection) ? { ok: true } : { ok: false, reason: 'there is no such connection' };
      case 'lab':
        return lab === undefined ? readOnly : lab.carryOut(command.task);
      default:
        return assertNever(command);
    }
  }
}

const tooMany = { ok: false, reason: 'so many commands at once are no hand that gives them' } as const;
const onlyWatches = 'this inspector watches, and that is all';

function rowOf(figures: ConnectionFigures): FigureRow {
  const { actor, messagesIn, messagesOut, outboxMessages, outboxBytes } = figures;
  return [actor.sessionId, messagesIn, messagesOut, outboxMessages, outboxBytes];
}

/** What is measured is the whole period of the timer that measures, in nanoseconds. */
function delayMs(periodNs: number): number {
  return Math.max(0, Math.round((periodNs / nanosecondsPerMs - eventLoopResolutionMs) * 100) / 100);
}
