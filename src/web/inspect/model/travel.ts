/** Travel is where on the tape one looks: at its end, which is the present of what is live, or at a moment of the past. */
import type { Clock } from '../../../clock.ts';
import type { InspectorRecord } from '../../../inspector/messages.ts';
import { Signal } from '../../model/signal.ts';
import type { Tape } from './tape.ts';

/** A moment of the past: a place on the tape, and a time that is not before its record nor after the next one. */
export interface Cursor {
  readonly place: number;
  readonly at: number;
}

/** What travel goes about in. */
export interface Ground {
  readonly tape: Tape;
  /** Its last moment: now, where it goes on. */
  readonly until: number;
  /** Whether it goes on by itself. */
  readonly isLive: boolean;
}

export const speeds = [0.1, 0.25, 0.5, 1, 2, 4, 8, 16] as const;

const stepMs = 50;

export class Travel {
  /** Undefined at the end. */
  readonly cursor = new Signal<Cursor | undefined>(undefined);
  readonly isPlaying = new Signal(false);
  readonly speed = new Signal<number>(1);
  /** What befell the moment that was looked at, in words. */
  readonly notice = new Signal('');
  readonly #clock: Clock;
  readonly #ground: () => Ground;
  #timer: unknown;
  #playedAt = 0;

  constructor(ground: () => Ground, clock: Clock) {
    this.#ground = ground;
    this.#clock = clock;
  }

  /** Stops time where it is now. */
  pause(): void {
    this.#stop();
    const { tape, until } = this.#ground();
    this.cursor.set(this.cursor.value ?? { place: tape.end, at: until });
  }

  /** Goes to a time. */
  goTo(at: number): void {
    const { tape } = this.#ground();
    this.#go({ place: Math.max(tape.first, tape.placeOf(at)), at });
  }

  /** Goes to the next event that is wanted, or back to the one before. @returns whether there was one. */
  step(way: 1 | -1, isWanted: (record: InspectorRecord) => boolean): boolean {
    const { tape, until } = this.#ground();
    const from = this.cursor.value?.place ?? tape.end + (way === -1 ? 1 : 0);
    const place = tape.find(from, way, isWanted);
    this.#stop();
    if (place !== undefined) this.#go({ place, at: tape.recordAt(place)?.at ?? until });
    return place !== undefined;
  }

  /** Has time go on from the moment that is looked at; at the end of a recording from its start. */
  play(): void {
    const { tape, until, isLive } = this.#ground();
    if (until <= (this.cursor.value?.at ?? until)) {
      if (isLive || tape.span === undefined) return;
      this.goTo(tape.span.from);
    }
    this.isPlaying.set(true);
    this.#playedAt = this.#clock.now();
    this.#playOn();
  }

  /** Goes to the end, and with it where it goes on. */
  toEnd(): void {
    this.#stop();
    this.notice.set('');
    this.cursor.set(undefined);
  }

  /** Ends a journey whose ground is no more. */
  strand(words: string): void {
    if (this.cursor.value === undefined) return;
    this.toEnd();
    this.notice.set(words);
  }

  /** Sees to it that the moment that is looked at is still there. */
  check(): void {
    const cursor = this.cursor.value;
    const { tape } = this.#ground();
    if (cursor === undefined || cursor.place >= tape.first) return;
    this.#stop();
    this.#go({ place: tape.first, at: tape.span?.from ?? cursor.at });
    this.notice.set('The moment that you looked at is no longer kept: this is the oldest that is.');
  }

  #go(cursor: Cursor): void {
    this.notice.set('');
    this.cursor.set(cursor);
  }

  #playOn(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => {
      this.#advance();
      if (this.isPlaying.value) this.#playOn();
    }, stepMs);
  }

  #advance(): void {
    const { tape, until, isLive } = this.#ground();
    const now = this.#clock.now();
    const at = (this.cursor.value?.at ?? until) + (now - this.#playedAt) * this.speed.value;
    this.#playedAt = now;
    if (at < until) this.goTo(at);
    else if (isLive) this.toEnd();
    else {
      this.#stop();
      this.#go({ place: tape.end, at: until });
    }
  }

  #stop(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.isPlaying.set(false);
  }
}
