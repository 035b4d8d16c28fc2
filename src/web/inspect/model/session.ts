/**
 * The session is all that the page knows of what it inspects: a track that the server goes on with, and a recording where
 * one was opened. It shows a view of one moment of either.
 */
import { assertNever } from '../../../assert.ts';
import { systemClock } from '../../../clock.ts';
import type {
  Answer,
  Command,
  Definition,
  Detail,
  Graveyard,
  Hello,
  InspectorMessage,
  Lost,
  StoryOfOne,
  TransitionRecord,
} from '../../../inspector/messages.ts';
import type { Recording } from '../../../inspector/recording.ts';
import { Signal } from '../../model/signal.ts';
import { Link } from './link.ts';
import type { Scene } from './tape.ts';
import { Track } from './track.ts';
import { Travel } from './travel.ts';

/** What is shown: one moment, and what led to it. */
export interface View extends Scene {
  /** The server's time. */
  readonly at: number;
  /** Whether it is a moment of the past, in which nothing can be done any more. */
  readonly isPast: boolean;
  readonly recordsSeen: number;
  readonly sampledAway: number;
}

/** A recording that was opened in the page. */
export interface Opened {
  /** The file's. */
  readonly name: string;
  /** What it is of: `hubbub 0.1.0`. */
  readonly title: string;
  readonly records: number;
  /** Records before those, which are not kept. */
  readonly folded: number;
  readonly from: number;
  readonly to: number;
}

export type Reply = Answer | StoryOfOne | Graveyard;

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
  readonly opened = new Signal<Opened | undefined>(undefined);
  readonly link = new Link((message) => this.#take(message));
  readonly travel = new Travel(() => this.#ground(), systemClock);

  #live = new Track(nothing);
  #recorded: Track | undefined;
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
    this.travel.cursor.watch(() => this.#moved());
    this.link.connect();
  }

  /** The server's time now; where time stands still, that of the view. */
  now(): number {
    return this.travel.cursor.value?.at ?? this.#shown.until;
  }

  /** From when to when one can travel. */
  get span(): { readonly from: number; readonly to: number } {
    const { tape, until } = this.#shown;
    return { from: Math.min(tape.span?.from ?? until, until), to: until };
  }

  /** Shows a recording instead of what is live. */
  open(recording: Recording, name: string): void {
    const { title, statelyUrl: _, ...hello } = recording.hello;
    const track = Track.of({ ...recording, hello: { ...hello, title: name } });
    this.travel.toEnd();
    this.#recorded = track;
    const { from, to } = this.span;
    const { records, folded } = recording;
    this.opened.set({ name, title, records: records.length, folded, from, to });
    this.#startAtStart();
    this.#publish();
    this.#show();
  }

  /** Lets a recording go, and shows what is live. */
  close(): void {
    this.#recorded = undefined;
    this.opened.set(undefined);
    this.travel.toEnd();
    this.#publish();
    this.#show();
    this.#sendWatch();
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

  get #shown(): Track {
    return this.#recorded ?? this.#live;
  }

  #ground() {
    const { tape, until, isLive } = this.#shown;
    return { tape, until, isLive };
  }

  /** Whether what is shown is what goes on just now. */
  get #isPresent(): boolean {
    return this.#recorded === undefined && this.travel.cursor.value === undefined;
  }

  #take(message: InspectorMessage): void {
    switch (message.type) {
      case 'hello':
        this.#live = new Track(message);
        if (this.#recorded === undefined) {
          this.travel.strand('The connection was lost, and with it the past that you looked at.');
        }
        break;
      case 'detail':
        if (message.id === this.#watched && this.#isPresent) this.detail.set(message);
        return;
      case 'story':
      case 'graveyard':
      case 'answer':
        if (message.ref !== undefined) this.#reply(message.ref, message);
        return;
      case 'definition':
      case 'actors':
      case 'records':
      case 'figures':
      case 'lost':
        this.#live.take(message);
        break;
      default:
        assertNever(message);
    }
    this.#publish();
    this.travel.check();
    if (message.type === 'records' && this.#isPresent) this.#startAtStart();
    if (this.#isPresent) this.#showSoon(viewEveryMs + viewMsPerActor * this.#live.tape.actors);
  }

  /** A recording in which all has ended is shown from its start: at its end there is nothing to see. */
  #startAtStart(): void {
    const { tape, isLive, hello } = this.#shown;
    const { span } = tape;
    if (isLive || tape.actors > 0 || span === undefined || span.to < hello.at) return;
    this.travel.goTo(span.from + 1);
  }

  #moved(): void {
    const isPast = this.travel.cursor.value !== undefined;
    this.#live.tape.hold(isPast && this.#recorded === undefined);
    if (isPast) this.detail.set(undefined);
    else this.#sendWatch();
    this.#show();
  }

  #publish(): void {
    const { hello, definitions, lost } = this.#shown;
    this.hello.set(hello === nothing ? undefined : hello);
    this.definitions.set(definitions);
    this.lost.set(lost);
  }

  #showSoon(waitMs: number): void {
    this.#showing ??= setTimeout(() => this.#show(), waitMs);
  }

  #show(): void {
    clearTimeout(this.#showing);
    this.#showing = undefined;
    const { isWhole, tape, sampledAway, at, isLive } = this.#shown;
    if (!isWhole) return;
    const cursor = this.travel.cursor.value;
    const place = cursor?.place ?? tape.end;
    this.view.set({
      ...tape.sceneAt(place),
      at: cursor?.at ?? at,
      isPast: !isLive || cursor !== undefined,
      recordsSeen: place,
      sampledAway,
    });
  }

  /** What comes is told in full again. */
  #sendWatch(): void {
    if (this.#live.hello.mode === 'recording' || !this.#isPresent) return;
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

/** Before the server has said who it is. */
const nothing: Hello = {
  type: 'hello',
  version: 1,
  mode: 'live',
  title: '',
  at: 0,
  canControl: false,
  hasLab: false,
  hasFlights: false,
  contentShown: false,
  kept: { records: 0, bytes: 0 },
};

/** @returns the last transition of an actor that followed an arrow of its chart. */
export function lastTaken({ records }: View, actor: string): TransitionRecord | undefined {
  return records.findLast(
    (record): record is TransitionRecord =>
      record.kind === 'transition' && record.actor === actor && record.edges.length > 0,
  );
}
