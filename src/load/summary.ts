/** The summary of a load test on the terminal, in k6's layout and words. */
import { nameOfCode } from '../close-codes.ts';
import { showDuration, showPercent } from './format.ts';
import type { CheckResult, Counter, LoadReport, ThresholdResult, Trend } from './report.ts';

/** The width of a name with its dots. */
const nameWidth = 36;

/** A tester that sent this late was itself too busy: what it measured is not only the server's doing. */
const lateMs = 20;

/** @returns the summary as lines, without colours. */
export function summaryLines(report: LoadReport): string[] {
  const { metrics, errors, closes, thresholds } = report;
  return [
    '',
    ...(thresholds.length === 0 ? [] : ['  █ THRESHOLDS', '', ...thresholds.map(thresholdLine), '']),
    '  █ TOTAL RESULTS',
    '',
    ...checkLines(report.checks),
    ...section('CHAT', [
      trendLine('chat_latency', metrics.chat_latency),
      trendLine('chat_send_delay', metrics.chat_send_delay),
      counterLine('chat_lost', metrics.chat_lost),
      counterLine('chat_duplicated', metrics.chat_duplicated),
      counterLine('chat_unanswered', metrics.chat_unanswered),
      counterLine('chat_held_back', metrics.chat_held_back),
      counterLine('chat_errors', metrics.chat_errors),
    ]),
    ...section('ERRORS', countLines(errors)),
    ...section(
      'CLOSES',
      countLines(closes, (code) => `${code} ${nameOfCode(Number(code))}`),
    ),
    ...section('EXECUTION', [line('vus_max', String(metrics.vus_max))]),
    ...section('WEBSOCKET', [
      trendLine('ws_connecting', metrics.ws_connecting),
      counterLine('ws_msgs_received', metrics.ws_msgs_received),
      counterLine('ws_msgs_sent', metrics.ws_msgs_sent),
      trendLine('ws_session_duration', metrics.ws_session_duration),
      counterLine('ws_sessions', metrics.ws_sessions),
    ]),
    ...notes(report),
  ];
}

/** @returns what the reader should know before they believe the figures. */
export function notes({ metrics, isInterrupted, elapsedMs }: LoadReport): string[] {
  const late = metrics.chat_send_delay['p(95)'];
  return [
    ...(isInterrupted ? [`  interrupted after ${showDuration(elapsedMs)}`] : []),
    ...(late > lateMs
      ? [
          `  this tester itself was short of CPU: it sent messages up to ${showDuration(late)} late (p95), and such delays are in the latency`,
        ]
      : []),
  ];
}

/** @returns the figure that a threshold was held against, with its unit. */
export function showValue({ value, unit }: ThresholdResult): string {
  if (value === null) return 'nothing was measured';
  if (unit === 'ms') return showDuration(value);
  return `${Number(value.toFixed(2))}${unit}`;
}

function thresholdLine(result: ThresholdResult): string {
  return `    ${mark(result.passed)} '${result.threshold}' ${result.figure}=${showValue(result)}`;
}

function checkLines(checks: readonly CheckResult[]): string[] {
  const passes = checks.reduce((sum, check) => sum + check.passes, 0);
  const fails = checks.reduce((sum, check) => sum + check.fails, 0);
  const total = passes + fails;
  return [
    line('checks_total', String(total)),
    line('checks_succeeded', `${showPercent(passes, total)} ${passes} out of ${total}`),
    line('checks_failed', `${showPercent(fails, total)} ${fails} out of ${total}`),
    '',
    ...checks.flatMap((check) => {
      const first = `    ${mark(check.fails === 0)} ${check.name}`;
      if (check.fails === 0) return [first];
      const share = showPercent(check.passes, check.passes + check.fails);
      return [first, `      ↳  ${share} — ✓ ${check.passes} / ✗ ${check.fails}`];
    }),
    '',
  ];
}

function mark(passed: boolean): string {
  return passed ? '✓' : '✗';
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`    ${title}`, ...lines, ''];
}

function line(name: string, value: string): string {
  return `    ${name.padEnd(nameWidth, '.')}: ${value}`;
}

function counterLine(name: string, { count, rate }: Counter): string {
  return line(name, `${String(count).padEnd(7)} ${rate.toFixed(2)}/s`);
}

function trendLine(name: string, trend: Trend): string {
  const shown = (['avg', 'min', 'med', 'max', 'p(90)', 'p(95)'] as const).map((key) =>
    `${key}=${showDuration(trend[key])}`.padEnd(key.length + 9),
  );
  return line(name, shown.join(' ').trimEnd());
}

function countLines(
  counts: Readonly<Record<string, number>>,
  nameOf: (key: string) => string = (key) => key,
): string[] {
  return Object.entries(counts).map(([key, count]) => line(nameOf(key), String(count)));
}
