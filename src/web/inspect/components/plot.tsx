/** A plot is the drawing of a chart: its lines over time, with axes, which says what the pointer is at. */
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Line } from '../model/series.ts';
import { clockWords } from '../model/words.ts';
import { watchColours, type Colours } from '../model/colours.ts';

interface PlotProps {
  readonly lines: readonly Line[];
  readonly words: (value: number) => string;
  /** Of the lines' values, in milliseconds. */
  readonly times: readonly number[];
  readonly from: number;
  readonly until: number;
  /** Is told which of the times the pointer is at. */
  readonly onPoint: (index: number | undefined) => void;
}

const dashes = [[], [5, 3], [1, 3], [8, 3, 1, 3], [3, 1]];
/** What is counted is whole. */
const steps = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7].flatMap((ten) => [ten, 2 * ten, 5 * ten]);

const font = '10px system-ui, sans-serif';
const yAxisPx = 34;
const xAxisPx = 16;

export function Plot({ lines, words, times, from, until, onPoint }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const range = useRef<[number, number]>([from, until]);
  const names = lines.map(({ name }) => name).join('\n');

  useEffect(() => {
    const host = place.current;
    if (host === null) return undefined;
    let colours: Colours | undefined;
    const drawn = new uPlot(
      optionsOf(
        names.split('\n'),
        words,
        () => range.current,
        (name) => colours?.[name] ?? '',
        onPoint,
      ),
      [[]],
      host,
    );
    plot.current = drawn;
    const forget = watchColours(host, (found) => {
      colours = found;
      drawn.redraw(false, true);
    });
    const sized = new ResizeObserver(() =>
      drawn.setSize({ width: host.clientWidth, height: host.clientHeight }),
    );
    sized.observe(host);
    return () => {
      sized.disconnect();
      forget();
      drawn.destroy();
      plot.current = undefined;
    };
  }, [names, words, onPoint]);

  useEffect(() => {
    range.current = [from, until];
    plot.current?.setData([[...times], ...lines.map(({ values }) => [...values])]);
  }, [lines, times, from, until]);

  return <div ref={place} className="plot" />;
}

function optionsOf(
  names: readonly string[],
  words: (value: number) => string,
  range: () => [number, number],
  colour: (name: keyof Colours) => string,
  onPoint: (index: number | undefined) => void,
): uPlot.Options {
  const grid = { stroke: () => colour('line'), width: 1 };
  const axis = { stroke: () => colour('dim'), font, ticks: { show: false }, gap: 2 };
  return {
    width: 1,
    height: 1,
    ms: 1,
    padding: [4, 2, 0, 0],
    legend: { show: false },
    // What is pointed at in one chart is pointed at in all.
    cursor: { sync: { key: 'mailboxes' }, y: false, drag: { x: false, y: false }, points: { size: 5 } },
    scales: {
      x: { time: true, range },
      y: { range: (_, _least, most) => [0, Math.max(1, 1.1 * most)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: xAxisPx,
        space: 50,
        values: (_, at) => at.map((each) => clockWords(each).slice(0, 5)),
      },
      {
        ...axis,
        grid,
        size: yAxisPx,
        space: 18,
        incrs: steps,
        values: (_, at) => at.map((value) => words(value).split(' ')[0] ?? ''),
      },
    ],
    series: [
      {},
      ...names.map((label, index): uPlot.Series => {
        const isOnly = names.length === 1;
        return {
          label,
          width: 1.5,
          stroke: () => colour(lineColours[index % lineColours.length] ?? 'accent'),
          dash: dashes[index % dashes.length] ?? [],
          points: { show: false },
          ...(isOnly ? { fill: () => colour('accentPaper') } : {}),
        };
      }),
    ],
    hooks: {
      setCursor: [({ cursor: { idx, left = -1 } }) => onPoint(left < 0 ? undefined : (idx ?? undefined))],
    },
  };
}

const lineColours: readonly (keyof Colours)[] = ['accent', 'busy', 'good', 'bad', 'text'];
