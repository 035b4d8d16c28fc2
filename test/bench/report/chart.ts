/**
 * Chart draws what a delivery costs, server beside server, as an SVG without any outside reference that can be
 * read on light and on dark.
 *
 * Each case has a scale of its own, from zero: bars are compared within a case.
 */
import { showFigure } from '../figures.ts';
import type { Contender } from '../measure/interleave.ts';
import type { CaseResult, GoalResult, Results } from '../results.ts';
import { showMachine } from './machine.ts';

const figure = 'cpuPerDelivery';

const width = 760;
const margin = 24;
const labelWidth = 126;
const valueWidth = 76;
const headHeight = 66;
const titleHeight = 30;
const barHeight = 16;
const barGap = 5;
const caseGap = 20;
const footHeight = 30;

const barLeft = margin + labelWidth + 8;
const barSpace = width - margin - valueWidth - barLeft;

const style = `
  text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328; }
  .head { font-size: 17px; font-weight: 600; }
  .title { font-weight: 600; }
  .soft { fill: #59636e; }
  .small { font-size: 11px; }
  .ours { font-weight: 600; }
  .value { font-variant-numeric: tabular-nums; }
  .paper { fill: #ffffff; stroke: #d1d9e0; }
  .bar { fill: #9aa4af; }
  .bar.limit { fill: #c3cad1; }
  .bar.ours { fill: #0f766e; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .soft { fill: #9198a1; }
    .paper { fill: #0d1117; stroke: #3d444d; }
    .bar { fill: #6e7681; }
    .bar.limit { fill: #4a515a; }
    .bar.ours { fill: #2dd4bf; }
  }`;

/** @returns the chart of every case in which several servers deliver messages; undefined where there is none. */
export function drawChart({ machine, cases, goals }: Results): string | undefined {
  const drawn = cases.filter(({ shows, contenders }) => shows[0] === figure && contenders.length > 1);
  if (drawn.length === 0) return undefined;
  let top = headHeight;
  const parts = drawn.map((result) => {
    const part = drawCase(result, goals, top);
    top += caseHeight(result);
    return part;
  });
  const height = top + footHeight;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>CPU time of the server process per message delivered</title><style>${style}</style>`,
    `<rect class="paper" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>`,
    text(margin, 34, 'CPU time per message delivered', 'head'),
    text(
      margin,
      54,
      'user + system time of the server process; shorter is better; limit: the least a Node process can do',
      'soft',
    ),
    ...parts,
    text(margin, height - 14, showMachine(machine), 'soft small'),
    '</svg>\n',
  ].join('\n');
}

function caseHeight({ contenders }: CaseResult): number {
  return titleHeight + contenders.length * (barHeight + barGap) + caseGap;
}

function drawCase(result: CaseResult, goals: readonly GoalResult[], top: number): string {
  const values = result.contenders.map(({ median }) => median[figure] ?? 0);
  const scale = barSpace / Math.max(...values);
  const note = goalNote(result, goals);
  return [
    text(margin, top + 18, result.title, 'title'),
    text(width - margin, top + 18, note, 'soft small', 'end'),
    ...result.contenders.map((contender, index) =>
      drawBar(contender, scale, top + titleHeight + index * (barHeight + barGap)),
    ),
  ].join('\n');
}

/** @returns the case's first goal beside its figure, in words. */
function goalNote(result: CaseResult, goals: readonly GoalResult[]): string {
  const goal = goals.find(({ case: name }) => name === result.name);
  if (goal === undefined) return '';
  return `${goal.words.replace('CPU per delivery', 'hubbub')} = ${goal.figure} (goal ${goal.goal})`;
}

function drawBar({ name, median }: Contender, scale: number, top: number): string {
  const value = median[figure] ?? 0;
  const length = Math.max(2, value * scale);
  const ours = name.startsWith('hubbub');
  const kind = ours ? 'ours' : name === 'limit' ? 'limit' : '';
  const baseline = top + barHeight - 4;
  return [
    text(barLeft - 8, baseline, name, ours ? 'ours' : '', 'end'),
    `<rect class="bar ${kind}" x="${barLeft}" y="${top}" width="${length.toFixed(1)}" height="${barHeight}" rx="2"/>`,
    text(barLeft + length + 6, baseline, showFigure(figure, value), `value ${ours ? 'ours' : 'soft'}`),
  ].join('\n');
}

function text(x: number, y: number, words: string, kind: string, anchor = 'start'): string {
  const escaped = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y}" class="${kind}" text-anchor="${anchor}">${escaped}</text>`;
}
