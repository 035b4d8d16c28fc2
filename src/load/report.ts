/**
 * The report of a load test: all its figures as one plain document, from which the summary, the JSON and the page
 * are made. Metrics have k6's names and its fields.
 */
import type { Bucket, Histogram } from './histogram.ts';
import type { Scenario, ScenarioOutput } from './scenario.ts';
import type { Check, Statistics } from './statistics.ts';
import { judge, unanswered, type Threshold } from './threshold.ts';
import type { Point } from './timeline.ts';

/** How a duration was spread, in milliseconds. */
export interface Trend {
  readonly avg: number;
  readonly min: number;
  readonly med: number;
  readonly max: number;
  readonly 'p(90)': number;
  readonly 'p(95)': number;
  readonly 'p(99)': number;
}

export interface Counter {
  readonly count: number;
  /** A second. */
  readonly rate: number;
}

export interface CheckResult {
  readonly name: string;
  readonly passes: number;
  readonly fails: number;
}

export interface ThresholdResult {
  readonly threshold: string;
  readonly figure: string;
  /** Null where nothing was measured. */
  readonly value: number | null;
  readonly unit: 'ms' | '%' | '';
  readonly passed: boolean;
}

export interface LoadReport {
  readonly scenario: Scenario;
  /** RFC 3339, UTC. */
  readonly startedAt: string;
  readonly elapsedMs: number;
  /** Whether it was ended before its time. */
  readonly isInterrupted: boolean;
  readonly metrics: {
    readonly chat_latency: Trend;
    readonly chat_send_delay: Trend;
    readonly chat_lost: Counter;
    readonly chat_duplicated: Counter;
    readonly chat_unanswered: Counter;
    readonly chat_held_back: Counter;
    readonly chat_errors: Counter;
    readonly vus_max: number;
    readonly ws_connecting: Trend;
    readonly ws_msgs_received: Counter;
    readonly ws_msgs_sent: Counter;
    readonly ws_session_duration: Trend;
    readonly ws_sessions: Counter;
  };
  readonly checks: readonly CheckResult[];
  readonly errors: Readonly<Record<string, number>>;
  readonly closes: Readonly<Record<string, number>>;
  readonly thresholds: readonly ThresholdResult[];
  readonly timeline: readonly Point[];
  /** Of the latency. */
  readonly histogram: readonly Bucket[];
}

export interface ReportInput {
  readonly scenario: Scenario;
  readonly statistics: Statistics;
  readonly output: ScenarioOutput;
  readonly thresholds: readonly Threshold[];
  readonly startedAt: Date;
}

export function makeReport(input: ReportInput): LoadReport {
  const { scenario, statistics, output, thresholds, startedAt } = input;
  const { elapsedMs, isInterrupted } = output;
  const counter = (count: number): Counter => ({
    count,
    rate: elapsedMs > 0 ? (count * 1_000) / elapsedMs : 0,
  });
  return {
    scenario,
    startedAt: startedAt.toISOString(),
    elapsedMs,
    isInterrupted,
    metrics: {
      chat_latency: trendOf(statistics.latency),
      chat_send_delay: trendOf(statistics.sendDelay),
      chat_lost: counter(statistics.lost),
      chat_duplicated: counter(statistics.duplicated),
      chat_unanswered: counter(unanswered(statistics)),
      chat_held_back: counter(statistics.heldBack),
      chat_errors: counter(statistics.errors.total),
      vus_max: statistics.maxOpen,
      ws_connecting: trendOf(statistics.connecting),
      ws_msgs_received: counter(statistics.received),
      ws_msgs_sent: counter(statistics.sent),
      ws_session_duration: trendOf(statistics.sessionDuration),
      ws_sessions: counter(statistics.sessions),
    },
    checks: [statistics.statusCheck, statistics.typeCheck].map(resultOf),
    errors: Object.fromEntries(statistics.errors.entries()),
    closes: Object.fromEntries(statistics.closes.entries()),
    thresholds: thresholds.map((threshold) => {
      const { value, unit, passed } = judge(threshold, statistics);
      return { threshold: threshold.text, figure: threshold.figure, value: value ?? null, unit, passed };
    }),
    timeline: statistics.timeline.points,
    histogram: [...statistics.latency.buckets()],
  };
}

function trendOf(histogram: Histogram): Trend {
  return {
    avg: histogram.average,
    min: histogram.min,
    med: histogram.percentile(50),
    max: histogram.max,
    'p(90)': histogram.percentile(90),
    'p(95)': histogram.percentile(95),
    'p(99)': histogram.percentile(99),
  };
}

function resultOf({ name, passes, fails }: Check): CheckResult {
  return { name, passes, fails };
}
