/**
 * The page of a load test: one HTML file that needs nothing else, neither script nor network.
 */
import { nameOfCode } from '../close-codes.ts';
import { latencyChart, timeChart, type Series } from './charts.ts';
import { showCount, showDuration, showNumber, showPercent, showRate } from './format.ts';
import { html, type Html } from './html.ts';
import { pageStyle } from './page-style.ts';
import type { LoadReport, ThresholdResult } from './report.ts';
import { describeScenario } from './scenario.ts';
import { notes, showValue } from './summary.ts';
import type { Point } from './timeline.ts';

const nothing = html``;

/** @returns the whole document. */
export function pageOf(report: LoadReport): string {
  const { scenario, startedAt, metrics } = report;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>Load test of ${scenario.url}</title>
        <style>
          ${pageStyle}
        </style>
      </head>
      <body>
        <header>
          <h1>Load test of ${scenario.url} ${verdict(report)}</h1>
          <p>${describeScenario(scenario)}</p>
          <p><time datetime="${startedAt}">${startedAt.slice(0, 16).replace('T', ' ')} UTC</time></p>
          ${notes(report).map((note) => html`<p class="bad">${capitalised(note.trim())}.</p>`)}
        </header>
        <main>
          ${tiles(report)} ${thresholds(report.thresholds)}
          <section class="wide tall">
            <h2>Latency <small>how many messages took how long to come back to their sender</small></h2>
            ${
              report.histogram.length === 0
                ? html`<p class="note">No message came back.</p>`
                : latencyChart(report.histogram, metrics.chat_latency)
            }
          </section>
          ${charts(report.timeline)} ${durations(report)} ${outcomes(report)}
        </main>
        <footer>Made by <code>hubbub load</code>. Point at a chart for its figures.</footer>
      </body>
    </html>`;
  return `${page.text}\n`;
}

function capitalised(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

function verdict({ thresholds: results, isInterrupted }: LoadReport): Html {
  const failed = results.filter(({ passed }) => !passed).length;
  if (failed > 0) return html`<span class="badge bad">${showNumber(failed, 'threshold')} failed</span>`;
  if (isInterrupted) return html`<span class="badge bad">interrupted</span>`;
  return results.length === 0 ? nothing : html`<span class="badge good">all thresholds hold</span>`;
}

function tiles({ metrics, checks }: LoadReport): Html {
  const passes = checks.reduce((sum, check) => sum + check.passes, 0);
  const total = checks.reduce((sum, check) => sum + check.passes + check.fails, 0);
  const { chat_latency: latency, chat_lost: lost, chat_duplicated: duplicated } = metrics;
  const hasLatency = latency.max > 0;
  const spread = hasLatency ? `median ${showDuration(latency.med)}` : 'nothing came back';
  return html`<dl class="tiles">
    ${tile('Latency, p95', hasLatency ? showDuration(latency['p(95)']) : '–', spread)}
    ${tile('Received', `${showRate(metrics.ws_msgs_received.rate)}/s`, `${showCount(metrics.ws_msgs_received.count)} messages`)}
    ${tile('Sent', `${showRate(metrics.ws_msgs_sent.rate)}/s`, `${showCount(metrics.ws_msgs_sent.count)} messages`)}
    ${tile('Sessions', showCount(metrics.vus_max), `handshake ${showDuration(metrics.ws_connecting.med)}`)}
    ${tile('Lost', showCount(lost.count), `${showCount(duplicated.count)} duplicated`, lost.count + duplicated.count > 0)}
    ${tile('Checks', showPercent(passes, total), `${showCount(passes)} of ${showCount(total)}`, passes < total)}
  </dl>`;
}

function tile(name: string, value: string, more: string, isBad = false): Html {
  return html`<div class="tile">
    <dt>${name}</dt>
    <dd class="${isBad ? 'bad' : ''}">${value}<small>${more}</small></dd>
  </div>`;
}

function thresholds(results: readonly ThresholdResult[]): Html {
  if (results.length === 0) return nothing;
  return html`<section class="wide">
    <h2>Thresholds</h2>
    <ul class="thresholds">
      ${results.map(
        (result) =>
          html`<li>
            <b class="${result.passed ? 'good' : 'bad'}">${result.passed ? '✓ holds' : '✗ failed'}</b>
            <code>${result.threshold}</code> <span>${showValue(result)}</span>
          </li>`,
      )}
    </ul>
  </section>`;
}

// Over time

const perSecond = (count: number, { lengthMs }: Point) => (count * 1_000) / lengthMs;

const received: Series = {
  name: 'Messages received a second',
  read: (point) => perSecond(point.received, point),
  show: showRate,
  colour: 'received',
};

const further: readonly Series[] = [
  {
    name: 'Messages sent a second',
    read: (point) => perSecond(point.sent, point),
    show: showRate,
    colour: 'sent',
  },
  { name: 'Latency, p95', read: ({ p95Ms }) => p95Ms, show: showDuration, colour: 'p95' },
  { name: 'Sessions', read: ({ sessions }) => sessions, show: showCount, colour: 'sessions' },
];

function charts(timeline: readonly Point[]): Html {
  // What is left over at the end of a run is too short to say anything of a second.
  const longestMs = Math.max(0, ...timeline.map(({ lengthMs }) => lengthMs));
  const points = timeline.filter(({ lengthMs }) => lengthMs > 0 && lengthMs >= longestMs / 2);
  return html`<section class="wide middle">
      <h2>Throughput <small>messages received a second, over time</small></h2>
      ${timeChart(points, received)}
    </section>
    ${further.map(
      (series) =>
        html`<section class="third low">
          <h2>${series.name}</h2>
          ${timeChart(points, series)}
        </section>`,
    )}`;
}

// Tables

function durations({ metrics }: LoadReport): Html {
  const columns = ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)', 'p(99)'] as const;
  const rows = [
    ['chat_latency', metrics.chat_latency],
    ['chat_send_delay', metrics.chat_send_delay],
    ['ws_connecting', metrics.ws_connecting],
    ['ws_session_duration', metrics.ws_session_duration],
  ] as const;
  return html`<section class="wide">
    <h2>Durations</h2>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th></th>
            ${columns.map((column) => html`<th>${column}</th>`)}
          </tr>
        </thead>
        ${rows.map(
          ([name, trend]) =>
            html`<tr>
              <th><code>${name}</code></th>
              ${columns.map((column) => html`<td>${showDuration(trend[column])}</td>`)}
            </tr>`,
        )}
      </table>
    </div>
  </section>`;
}

function outcomes({ metrics, checks, errors, closes }: LoadReport): Html {
  const counts = Object.entries(metrics).flatMap(([name, metric]) =>
    typeof metric === 'object' && 'count' in metric ? [[name, showCount(metric.count)] as const] : [],
  );
  const checked = checks.map(
    ({ name, passes, fails }) => [name, `✓ ${showCount(passes)} / ✗ ${showCount(fails)}`] as const,
  );
  const closed = Object.entries(closes).map(
    ([code, count]) => [`${code} ${nameOfCode(Number(code))}`, showCount(count)] as const,
  );
  const wrong = Object.entries(errors).map(([code, count]) => [code, showCount(count)] as const);
  return html`<section class="half">
      <h2>Counts</h2>
      ${table(counts)}
    </section>
    <section class="half">
      <h2>Checks</h2>
      ${table(checked)}
      <br />
      <h2>Closes</h2>
      ${table(closed)}
      <br />
      <h2>Errors</h2>
      ${table(wrong)}
    </section>`;
}

function table(rows: readonly (readonly [name: string, value: string])[]): Html {
  if (rows.length === 0) return html`<p class="note">None.</p>`;
  return html`<table>
    ${rows.map(
      ([name, value]) =>
        html`<tr>
          <th><code>${name}</code></th>
          <td>${value}</td>
        </tr>`,
    )}
  </table>`;
}
