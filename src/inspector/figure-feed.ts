/** The figure feed reads the counters of all connections, and gives those that are news to viewers and to recordings. */
import { FigureBook } from './figure-book.ts';
import type { FigureRow, Figures } from './messages.ts';
import type { ConnectionFigures, Subject } from './subject.ts';

/** Recordings have figures once a second, or less often where those that have changed are more than this by then. */
const recordedPerSecond = 500;

/** Left out where there is nothing new. */
export interface FigureNews {
  readonly forViewers?: Figures;
  readonly forRecordings?: Figures;
}

export class FigureFeed {
  readonly #subject: Subject;
  readonly #sent = new FigureBook();
  readonly #recorded = new FigureBook();
  // How many may be recorded by now.
  #due = 0;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  /** Those of all connections as they are now. */
  now(): Figures {
    return this.#figures(this.#read());
  }

  /** Begins with all that there are, for recordings: a viewer is told them as it comes. */
  begin(): FigureNews {
    this.#due = Infinity;
    return this.#forRecordings(this.#read());
  }

  /** What has changed: once a second. */
  next(hasViewers: boolean): FigureNews {
    const all = this.#read();
    this.#due += recordedPerSecond;
    return { ...(hasViewers ? this.#forViewers(all) : {}), ...this.#forRecordings(all) };
  }

  /** Forgets what was told. */
  clear(): void {
    this.#sent.clear();
    this.#recorded.clear();
  }

  #forViewers(all: readonly FigureRow[]): FigureNews {
    const rows = this.#sent.news(all);
    this.#sent.note(all);
    return rows.length === 0 ? {} : { forViewers: this.#figures(rows) };
  }

  /** All at once, when so many are due. */
  #forRecordings(all: readonly FigureRow[]): FigureNews {
    const rows = this.#recorded.news(all);
    if (rows.length > this.#due) return {};
    this.#due = 0;
    if (rows.length === 0) return {};
    this.#recorded.note(all);
    return { forRecordings: this.#figures(rows) };
  }

  #read(): FigureRow[] {
    return [...this.#subject.figures()].map(rowOf);
  }

  #figures(rows: readonly FigureRow[]): Figures {
    return { type: 'figures', at: this.#subject.now(), rows };
  }
}

function rowOf(figures: ConnectionFigures): FigureRow {
  const { actor, messagesIn, messagesOut, outboxMessages, outboxBytes } = figures;
  return [actor.sessionId, messagesIn, messagesOut, outboxMessages, outboxBytes];
}
