/** A display shows how things are: on a terminal a whole screen that is drawn anew, elsewhere a line now and then. */
import { paintFor } from '../../../src/terminal/text.ts';
import { clock, drawView, type ClusterView } from './view.ts';

export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  hasColors?(): boolean;
  write(text: string): unknown;
  on?(event: 'resize', listener: () => void): unknown;
  off?(event: 'resize', listener: () => void): unknown;
}

export interface Display {
  /** Shows how it is now. */
  show(view: ClusterView): void;
  /** Leaves the terminal as it was. */
  close(): void;
}

export function displayOn(output: Output): Display {
  return output.isTTY === true ? new Screen(output) : new Lines(output);
}

const escape = '\u001B[';
const enter = `${escape}?1049h${escape}?25l`;
const leave = `${escape}?25h${escape}?1049l`;
/** Between these a terminal that knows them shows nothing half-drawn; another one takes no notice. */
const beginUpdate = `${escape}?2026h`;
const endUpdate = `${escape}?2026l`;

const fallback = { columns: 80, rows: 24 };

class Screen implements Display {
  readonly #output: Output;
  #drawn: readonly string[] = [];
  #view: ClusterView | undefined;
  readonly #onResize = () => {
    this.#drawn = [];
    this.#output.write(`${escape}2J`);
    if (this.#view !== undefined) this.show(this.#view);
  };

  constructor(output: Output) {
    this.#output = output;
  }

  /** Writes the lines that are others than before. */
  show(view: ClusterView): void {
    if (this.#view === undefined) this.#open();
    this.#view = view;
    const output = this.#output;
    const size = { columns: output.columns || fallback.columns, rows: output.rows || fallback.rows };
    const lines = drawView(view, size, paintFor(output));
    const changes = lines.flatMap((line, row) =>
      line === this.#drawn[row] ? [] : [`${escape}${row + 1};1H${line}${escape}K`],
    );
    this.#drawn = lines;
    if (changes.length > 0) output.write(`${beginUpdate}${changes.join('')}${endUpdate}`);
  }

  close(): void {
    if (this.#view === undefined) return;
    this.#output.off?.('resize', this.#onResize);
    this.#output.write(leave);
  }

  #open(): void {
    this.#output.write(`${enter}${escape}2J`);
    this.#output.on?.('resize', this.#onResize);
  }
}

/** How often a line is written that says nothing new but the figures. */
const lineEverySeconds = 2;

class Lines implements Display {
  readonly #output: Output;
  #events = 0;
  #last = -Infinity;

  constructor(output: Output) {
    this.#output = output;
  }

  show(view: ClusterView): void {
    for (const event of view.events.slice(this.#events)) this.#output.write(`${event}\n`);
    this.#events = view.events.length;
    if (view.seconds - this.#last < lineEverySeconds) return;
    this.#last = view.seconds;
    const { said, acked, delivered, due, missing, duplicated, outOfOrder, gaps } = view.totals;
    const nodes = view.nodes.map(({ name, state, pid, connections, broker }) =>
      state === 'up' ? `${name} (${pid}) ${broker || 'up'} ${connections}` : `${name} ${state}`,
    );
    const redis = view.redis.state === 'up' ? `Redis (${view.redis.pid}) up` : `Redis ${view.redis.state}`;
    this.#output.write(
      `${clock(view.seconds)}  ${nodes.join(', ')}, ${redis}; said ${said}, acked ${acked}, ` +
        `delivered ${delivered} of ${due}, missing ${missing}, duplicated ${duplicated}, out of order ${outOfOrder}, gaps ${gaps}\n`,
    );
  }

  close(): void {}
}
