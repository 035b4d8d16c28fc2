/**
 * The charts of a load test's page: SVG that stretches with the page, under labels that do not.
 *
 * No script is needed: what one wants to know of a bar or an interval is in its `<title>`.
 */
import { showClock, showCount, showDuration } from './format.ts';
import type { Bucket } from './histogram.ts';
import { html, type Html } from './html.ts';
import type { Trend } from './report.ts';
import type { Point } from './timeline.ts';

/** The drawing's own units; it is stretched to whatever size the page gives it. */
const width = 1_000;
const height = 100;

/** Bars of the histogram. */
const binCount = 60;

interface Label {
  /** Where it stands, from 0 to 1. */
  readonly at: number;
  readonly text: string;
}

interface Frame {
  readonly caption: string;
  readonly x: readonly Label[];
  readonly y: readonly Label[];
  readonly marks?: readonly Label[];
  readonly drawing: Html;
}

function frame({ caption, x, y, marks = [], drawing }: Frame): Html {
  return html`<div class="chart" role="img" aria-label="${caption}">
    <div class="y">${y.map(({ at, text }) => html`<span style="bottom:${percent(at)}">${text}</span>`)}</div>
    <div class="plot">
      ${y.map(({ at }) => html`<i class="rule" style="bottom:${percent(at)}"></i>`)}
      <svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none">${drawing}</svg>
      ${marks.map(
        ({ at, text }, row) =>
          html`<b class="${at > 0.55 ? 'mark left' : 'mark'}" style="left:${percent(at)};--row:${row}"
            >${text}</b
          >`,
      )}
    </div>
    <div class="x">${x.map(({ at, text }) => html`<span style="left:${percent(at)}">${text}</span>`)}</div>
  </div>`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}

// The histogram

/** How the latency is spread, on a logarithmic axis: a long tail is seen as well as the bulk. */
export function latencyChart(buckets: readonly Bucket[], latency: Trend): Html {
  const [from, to] = [latency.min || 0.001, latency.max * 1.02 || 1];
  const place = (ms: number) => Math.log(ms / from) / Math.log(to / from);
  const counts = binned(buckets, place);
  const scale = niceScale(Math.max(...counts));
  const bars = counts.map((count, index) => bar(index, count, scale.max, from, to));
  const mark = (name: string, ms: number): Label => ({ at: place(ms), text: `${name} ${showDuration(ms)}` });
  return frame({
    caption: `Histogram of the latency, from ${showDuration(latency.min)} to ${showDuration(latency.max)}`,
    x: logarithmicTicks(from, to).map((ms) => ({ at: place(ms), text: showDuration(ms) })),
    y: scale.ticks.map((value) => ({ at: value / scale.max, text: showCount(value) })),
    marks: [mark('p99', latency['p(99)']), mark('p95', latency['p(95)']), mark('median', latency.med)],
    drawing: html`${bars}`,
  });
}

/** Shares each bucket out over the bins that it reaches into, as the finest buckets are wider than a bin. */
function binned(buckets: readonly Bucket[], place: (ms: number) => number): number[] {
  const counts = Array.from({ length: binCount }, () => 0);
  for (const { fromMs, toMs, count } of buckets) {
    const start = clamp(place(fromMs)) * binCount;
    const end = Math.max(clamp(place(toMs)) * binCount, start + 1e-6);
    for (let bin = Math.min(Math.floor(start), binCount - 1); bin < Math.min(end, binCount); bin += 1) {
      const overlap = Math.min(end, bin + 1) - Math.max(start, bin);
      counts[bin] = (counts[bin] ?? 0) + (count * Math.max(0, overlap)) / (end - start);
    }
  }
  return counts;
}

function clamp(share: number): number {
  return Number.isFinite(share) ? Math.min(Math.max(share, 0), 1) : 0;
}

function bar(index: number, count: number, max: number, from: number, to: number): Html {
  const edge = (bin: number) => showDuration(from * (to / from) ** (bin / binCount));
  const tall = (height * count) / max;
  const step = width / binCount;
  const title = `${edge(index)} – ${edge(index + 1)}: ${showCount(count)}`;
  return html`<g class="bin"
    ><rect
      class="hit"
      x="${(index * step).toFixed(1)}"
      y="0"
      width="${step.toFixed(1)}"
      height="${height}"
    /><rect
      class="bar"
      x="${(index * step + 1).toFixed(1)}"
      y="${(height - tall).toFixed(2)}"
      width="${(step - 2).toFixed(1)}"
      height="${tall.toFixed(2)}"
    /><title>${title}</title></g
  >`;
}

const ticksInDecade = [1, 2, 5];
const maxLogarithmicTicks = 12;

function logarithmicTicks(from: number, to: number): number[] {
  const first = Math.floor(Math.log10(from));
  const decades = Array.from({ length: Math.ceil(Math.log10(to)) - first + 1 }, (_, i) => 10 ** (first + i));
  const within = (ms: number) => ms >= from && ms <= to;
  const all = decades.flatMap((decade) => ticksInDecade.map((tick) => tick * decade)).filter(within);
  return all.length <= maxLogarithmicTicks ? all : decades.filter(within);
}

// Over time

export interface Series {
  readonly name: string;
  /** The figure for one interval, or undefined where there is none. */
  readonly read: (point: Point) => number | undefined;
  readonly show: (value: number) => string;
  /** The class that colours it. */
  readonly colour: string;
}

/** One figure over the time of the run. */
export function timeChart(points: readonly Point[], { name, read, show, colour }: Series): Html {
  const totalMs = Math.max(1, ...points.map(({ fromMs, lengthMs }) => fromMs + lengthMs));
  const scale = niceScale(Math.max(0, ...points.map((point) => read(point) ?? 0)));
  const left = (ms: number) => ((width * ms) / totalMs).toFixed(1);
  const top = (value: number) => (height - (height * value) / scale.max).toFixed(2);
  const corners = points.flatMap((point) => {
    const value = read(point);
    return value === undefined ? [] : [`${left(point.fromMs + point.lengthMs / 2)} ${top(value)}`];
  });
  const [first, last] = [corners[0], corners.at(-1)];
  const line = `M${corners.join('L')}`;
  const area = `${line}L${last?.split(' ')[0]} ${height}L${first?.split(' ')[0]} ${height}Z`;
  const shape = html`<path class="area" d="${area}" /><path class="line" d="${line}" />`;
  const hits = points.map((point) => {
    const value = read(point);
    const title = `${showClock(point.fromMs)}: ${value === undefined ? 'none' : show(value)}`;
    return html`<rect
      class="hit"
      x="${left(point.fromMs)}"
      y="0"
      width="${left(point.lengthMs)}"
      height="${height}"
      ><title>${title}</title></rect
    >`;
  });
  return frame({
    caption: `${name} over time, up to ${show(scale.max)}`,
    x: timeTicks(totalMs).map((ms) => ({ at: ms / totalMs, text: showClock(ms) })),
    y: scale.ticks.map((value) => ({ at: value / scale.max, text: show(value) })),
    drawing: html`<g class="${colour}">${first === undefined ? '' : shape}${hits}</g>`,
  });
}

/** The steps that a clock has. */
const timeStepsMs = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400].map(
  (seconds) => seconds * 1_000,
);
const maxTimeTicks = 6;

function timeTicks(totalMs: number): number[] {
  const stepMs = timeStepsMs.find((step) => totalMs / step <= maxTimeTicks) ?? totalMs;
  return Array.from({ length: Math.floor(totalMs / stepMs) + 1 }, (_, index) => index * stepMs);
}

const maxSteps = 4;

/** A scale from 0 in steps of 1, 2 or 5 times a power of ten, just long enough for `largest`. */
function niceScale(largest: number): { max: number; ticks: number[] } {
  const wanted = Math.max(largest, Number.MIN_VALUE) / maxSteps;
  const decade = largest > 0 ? 10 ** Math.floor(Math.log10(wanted)) : 1;
  const step = decade * ([1, 2, 5].find((factor) => factor * decade >= wanted) ?? 10);
  const steps = Math.max(1, Math.ceil(largest / step));
  return { max: steps * step, ticks: Array.from({ length: steps + 1 }, (_, index) => index * step) };
}
