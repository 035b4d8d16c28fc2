/** A baseline is what there was before the oldest record that is kept: the actors, and the figures of connections. */
import { assertNever } from '../assert.ts';
import type { Actor, Actors, FigureRow, Figures, InspectorRecord, Lost } from './messages.ts';
import { applyRecord, type Moment } from './timeline.ts';

export class Baseline {
  readonly #actors: Moment = new Map();
  // Only of actors that are there.
  readonly #figures = new Map<string, FigureRow>();
  #figuresAt = 0;

  /** Parents before their children. */
  get actors(): IterableIterator<Actor> {
    return this.#actors.values();
  }

  /** How many actors there are. */
  get size(): number {
    return this.#actors.size;
  }

  /** Undefined where none are known. */
  get figures(): Figures | undefined {
    if (this.#figures.size === 0) return undefined;
    return { type: 'figures', at: this.#figuresAt, rows: [...this.#figures.values()] };
  }

  /** Adds an actor that was there before all records. */
  found(actor: Actor): void {
    this.#actors.set(actor.id, actor);
  }

  /** Moves on by a record. */
  apply(record: InspectorRecord): void {
    applyRecord(this.#actors, record);
    if (record.kind === 'stop') this.#figures.delete(record.actor);
  }

  /** Moves on by what is told between records. */
  take(message: Actors | Figures | Lost): void {
    switch (message.type) {
      case 'actors':
        if (message.anew === true) this.clear();
        for (const actor of message.actors) this.found(actor);
        return;
      case 'figures':
        this.#figuresAt = message.at;
        for (const row of message.rows) if (this.#actors.has(row[0])) this.#figures.set(row[0], row);
        return;
      case 'lost':
        return;
      default:
        assertNever(message);
    }
  }

  clear(): void {
    this.#actors.clear();
    this.#figures.clear();
  }
}
