/** A figure book knows what was told of each connection's counters, and so which of them are news. */
import type { FigureRow } from './messages.ts';

export class FigureBook {
  #told = new Map<string, FigureRow>();

  /** @returns those of all connections' figures that differ from what was told of them. */
  news(all: readonly FigureRow[]): FigureRow[] {
    return all.filter((row) => !areSame(row, this.#told.get(row[0])));
  }

  /** All of these are told now. */
  note(all: readonly FigureRow[]): void {
    this.#told = new Map(all.map((row) => [row[0], row]));
  }

  clear(): void {
    this.#told.clear();
  }
}

function areSame(row: FigureRow, other: FigureRow | undefined): boolean {
  return other !== undefined && row.every((figure, index) => figure === other[index]);
}
