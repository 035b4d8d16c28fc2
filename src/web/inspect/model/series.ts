/** The gauges of the last minutes as charts: of each some lines, which have a value for each second. */
import type { GaugesRecord, Totals } from '../../../inspector/messages.ts';
import { countWords, rateWords } from './words.ts';

/** How far back the charts go. */
export const secondsShown = 300;

export interface Series {
  readonly title: string;
  /** What it means, where its title is not enough. */
  readonly hint: string;
  readonly lines: readonly Line[];
  readonly words: (value: number) => string;
}

export interface Line {
  readonly name: string;
  /** Null where there is none. */
  readonly values: readonly (number | null)[];
}

/** @returns only those that there is something to say of. */
export function seriesOf(gauges: readonly GaugesRecord[]): Series[] {
  const last = gauges.at(-1);
  const eventLoop = one(
    'Event loop',
    'how late the event loop was, but for one time in a hundred',
    gauges.map(({ eventLoopDelayMs }) => eventLoopDelayMs.p99),
    msWords,
  );
  if (last?.totals === undefined) {
    const actors = gauges.map((each) => each.actors);
    return [one('Actors', 'actors alive', actors, countWords), eventLoop];
  }
  return [
    one('Connections', 'connections of all states', gauges.map(connectionsIn), countWords),
    one('Messages in/s', 'messages from all clients', ratesOf(gauges, 'messagesIn'), rateWords),
    one('Deliveries/s', 'messages to all clients', ratesOf(gauges, 'deliveries'), rateWords),
    eventLoop,
    {
      title: 'Depths',
      hint: 'what waits in the channels, in the outboxes, and for the broker',
      lines: depthsIn(gauges, last),
      words: countWords,
    },
  ];
}

/** What a chart says at an index, in words: of several lines those that are not at nothing. */
export function wordsAt({ lines, words }: Series, index: number): string {
  const values = lines.map(({ name, values: all }) => ({ name, value: all[index] ?? undefined }));
  const [first] = values;
  if (values.length === 1) return first?.value === undefined ? '–' : words(first.value);
  const filled = values.filter(({ value = 0 }) => value > 0);
  if (filled.length === 0) return 'all empty';
  return filled.map(({ name, value = 0 }) => `${name} ${words(value)}`).join(', ');
}

/** How much it was at most, of all its lines. */
export function mostOf({ lines }: Series): number {
  return Math.max(0, ...lines.flatMap(({ values }) => values.map((value) => value ?? 0)));
}

function msWords(ms: number): string {
  return `${rateWords(ms)} ms`;
}

function one(
  title: string,
  hint: string,
  values: readonly (number | null)[],
  words: (value: number) => string,
): Series {
  return { title, hint, lines: [{ name: title, values }], words };
}

function connectionsIn({ connections }: GaugesRecord): number {
  return connections === undefined ? 0 : connections.connecting + connections.open + connections.closing;
}

function depthsIn(gauges: readonly GaugesRecord[], last: GaugesRecord): Line[] {
  const lines = last.channels.map(({ name }) => ({
    name,
    values: gauges.map(({ channels }) => channels.find((channel) => channel.name === name)?.depth ?? null),
  }));
  if (last.outboxes !== undefined) {
    lines.push({ name: 'outboxes', values: gauges.map(({ outboxes }) => outboxes?.messages ?? null) });
  }
  if (last.broker !== undefined) {
    lines.push({ name: 'broker', values: gauges.map(({ broker }) => broker?.inFlight ?? null) });
  }
  return lines;
}

/** How fast a total rose up to each gauge. */
function ratesOf(gauges: readonly GaugesRecord[], name: keyof Totals): (number | null)[] {
  return gauges.map(({ at, totals }, index) => {
    const before = gauges[index - 1];
    if (before?.totals === undefined || totals === undefined || at <= before.at) return null;
    return (1_000 * (totals[name] - before.totals[name])) / (at - before.at);
  });
}
