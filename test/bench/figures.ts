/**
 * Figures are what a trial yields: one closed catalogue of names, with their words and units, and the median of
 * several trials.
 */

interface Figure {
  readonly label: string;
  readonly unit: string;
  readonly digits: number;
}

export const figures = {
  cpuPerDelivery: { label: 'CPU/delivery', unit: 'µs', digits: 2 },
  cpuPerMessage: { label: 'CPU/message', unit: 'µs', digits: 1 },
  redisPerMessage: { label: "Redis' CPU/message", unit: 'µs', digits: 1 },
  deliveriesPerSecond: { label: 'deliveries/s', unit: '', digits: 0 },
  messagesPerSecond: { label: 'messages/s', unit: '', digits: 0 },
  p50: { label: 'p50', unit: 'ms', digits: 1 },
  p99: { label: 'p99', unit: 'ms', digits: 1 },
  max: { label: 'max', unit: 'ms', digits: 1 },
  rss: { label: 'RSS', unit: 'MB', digits: 0 },
  rssPerConnection: { label: 'RSS/connection', unit: 'KB', digits: 1 },
  rssPerFurther: { label: 'each further one', unit: 'KB', digits: 1 },
  cpuPerMinute: { label: 'CPU/minute', unit: 'ms', digits: 0 },
  acceptsPerSecond: { label: 'accepts/s', unit: '', digits: 0 },
  cpuPerAccept: { label: 'CPU/accept', unit: 'µs', digits: 0 },
  joinTime: { label: 'all in after', unit: 'ms', digits: 0 },
  othersPerMember: { label: 'messages/member', unit: '', digits: 1 },
  evicted: { label: 'slow one closed', unit: '', digits: 0 },
  held: { label: 'held', unit: '', digits: 0 },
  bytesPerDelivery: { label: 'bytes/delivery', unit: '', digits: 0 },
  closed: { label: 'closed', unit: '', digits: 0 },
  lost: { label: 'lost', unit: '', digits: 0 },
  batch: { label: 'messages/write', unit: '', digits: 1 },
  generatorShare: { label: 'generator ÷ server CPU', unit: '', digits: 2 },
} as const satisfies Record<string, Figure>;

export type FigureName = keyof typeof figures;

/** What one trial measured. */
export type Figures = { readonly [Name in FigureName]?: number };

// A mishap in one trial of five is a mishap: of these the worst counts, not the median.
const worstCounts: ReadonlySet<FigureName> = new Set(['closed', 'lost']);

/** @returns each figure's median over the trials; of `closed` and `lost`, the worst. */
export function medians(trials: readonly Figures[]): Figures {
  const names = Object.keys(figures) as FigureName[];
  const summed = names.map((name) => {
    const values = trials.flatMap((trial) => trial[name] ?? []).toSorted((a, b) => a - b);
    return [name, worstCounts.has(name) ? worst(values) : median(values)] as const;
  });
  return Object.fromEntries(summed.filter(([, value]) => value !== undefined));
}

/** @returns the middle of sorted values. */
function median(sorted: readonly number[]): number | undefined {
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}

function worst(sorted: readonly number[]): number | undefined {
  return sorted.toSorted((a, b) => Math.abs(b) - Math.abs(a))[0];
}

/** @returns the figure as one reads it, with its unit. */
export function showFigure(name: FigureName, value: number): string {
  const { digits, unit } = figures[name];
  const number = value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return unit === '' ? number : `${number} ${unit}`;
}
