/** The gauges of the last minutes as lines: a value for each second. */
import type { GaugesRecord, Totals } from '../../../inspector/messages.ts';
import { countWords, rateWords } from './words.ts';

/** How far back the lines go. */
export const seconds = 180;

export interface Series {
  readonly title: string;
  readonly values: readonly number[];
  readonly words: (value: number) => string;
}

/** @returns only those that there is something to say of. */
export function seriesOf(gauges: readonly GaugesRecord[]): Series[] {
  const hasTotals = gauges.at(-1)?.totals !== undefined;
  const common = [
    {
      title: 'Event loop p99',
      values: gauges.map(({ eventLoopDelayMs }) => eventLoopDelayMs.p99),
      words: (ms: number) => `${rateWords(ms)} ms`,
    },
  ];
  if (!hasTotals) {
    return [{ title: 'Actors', values: gauges.map(({ actors }) => actors), words: countWords }, ...common];
  }
  return [
    { title: 'Connections', values: gauges.map(connectionsIn), words: countWords },
    { title: 'Messages in/s', values: ratesOf(gauges, 'messagesIn'), words: rateWords },
    { title: 'Deliveries/s', values: ratesOf(gauges, 'deliveries'), words: rateWords },
    ...common,
  ];
}

function connectionsIn({ connections }: GaugesRecord): number {
  return connections === undefined ? 0 : connections.connecting + connections.open + connections.closing;
}

/** How fast a total rose between each two gauges. */
function ratesOf(gauges: readonly GaugesRecord[], name: keyof Totals): number[] {
  const rates: number[] = [];
  for (const [index, { at, totals }] of gauges.entries()) {
    const before = gauges[index - 1];
    if (before?.totals === undefined || totals === undefined || at <= before.at) continue;
    rates.push((1_000 * (totals[name] - before.totals[name])) / (at - before.at));
  }
  return rates;
}
