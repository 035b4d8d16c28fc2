/** The progress of a load test: one line that changes on a terminal, a line every few seconds elsewhere. */
import { showClock, showCount, showDuration, showRate } from './format.ts';
import { describeScenario, type Scenario } from './scenario.ts';
import type { Point } from './timeline.ts';

export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Where nothing can be overwritten, a line has to be worth its place. */
const plainPeriodMs = 5_000;

const defaultColumns = 80;

export class Progress {
  readonly #terminal: Terminal;
  readonly #scenario: Scenario;
  #shownAtMs = 0;

  constructor(terminal: Terminal, scenario: Scenario) {
    this.#terminal = terminal;
    this.#scenario = scenario;
  }

  begin(): void {
    this.#terminal.write(`${this.#scenario.url}: ${describeScenario(this.#scenario)}\n`);
  }

  show(point: Point): void {
    const text = this.#line(point);
    if (this.#terminal.isTTY === true) {
      const width = (this.#terminal.columns ?? defaultColumns) - 1; // a full line would wrap
      this.#terminal.write(`\r\u001B[K${text.slice(0, width)}`);
      return;
    }
    const endMs = point.fromMs + point.lengthMs;
    if (endMs - this.#shownAtMs < plainPeriodMs) return;
    this.#shownAtMs = endMs;
    this.#terminal.write(`${text}\n`);
  }

  /** Takes the changing line away. */
  end(): void {
    if (this.#terminal.isTTY === true) this.#terminal.write('\r\u001B[K');
  }

  #line({ fromMs, lengthMs, sessions, sent, received, errors, p95Ms }: Point): string {
    const perSecond = (count: number) => showRate(lengthMs > 0 ? (count * 1_000) / lengthMs : 0);
    return [
      `${showClock(fromMs + lengthMs)} / ${showClock(this.#scenario.durationMs)}`,
      `${showCount(sessions)} sessions`,
      `${perSecond(sent)} msgs/s sent`,
      `${perSecond(received)} msgs/s received`,
      `p95 ${p95Ms === undefined ? '–' : showDuration(p95Ms)}`,
      ...(errors > 0 ? [`${showCount(errors)} errors`] : []),
    ].join('   ');
  }
}
