/**
 * The tape is what happened, as far as it is kept, and gives what there was at any moment of it. A place on it is a number
 * of records: those that have happened by then. Every so often it has a frame of all there was, so that from none of its
 * places it is far to one.
 */
import type {
  Actor,
  Figures,
  GaugesRecord,
  InspectorRecord,
  StopRecord,
} from '../../../inspector/messages.ts';
import { applyRecord, type Moment } from '../../../inspector/timeline.ts';
import { takeFigures, type Figure } from './figures.ts';
import { secondsShown } from './series.ts';

export interface Ended {
  /** As it was last. */
  readonly actor: Actor;
  readonly stop: StopRecord;
}

/** All that there is at one moment. */
interface Frame {
  readonly actors: Moment;
  readonly ended: Map<string, Ended>;
  readonly figures: Map<string, Figure>;
}

/** A frame at a place, and the figures that were told from there on, each at its place. */
interface Keyframe {
  readonly place: number;
  readonly frame: Frame;
  readonly figures: { readonly place: number; readonly told: Figures }[];
}

/** What is shown of a moment. */
export interface Scene {
  readonly actors: ReadonlyMap<string, Actor>;
  /** Those that ended lately. */
  readonly ended: ReadonlyMap<string, Ended>;
  /** Of connections, as far as they were told. */
  readonly figures: ReadonlyMap<string, Figure>;
  /** The last minutes, a second each. */
  readonly gauges: readonly GaugesRecord[];
  /** What led to it: the last ones, in order. */
  readonly records: readonly InspectorRecord[];
}

export interface TapeLimits {
  readonly records: number;
  /** While one looks at the past, so that it does not go from below one's feet. */
  readonly recordsHeld: number;
  /** How far it is from one frame to the next. */
  readonly recordsPerFrame: number;
}

/** As many as the server keeps. */
export const liveLimits: TapeLimits = { records: 20_000, recordsHeld: 60_000, recordsPerFrame: 1_000 };

/** More than any file gives: it is bounded where it is read. */
export const recordingLimits: TapeLimits = {
  records: Infinity,
  recordsHeld: Infinity,
  recordsPerFrame: 2_500,
};

const recordsInScene = 20_000;
const endedKept = 1_000;

export class Tape {
  readonly #limits: TapeLimits;
  readonly #now: Frame = { actors: new Map(), ended: new Map(), figures: new Map() };
  #keyframes: Keyframe[] = [];
  #records: InspectorRecord[] = [];
  // With the place after it; they go back further than the records.
  #gauges: { readonly place: number; readonly record: GaugesRecord }[] = [];
  #first = 0;
  #isHeld = false;
  // Whether the records before lead to something else than what there is.
  #isBroken = true;

  constructor(limits: TapeLimits) {
    this.#limits = limits;
  }

  /** The first place that there is, and the last one. */
  get first(): number {
    return this.#first;
  }

  get end(): number {
    return this.#first + this.#records.length;
  }

  /** How many actors there are now. */
  get actors(): number {
    return this.#now.actors.size;
  }

  /** Begins anew from what is found next: records have been missed. What was before stays. */
  cut(): void {
    this.#isBroken = true;
    this.#now.actors.clear();
    this.#now.ended.clear();
    this.#now.figures.clear();
  }

  /** Adds an actor that was there before the next record. */
  found(actor: Actor): void {
    this.#now.actors.set(actor.id, actor);
  }

  push(record: InspectorRecord): void {
    const { place = -Infinity } = this.#keyframes.at(-1) ?? {};
    if (this.#isBroken || this.end - place >= this.#limits.recordsPerFrame) {
      this.#keyframes.push({ place: this.end, frame: copyOf(this.#now), figures: [] });
      this.#isBroken = false;
    }
    this.#records.push(record);
    advance(this.#now, record);
    if (record.kind === 'gauges') this.#gauges.push({ place: this.end, record });
    this.#trim();
  }

  figures(told: Figures): void {
    if (!this.#isBroken) this.#keyframes.at(-1)?.figures.push({ place: this.end, told });
    takeFigures(this.#now.figures, told);
  }

  /** Keeps more for as long as somebody looks at the past. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#trim();
  }

  /** The record that led to a place. */
  recordAt(place: number): InspectorRecord | undefined {
    return this.#records[place - 1 - this.#first];
  }

  /** From just before the first record to the last one. */
  get span(): { readonly from: number; readonly to: number } | undefined {
    const [oldest] = this.#records;
    const latest = this.#records.at(-1);
    return oldest && latest && { from: oldest.at - 1, to: latest.at };
  }

  /** The place of a time: after the last record of then. */
  placeOf(at: number): number {
    let low = 0;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#records[middle]?.at ?? 0) <= at) low = middle + 1;
      else high = middle;
    }
    return this.#first + low;
  }

  /** @returns the next place, that way, to which a record led that is wanted. */
  find(from: number, way: 1 | -1, isWanted: (record: InspectorRecord) => boolean): number | undefined {
    for (let place = from + way; place > this.#first && place <= this.end; place += way) {
      const record = this.recordAt(place);
      if (record !== undefined && isWanted(record)) return place;
    }
    return undefined;
  }

  sceneAt(place: number): Scene {
    const gauges = this.#gauges.slice(0, countUpTo(this.#gauges, place)).slice(-secondsShown);
    const to = place - this.#first;
    return {
      ...this.#frameAt(place),
      gauges: gauges.map(({ record }) => record),
      records: this.#records.slice(Math.max(0, to - recordsInScene), Math.max(0, to)),
    };
  }

  #frameAt(place: number): Frame {
    const keyframe = this.#keyframes.findLast((known) => known.place <= place);
    if (keyframe === undefined || place >= this.end) return copyOf(this.#now);
    const frame = copyOf(keyframe.frame);
    const figures = keyframe.figures.values();
    let next = figures.next().value;
    for (let at = keyframe.place; at <= place; at += 1) {
      const record = at === keyframe.place ? undefined : this.recordAt(at);
      if (record !== undefined) advance(frame, record);
      for (; next !== undefined && next.place <= at; next = figures.next().value) {
        takeFigures(frame.figures, next.told);
      }
    }
    return frame;
  }

  /** Lets the oldest records go, up to a frame, where there are too many. */
  #trim(): void {
    const most = this.#isHeld ? this.#limits.recordsHeld : this.#limits.records;
    for (;;) {
      const next = this.#keyframes[1]?.place;
      if (next === undefined || this.end - next < most) return;
      this.#records = this.#records.slice(next - this.#first);
      this.#first = next;
      this.#keyframes = this.#keyframes.slice(1);
      const old = countUpTo(this.#gauges, next) - secondsShown;
      if (old > 0) this.#gauges = this.#gauges.slice(old);
    }
  }
}

/** How many of them, which are in order, are not after a place. */
function countUpTo(placed: readonly { readonly place: number }[], place: number): number {
  return placed.findLastIndex((each) => each.place <= place) + 1;
}

function advance(frame: Frame, record: InspectorRecord): void {
  if (record.kind === 'stop') end(frame, record);
  applyRecord(frame.actors, record);
}

function end({ actors, ended, figures }: Frame, stop: StopRecord): void {
  const actor = actors.get(stop.actor);
  if (actor === undefined) return;
  figures.delete(stop.actor);
  ended.set(stop.actor, { actor, stop });
  const [oldest] = ended.keys();
  if (ended.size > endedKept && oldest !== undefined) ended.delete(oldest);
}

function copyOf({ actors, ended, figures }: Frame): Frame {
  return { actors: new Map(actors), ended: new Map(ended), figures: new Map(figures) };
}
