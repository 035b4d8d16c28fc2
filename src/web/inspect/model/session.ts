/**
 * The session is all that the page knows of what it inspects: it takes in what the server tells, and shows a view of it,
 * which stands still while it is paused.
 */
import type {
  Actor,
  Answer,
  Command,
  Definition,
  Detail,
  GaugesRecord,
  Graveyard,
  Hello,
  InspectorMessage,
  InspectorRecord,
  Lost,
  Records,
  StopRecord,
  StoryOfOne,
  TransitionRecord,
} from '../../../inspector/messages.ts';
import { assertNever } from '../../../assert.ts';
import { applyRecord, type Moment } from '../../../inspector/timeline.ts';
import { Signal } from '../../model/signal.ts';
import { takeFigures, type Figure } from './figures.ts';
import { Link } from './link.ts';
import { seconds } from './series.ts';

export interface Ended {
  /** As it was last. */
  readonly actor: Actor;
  readonly stop: StopRecord;
}

/** What is shown: one moment, and what led to it. */
export interface View {
  /** The server's time. */
  readonly at: number;
  readonly actors: ReadonlyMap<string, Actor>;
  /** Those that ended lately. */
  readonly ended: ReadonlyMap<string, Ended>;
  readonly figures: ReadonlyMap<string, Figure>;
  /** The last minutes, a second each. */
  readonly gauges: readonly GaugesRecord[];
  /** The last ones, in order. */
  readonly records: readonly InspectorRecord[];
  readonly recordsSeen: number;
  readonly sampledAway: number;
}

export type Reply = Answer | StoryOfOne | Graveyard;

const endedKept = 1_000;

const recordsKept = 20_000;

/** Many actors are shown less often, so that showing them leaves time for everything else. */
const viewEveryMs = 100;
const viewMsPerActor = 0.05;

export class Session {
  readonly hello = new Signal<Hello | undefined>(undefined);
  /** Undefined until the baseline is there. */
  readonly view = new Signal<View | undefined>(undefined);
  readonly definitions = new Signal<ReadonlyMap<string, Definition>>(new Map());
  readonly lost = new Signal<Lost | undefined>(undefined);
  readonly detail = new Signal<Detail | undefined>(undefined);
  readonly isPaused = new Signal(false);
  readonly link = new Link((message) => this.#take(message));

  readonly #actors: Moment = new Map();
  readonly #ended = new Map<string, Ended>();
  readonly #figures = new Map<string, Figure>();
  #gauges: GaugesRecord[] = [];
  #records: InspectorRecord[] = [];
  #recordsSeen = 0;
  #sampledAway = 0;
  #isWhole = false;
  #at = 0;
  /** How far the server's clock is ahead of this one. */
  #aheadMs = 0;
  #showing: ReturnType<typeof setTimeout> | undefined;
  #watched: string | undefined;
  #lastRef = 0;
  readonly #asked = new Map<number, (reply: Reply | undefined) => void>();

  start(): void {
    this.link.state.watch(() => {
      const isOpen = this.link.state.value.status === 'open';
      if (isOpen && this.#watched !== undefined) this.#sendWatch();
      if (!isOpen) this.#giveUp();
    });
    this.link.connect();
  }

  /** The server's time now; where time stands still, that of the view. */
  now(): number {
    const isLive = this.hello.value?.mode === 'live' && !this.isPaused.value;
    return isLive ? Date.now() + this.#aheadMs : (this.view.value?.at ?? 0);
  }

  pause(isPaused: boolean): void {
    this.isPaused.set(isPaused);
    if (!isPaused) this.#show();
  }

  /** Has this actor's details told, and no other's. */
  watch(id: string | undefined): void {
    if (id === this.#watched) return;
    this.#watched = id;
    this.detail.set(undefined);
    this.#sendWatch();
  }

  /** @returns what the server replied, or undefined where it was gone before it could. */
  ask(command: Command): Promise<Reply | undefined> {
    this.#lastRef += 1;
    const ref = this.#lastRef;
    if (!this.link.send({ ...command, ref })) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#asked.set(ref, resolve);
    });
  }

  #take(message: InspectorMessage): void {
    switch (message.type) {
      case 'hello':
        this.#begin(message);
        break;
      case 'definition':
        this.definitions.set(new Map(this.definitions.value).set(message.id, message));
        break;
      case 'actors':
        if (message.anew === true) this.#forget();
        for (const actor of message.actors) this.#actors.set(actor.id, actor);
        if (message.done === true) this.#isWhole = true;
        this.#showSoon();
        break;
      case 'records':
        this.#takeRecords(message);
        break;
      case 'figures':
        this.#sync(message.at);
        takeFigures(this.#figures, message);
        this.#showSoon();
        break;
      case 'detail':
        if (message.id === this.#watched && !this.isPaused.value) this.detail.set(message);
        break;
      case 'lost':
        this.lost.set(message);
        break;
      case 'story':
      case 'graveyard':
      case 'answer':
        if (message.ref !== undefined) this.#reply(message.ref, message);
        break;
      default:
        assertNever(message);
    }
  }

  #begin(hello: Hello): void {
    this.#forget();
    this.#sampledAway = 0;
    this.lost.set(undefined);
    this.definitions.set(new Map());
    this.#sync(hello.at);
    this.hello.set(hello);
  }

  /** Drops all that was known of actors: a baseline follows. */
  #forget(): void {
    this.#actors.clear();
    this.#ended.clear();
    this.#figures.clear();
    this.#gauges = [];
    this.#records = [];
    this.#recordsSeen = 0;
    this.#isWhole = false;
  }

  #takeRecords({ records, sampledAway }: Records): void {
    this.#sampledAway = sampledAway;
    for (const record of records) {
      if (record.kind === 'stop') this.#end(record);
      applyRecord(this.#actors, record);
      if (record.kind === 'gauges') this.#gauges.push(record);
      this.#records.push(record);
    }
    this.#recordsSeen += records.length;
    this.#gauges = this.#gauges.slice(-seconds);
    // Cut down by much and seldom.
    if (this.#records.length > 1.25 * recordsKept) this.#records = this.#records.slice(-recordsKept);
    const last = records.at(-1);
    if (last !== undefined) this.#sync(last.at);
    this.#showSoon();
  }

  #end(stop: StopRecord): void {
    const actor = this.#actors.get(stop.actor);
    if (actor === undefined) return;
    this.#figures.delete(stop.actor);
    this.#ended.set(stop.actor, { actor, stop });
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > endedKept && oldest !== undefined) this.#ended.delete(oldest);
  }

  #sync(at: number): void {
    this.#at = Math.max(this.#at, at);
    this.#aheadMs = at - Date.now();
  }

  #showSoon(): void {
    const waitMs = viewEveryMs + viewMsPerActor * this.#actors.size;
    this.#showing ??= setTimeout(() => this.#show(), waitMs);
  }

  #show(): void {
    clearTimeout(this.#showing);
    this.#showing = undefined;
    if (!this.#isWhole || this.isPaused.value) return;
    this.view.set({
      at: this.#at,
      actors: new Map(this.#actors),
      ended: new Map(this.#ended),
      figures: new Map(this.#figures),
      gauges: this.#gauges,
      records: this.#records.slice(),
      recordsSeen: this.#recordsSeen,
      sampledAway: this.#sampledAway,
    });
  }

  #sendWatch(): void {
    if (this.hello.value?.mode === 'recording') return;
    this.link.send({ type: 'watch', actors: this.#watched === undefined ? [] : [this.#watched] });
  }

  #reply(ref: number, reply: Reply): void {
    this.#asked.get(ref)?.(reply);
    this.#asked.delete(ref);
  }

  #giveUp(): void {
    for (const resolve of this.#asked.values()) resolve(undefined);
    this.#asked.clear();
  }
}

/** @returns the last transition of an actor that followed an arrow of its chart. */
export function lastTaken({ records }: View, actor: string): TransitionRecord | undefined {
  return records.findLast(
    (record): record is TransitionRecord =>
      record.kind === 'transition' && record.actor === actor && record.edges.length > 0,
  );
}
