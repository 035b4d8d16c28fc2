/** How figures are written for people: durations as k6 writes them, counts with separators, clocks as mm:ss. */

/** @returns a duration with at most two decimals in the unit that suits it: `850µs`, `12.3ms`, `1.2s`, `1m5s`. */
export function showDuration(ms: number): string {
  if (ms === 0) return '0s';
  if (ms < 1) return `${round(ms * 1_000)}µs`;
  if (ms < 1_000) return `${round(ms)}ms`;
  if (ms < 60_000) return `${round(ms / 1_000)}s`;
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

function round(value: number): string {
  return String(Number(value.toFixed(2)));
}

/** @returns a count with separators: `99,800`. */
export function showCount(count: number): string {
  return Math.round(count).toLocaleString('en');
}

/** @returns a count with its noun: `1 room`, `1,000 rooms`. */
export function showNumber(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** @returns a rate to a precision that its size deserves: `99,800`, `12.5`. */
export function showRate(perSecond: number): string {
  return perSecond.toLocaleString('en', { maximumFractionDigits: perSecond < 100 ? 1 : 0 });
}

/** @returns a time on a run's clock: `01:05`, or `1:01:05` from an hour on. */
export function showClock(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  return `${hours > 0 ? `${hours}:` : ''}${twoDigits(minutes)}:${twoDigits(seconds % 60)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

/** @returns a share of the whole: `99.98%`, and 100 % only where nothing is missing. */
export function showPercent(part: number, whole: number): string {
  if (whole === 0) return '0.00%';
  const percent = (100 * part) / whole;
  return `${(part < whole ? Math.min(percent, 99.99) : percent).toFixed(2)}%`;
}
