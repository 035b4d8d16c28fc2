/** The process's own gauges: how late its event loop is, and how much memory it has. */
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import type { GaugesRecord } from './messages.ts';

const resolutionMs = 10;
const nanosecondsPerMs = 1e6;

const noDelay = { p50: 0, p99: 0, max: 0 };

export class ProcessGauges {
  #delay: IntervalHistogram | undefined;

  start(): void {
    this.#delay = monitorEventLoopDelay({ resolution: resolutionMs });
    this.#delay.enable();
  }

  stop(): void {
    this.#delay?.disable();
    this.#delay = undefined;
  }

  /** Reads them: the delay is that since it was read last. */
  read(): Pick<GaugesRecord, 'eventLoopDelayMs' | 'rssBytes'> {
    const delay = this.#delay;
    const eventLoopDelayMs = delay === undefined || delay.count === 0 ? noDelay : percentilesOf(delay);
    delay?.reset();
    return { eventLoopDelayMs, rssBytes: process.memoryUsage.rss() };
  }
}

function percentilesOf(delay: IntervalHistogram): GaugesRecord['eventLoopDelayMs'] {
  return {
    p50: delayMs(delay.percentile(50)),
    p99: delayMs(delay.percentile(99)),
    max: delayMs(delay.max),
  };
}

/** What is measured is the whole period of the timer that measures, in nanoseconds. */
function delayMs(periodNs: number): number {
  return Math.max(0, Math.round((periodNs / nanosecondsPerMs - resolutionMs) * 100) / 100);
}
