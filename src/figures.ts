/**
 * Figures are what a server counts: for `/stats` as they are, for `/metrics` as prom-client has them; and how those of
 * several workers become those of one server.
 */
import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue } from 'prom-client';

export interface ChannelFigures {
  readonly name: string;
  readonly depth: number;
  readonly capacity: number;
  readonly parked: number;
}

/** What one process counts. */
export interface Stats {
  readonly totalConnections: number;
  readonly activeConnections: number;
  readonly messagesReceived: number;
  readonly messagesSent: number;
  readonly rooms: number;
  readonly channels: readonly ChannelFigures[];
  readonly closedByCode: Readonly<Record<string, number>>;
  readonly broker: string;
  readonly uptimeSeconds: number;
  readonly version: string;
}

/** The samples of the metrics of one process, ready to be added to others. */
export type Samples = readonly MetricObjectWithValues<MetricValue<string>>[];

export interface Figures {
  readonly stats: Stats;
  readonly metrics: Samples;
}

/** Which figures are asked for. */
export type Topic = keyof Figures;

/** The figures of all workers that answered in time. */
export interface Census<T extends Topic = Topic> {
  /** How many there are. */
  readonly expected: number;
  readonly answers: readonly Answer<T>[];
  /** What those have counted that are gone, or do not answer. */
  readonly kept: readonly Figures[T][];
  /** How many have died unasked. */
  readonly deaths: number;
  /** How long the primary has been there. */
  readonly uptimeSeconds: number;
}

export interface Answer<T extends Topic = Topic> {
  readonly number: number;
  readonly pid: number;
  readonly figures: Figures[T];
}

/** Asks all workers, the asking one too. */
export type AskAll = <T extends Topic>(topic: T) => Promise<Census<T>>;

/** The place of a server that is one of several workers. */
export interface WorkerPlace {
  /** Counts from 1. */
  readonly number: number;
  readonly ask: AskAll;
}

/** What `/stats` and `/metrics` answer. */
export interface FiguresSource {
  readonly contentType: string;
  stats(): Promise<object>;
  metrics(): Promise<string>;
}

/** Answers for all workers, whichever of them is asked. */
export function figuresOfAll(askAll: AskAll, contentType: string): FiguresSource {
  return {
    contentType,
    async stats() {
      const { expected, answers, kept, deaths, uptimeSeconds } = await askAll('stats');
      const living = answers.map(({ figures }) => figures);
      const { broker, version } = sumStats(living);
      return {
        ...sumStats([...living, ...kept]),
        broker,
        uptimeSeconds,
        version,
        workers: {
          expected,
          answered: answers.length,
          deaths,
          list: answers
            .map(({ number, pid, figures }) => Object.assign({ number, pid }, figures))
            .toSorted((a, b) => a.number - b.number || a.pid - b.pid),
        },
      };
    },
    async metrics() {
      const { expected, answers, kept, deaths } = await askAll('metrics');
      const ofWorkers = [
        sample('hubbub_workers', 'Workers that there are to be', 'gauge', expected),
        sample('hubbub_workers_answered', 'Workers that these figures are of', 'gauge', answers.length),
        sample('hubbub_worker_deaths_total', 'Workers that died unasked', 'counter', deaths),
      ];
      return registryOf([...answers.map(({ figures }) => figures), ...kept, ofWorkers]).metrics();
    },
  };
}

function sample(name: string, help: string, type: 'gauge' | 'counter', value: number): Samples[number] {
  // prom-client's types want the number of a word that it has in fact.
  return {
    name,
    help,
    type: type as never,
    aggregator: 'sum',
    values: [{ value, labels: {} }],
    collect: () => undefined,
  };
}

/** How the figures of several become one, and what of them stays true of a process that is gone. */
interface Arithmetic<T> {
  readonly sum: (all: readonly T[]) => Promise<T>;
  readonly counts: (figures: T) => T;
}

export const arithmetic: { readonly [T in Topic]: Arithmetic<Figures[T]> } = {
  stats: {
    sum: async (all) => sumStats(all),
    counts: (stats) => ({ ...stats, activeConnections: 0, rooms: 0, channels: [], uptimeSeconds: 0 }),
  },
  metrics: {
    sum: async (all) => registryOf(all).getMetricsAsJSON(),
    counts: (metrics) => metrics.filter(({ type }) => isCounter(type)),
  },
};

function registryOf(all: readonly Samples[]): AggregatorRegistry<'text/plain; version=0.0.4; charset=utf-8'> {
  return AggregatorRegistry.aggregate(all as Samples[]) as never;
}

/** prom-client's types say that it is a number, and it is a word. */
function isCounter(type: unknown): boolean {
  return type === 'counter';
}

function sumStats(all: readonly Stats[]): Stats {
  const total = (read: (stats: Stats) => number) => all.reduce((sum, stats) => sum + read(stats), 0);
  return {
    totalConnections: total((stats) => stats.totalConnections),
    activeConnections: total((stats) => stats.activeConnections),
    messagesReceived: total((stats) => stats.messagesReceived),
    messagesSent: total((stats) => stats.messagesSent),
    rooms: total((stats) => stats.rooms),
    channels: sumChannels(all.flatMap(({ channels }) => channels)),
    closedByCode: sumByCode(all.map(({ closedByCode }) => closedByCode)),
    broker: all.map(({ broker }) => broker).find((state) => state !== 'ready') ?? 'ready',
    uptimeSeconds: Math.max(0, ...all.map(({ uptimeSeconds }) => uptimeSeconds)),
    version: [...new Set(all.map(({ version }) => version))].join(', '),
  };
}

function sumChannels(all: readonly ChannelFigures[]): ChannelFigures[] {
  const sums = new Map<string, ChannelFigures>();
  for (const channel of all) {
    const { name, depth, capacity, parked } = channel;
    const sum = sums.get(name);
    sums.set(
      name,
      sum === undefined
        ? channel
        : { name, depth: sum.depth + depth, capacity: sum.capacity + capacity, parked: sum.parked + parked },
    );
  }
  return [...sums.values()];
}

function sumByCode(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [code, count] of all.flatMap((one) => Object.entries(one))) {
    sums[code] = (sums[code] ?? 0) + count;
  }
  return sums;
}
