/** A track is all that the page was told of one thing that is inspected: by its server, or by a file. */
import { assertNever } from '../../../assert.ts';
import type { Actors, Definition, Figures, Hello, Lost, Records } from '../../../inspector/messages.ts';
import { messagesOf, type Recording } from '../../../inspector/recorded.ts';
import { liveLimits, recordingLimits, Tape } from './tape.ts';

type Told = Definition | Actors | Records | Figures | Lost;

export class Track {
  readonly hello: Hello;
  readonly tape: Tape;
  definitions: ReadonlyMap<string, Definition> = new Map();
  lost: Lost | undefined;
  sampledAway = 0;
  /** Whether the baseline is all there. */
  isWhole = false;
  /** The latest time that was told. */
  at: number;
  /** How far the server's clock is ahead of this one. */
  aheadMs = 0;

  constructor(hello: Hello) {
    this.hello = hello;
    this.tape = new Tape(hello.mode === 'live' ? liveLimits : recordingLimits);
    this.at = hello.at;
    this.#sync(hello.at);
  }

  /** @returns the track that a recording is, whole. */
  static of(recording: Recording): Track {
    const track = new Track(recording.hello);
    for (const message of messagesOf(recording)) if (message.type !== 'hello') track.take(message);
    return track;
  }

  get isLive(): boolean {
    return this.hello.mode === 'live';
  }

  /** Its last moment: now, where it goes on. */
  get until(): number {
    if (this.isLive) return Math.max(this.at, Date.now() + this.aheadMs);
    return this.tape.span?.to ?? this.at;
  }

  take(message: Told): void {
    switch (message.type) {
      case 'definition':
        this.definitions = new Map(this.definitions).set(message.id, message);
        break;
      case 'actors':
        if (message.anew === true) this.tape.cut();
        for (const actor of message.actors) this.tape.found(actor);
        if (message.done === true) this.isWhole = true;
        break;
      case 'records':
        this.sampledAway = message.sampledAway;
        for (const record of message.records) this.tape.push(record);
        this.#sync(message.records.at(-1)?.at);
        break;
      case 'figures':
        this.#sync(message.at);
        this.tape.figures(message);
        break;
      case 'lost':
        this.lost = message;
        break;
      default:
        assertNever(message);
    }
  }

  #sync(at: number | undefined): void {
    if (at === undefined) return;
    this.at = Math.max(this.at, at);
    this.aheadMs = at - Date.now();
  }
}
