/** A chart with its words: what it is of, and how much that is now, or where the pointer is. */
import type { ReactNode } from 'react';
import { mostOf, wordsAt, type Series } from '../model/series.ts';
import { clockWords } from '../model/words.ts';

interface ChartFigureProps {
  readonly series: Series;
  readonly times: readonly number[];
  /** Which of the times is pointed at. */
  readonly pointed: number | undefined;
  readonly children: ReactNode;
}

export function ChartFigure({ series, times, pointed, children }: ChartFigureProps) {
  const { title, hint, words } = series;
  const now = wordsAt(series, times.length - 1);
  const most = words(mostOf(series));
  // In the same unit as what it is now.
  const [shortMost = ''] = most.split(' ');
  const time = pointed === undefined ? undefined : times[pointed];
  return (
    <figure className="line-chart">
      <figcaption title={hint}>
        {title} <b>{time === undefined ? now : wordsAt(series, pointed ?? 0)}</b>{' '}
        <span className="hint">
          {time === undefined ? `most ${shortMost}` : `at ${clockWords(time).slice(0, 8)}`}
        </span>
      </figcaption>
      <div className="plot-place" role="img" aria-label={`${title}: ${now} now, ${most} at most`}>
        {children}
      </div>
    </figure>
  );
}
