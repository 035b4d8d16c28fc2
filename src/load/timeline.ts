/**
 * The timeline of a run: what happened in each interval of it, in bounded memory.
 *
 * When it is full, each two neighbours become one of twice the length: a run of any length has at most
 * `maxPoints` of them.
 */

/** One interval of a run. */
export interface Point {
  /** When it began, since the run began. */
  readonly fromMs: number;
  readonly lengthMs: number;
  /** Sessions open at its end. */
  readonly sessions: number;
  readonly sent: number;
  readonly received: number;
  readonly errors: number;
  /** Of the messages that came back in it, or undefined where none did; of several intervals, that of the worst. */
  readonly p95Ms: number | undefined;
}

export const maxPoints = 600;

export class Timeline {
  #points: Point[] = [];
  #mergeCount = 1;
  /** The intervals of which the next point will be made. */
  #open: Point | undefined;
  #openCount = 0;

  add(point: Point): void {
    this.#open = this.#open === undefined ? point : joined(this.#open, point);
    this.#openCount += 1;
    if (this.#openCount < this.#mergeCount) return;
    this.#points.push(this.#open);
    this.#open = undefined;
    this.#openCount = 0;
    if (this.#points.length >= maxPoints) this.#halve();
  }

  get points(): readonly Point[] {
    return this.#open === undefined ? this.#points : [...this.#points, this.#open];
  }

  #halve(): void {
    this.#mergeCount *= 2;
    const halved: Point[] = [];
    for (const [index, point] of this.#points.entries()) {
      const before = index % 2 === 1 ? halved.pop() : undefined;
      halved.push(before === undefined ? point : joined(before, point));
    }
    this.#points = halved;
  }
}

function joined(first: Point, second: Point): Point {
  const worst = Math.max(first.p95Ms ?? -1, second.p95Ms ?? -1);
  return {
    fromMs: first.fromMs,
    lengthMs: first.lengthMs + second.lengthMs,
    sessions: second.sessions,
    sent: first.sent + second.sent,
    received: first.received + second.received,
    errors: first.errors + second.errors,
    p95Ms: worst < 0 ? undefined : worst,
  };
}
