/** The counters of connections, and how fast they rise. */
import type { FigureRow, Figures } from '../../../inspector/messages.ts';

export interface Figure {
  readonly at: number;
  readonly messagesIn: number;
  readonly messagesOut: number;
  readonly inPerSecond: number;
  readonly outPerSecond: number;
  readonly outboxMessages: number;
  readonly outboxBytes: number;
}

/** Takes in what is told once a second: whoever is not in it has not changed, and so has no rate. */
export function takeFigures(figures: Map<string, Figure>, { at, rows }: Figures): void {
  const told = new Set(rows.map(([actor]) => actor));
  for (const [id, figure] of figures) {
    if (told.has(id) || (figure.inPerSecond === 0 && figure.outPerSecond === 0)) continue;
    figures.set(id, { ...figure, inPerSecond: 0, outPerSecond: 0 });
  }
  for (const row of rows) figures.set(row[0], figureOf(row, at, figures.get(row[0])));
}

function figureOf([, messagesIn, messagesOut, ...outbox]: FigureRow, at: number, before?: Figure): Figure {
  const [outboxMessages, outboxBytes] = outbox;
  const seconds = before === undefined ? 0 : (at - before.at) / 1_000;
  const rate = (now: number, then = now): number => (seconds <= 0 ? 0 : (now - then) / seconds);
  return {
    at,
    messagesIn,
    messagesOut,
    inPerSecond: rate(messagesIn, before?.messagesIn),
    outPerSecond: rate(messagesOut, before?.messagesOut),
    outboxMessages,
    outboxBytes,
  };
}
