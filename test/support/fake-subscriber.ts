/** A fake subscriber: a member that keeps what it was written, one write after the other. */
import type { Batch } from '../../src/batch.ts';
import type { ServerMessage } from '../../src/protocol.ts';
import type { Subscriber } from '../../src/room.ts';

/** What one flush wrote. */
export interface Write {
  /** The round in which it was written. */
  readonly round: number;
  readonly messages: readonly ServerMessage[];
}

export class FakeSubscriber implements Subscriber {
  readonly id: string;
  readonly name: string;
  readonly writes: Write[] = [];
  /** How often the hub said that it had entered it, had turned it away, and had forgotten it. */
  timesRegistered = 0;
  timesTurnedAway = 0;
  timesUnregistered = 0;
  readonly #round: () => number;
  #offered: Batch[] = [];

  /** @param round tells the number of the round in hand. */
  constructor(name: string, round: () => number = () => 0) {
    this.id = `id of ${name}`;
    this.name = name;
    this.#round = round;
  }

  /** Everything it was written, in order. */
  get heard(): ServerMessage[] {
    return this.writes.flatMap(({ messages }) => messages);
  }

  /** What it was written since it was last asked. */
  news(): ServerMessage[] {
    return this.writes.splice(0).flatMap(({ messages }) => messages);
  }

  offer(batch: Batch): void {
    this.#offered.push(batch);
  }

  flush(): void {
    if (this.#offered.length === 0) return;
    const texts = this.#offered.flatMap((batch) => batch.messages);
    this.#offered = [];
    const messages = texts.map((text) => JSON.parse(text.toString()) as ServerMessage);
    this.writes.push({ round: this.#round(), messages });
  }

  registered(): void {
    this.timesRegistered += 1;
  }

  turnedAway(): void {
    this.timesTurnedAway += 1;
  }

  unregistered(): void {
    this.timesUnregistered += 1;
  }
}
