/** A small line of the last minutes: how it went, how much it is now, and how much it was at most. */
import { seconds, type Series } from '../model/series.ts';

const width = 180;
const height = 44;

export function Sparkline({ series: { title, values, words } }: { readonly series: Series }) {
  const now = values.at(-1) ?? 0;
  const most = Math.max(0, ...values);
  const shown = values.map((value, index) => {
    const x = width - ((values.length - 1 - index) * width) / (seconds - 1);
    const y = height - 1 - (most === 0 ? 0 : (value / most) * (height - 3));
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  const line = `M${shown.join('L')}`;
  const startX = (shown[0] ?? `${width}`).split(' ')[0] ?? '';
  return (
    <figure className="sparkline">
      <figcaption>
        {title} <b>{words(now)}</b> <span className="hint">most {words(most)}</span>
      </figcaption>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title}: ${words(now)} now, ${words(most)} at most`}
      >
        {shown.length > 1 && (
          <>
            <path className="area" d={`${line}L${width} ${height}L${startX} ${height}Z`} />
            <path className="line" d={line} vectorEffect="non-scaling-stroke" />
          </>
        )}
      </svg>
    </figure>
  );
}
