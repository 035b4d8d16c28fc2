/**
 * Statistics is what all virtual users of one run have seen together: k6's WebSocket metrics and checks, and what
 * became of the messages.
 */
import { Histogram } from './histogram.ts';
import { Tally } from './tally.ts';
import { Timeline, type Point } from './timeline.ts';

/** A question that is asked again and again, by its words. */
export interface Check {
  readonly name: string;
  passes: number;
  fails: number;
}

export class Statistics {
  readonly connecting = new Histogram();
  readonly sessionDuration = new Histogram();
  /** From a message's sending until it came back to its sender. */
  readonly latency = new Histogram();
  /** How late the messages were sent, which is this program's fault and not the server's. */
  readonly sendDelay = new Histogram();
  readonly statusCheck: Check = { name: 'status is 101', passes: 0, fails: 0 };
  readonly typeCheck: Check = { name: 'has type field', passes: 0, fails: 0 };
  /** Refused messages by the code of the `error`; failed connections by the system's code or the HTTP status. */
  readonly errors = new Tally();
  /** Sessions that ended, by close code. */
  readonly closes = new Tally();
  readonly timeline = new Timeline();

  sessions = 0;
  /** Sessions that are open now, and the most that ever were. */
  open = 0;
  maxOpen = 0;
  sent = 0;
  received = 0;
  /** Own messages that came back, and those that were answered by an `error`. */
  returned = 0;
  refused = 0;
  /** Messages whose session ended before they came back. */
  abandoned = 0;
  /** Messages that were not sent since the server did not read those before. */
  heldBack = 0;
  lost = 0;
  duplicated = 0;
  #sampledAtMs = 0;
  #sampled = { sent: 0, received: 0, errors: 0 };
  readonly #recentLatency = new Histogram();

  /** Messages that may still come back. */
  get inFlight(): number {
    return this.sent - this.returned - this.refused - this.abandoned;
  }

  opened(connectingMs: number): void {
    this.statusCheck.passes += 1;
    this.connecting.add(connectingMs);
    this.sessions += 1;
    this.open += 1;
    this.maxOpen = Math.max(this.maxOpen, this.open);
  }

  notOpened(reason: string): void {
    this.statusCheck.fails += 1;
    this.errors.add(reason);
  }

  /** @param inFlight how many of the session's messages had not come back */
  closed(code: number, durationMs: number, inFlight: number): void {
    this.open -= 1;
    this.closes.add(String(code));
    this.sessionDuration.add(durationMs);
    this.abandoned += inFlight;
  }

  cameBack(afterMs: number): void {
    this.returned += 1;
    this.latency.add(afterMs);
    this.#recentLatency.add(afterMs);
  }

  /** Ends an interval of the timeline. @param nowMs since the run began */
  sample(nowMs: number): Point {
    const recent = this.#recentLatency;
    const point = {
      fromMs: this.#sampledAtMs,
      lengthMs: nowMs - this.#sampledAtMs,
      sessions: this.open,
      sent: this.sent - this.#sampled.sent,
      received: this.received - this.#sampled.received,
      errors: this.errors.total - this.#sampled.errors,
      p95Ms: recent.count === 0 ? undefined : recent.percentile(95),
    };
    this.timeline.add(point);
    recent.clear();
    this.#sampledAtMs = nowMs;
    this.#sampled = { sent: this.sent, received: this.received, errors: this.errors.total };
    return point;
  }
}
