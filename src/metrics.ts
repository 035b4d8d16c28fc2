/**
 * The metrics: what the server counts, as Prometheus reads it. Everything is read when it is asked for; nothing is
 * counted twice.
 */
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { Counter, Gauge, Registry, type Aggregator } from 'prom-client';
import { nameOfCode } from './close-codes.ts';
import type { Samples } from './figures.ts';
import type { RedisBroker } from './brokers/redis.ts';
import type { Connections } from './connections.ts';
import type { Hub } from './hub.ts';
import type { RedisLimits } from './limits/redis.ts';
import { topState } from './state-value.ts';
import type { Traffic } from './traffic.ts';

export interface MetricsOptions {
  readonly connections: Connections;
  readonly hub: Hub;
  readonly traffic: Traffic;
  readonly brokerState: () => string;
  /** The broker, where it is Redis. */
  readonly redis: RedisBroker | undefined;
  /** The limits, where they are those of several servers. */
  readonly sharedLimits: RedisLimits | undefined;
}

const brokerStates = ['local', 'connecting', 'ready', 'degraded', 'stopping', 'stopped'];

const eventLoopResolutionMs = 20;
const nanosecondsPerSecond = 1e9;
const microsecondsPerSecond = 1e6;

export class Metrics {
  readonly contentType: string;
  readonly #registry = new Registry();
  #eventLoop: IntervalHistogram | undefined;

  constructor({ connections, hub, traffic, brokerState, redis, sharedLimits }: MetricsOptions) {
    this.contentType = this.#registry.contentType;
    this.#connections(connections);
    this.#traffic(traffic);
    this.#hub(hub);
    this.#broker(brokerState, redis, traffic);
    if (sharedLimits !== undefined) this.#limits(sharedLimits);
    this.#process();
  }

  /** @returns all metrics in the Prometheus text format. */
  async text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** @returns the same, to be added to those of others. */
  async samples(): Promise<Samples> {
    return this.#registry.getMetricsAsJSON();
  }

  start(): void {
    this.#eventLoop = monitorEventLoopDelay({ resolution: eventLoopResolutionMs });
    this.#eventLoop.enable();
  }

  stop(): void {
    this.#eventLoop?.disable();
    this.#registry.clear();
  }

  #connections(connections: Connections): void {
    this.#gauge('hubbub_connections', 'Connections now, by state', ['state'], (gauge) => {
      const byState = new Map<string, number>([
        ['connecting', 0],
        ['open', 0],
        ['closing', 0],
      ]);
      for (const { actor } of connections) {
        const state = topState(actor.getSnapshot().value);
        byState.set(state, (byState.get(state) ?? 0) + 1);
      }
      for (const [state, count] of byState) gauge.set({ state }, count);
    });
    this.#counter('hubbub_connections_total', 'Connections since the start', () => connections.total);
    const closes = new Counter({
      name: 'hubbub_closes_total',
      help: 'Connections closed, by close code',
      labelNames: ['code', 'name'],
      registers: [this.#registry],
      collect: () => {
        closes.reset();
        for (const [code, count] of connections.closedByCode) {
          closes.inc({ code, name: nameOfCode(code) }, count);
        }
      },
    });
  }

  #traffic(traffic: Traffic): void {
    this.#counter('hubbub_messages_in_total', 'Chat messages that the hub took', () => traffic.messagesIn);
    this.#counter('hubbub_deliveries_total', 'Messages offered to members', () => traffic.deliveries);
    this.#counter('hubbub_frames_in_total', 'Frames that came in', () => traffic.framesIn);
    this.#counter('hubbub_bytes_in_total', 'Bytes of messages that came in', () => traffic.bytesIn);
    this.#counter('hubbub_bytes_out_total', 'Bytes given to sockets', () => traffic.bytesOut);
  }

  #hub(hub: Hub): void {
    const channels = [hub.register, hub.unregister, hub.broadcast];
    this.#gauge('hubbub_rooms', 'Rooms with members', [], (gauge) => gauge.set(hub.rooms.size));
    this.#gauge('hubbub_channel_depth', 'Values waiting in a channel of the hub', ['channel'], (gauge) => {
      for (const { name, depth } of channels) gauge.set({ channel: name }, depth);
    });
    this.#gauge('hubbub_channel_capacity', 'Values that a channel can hold', ['channel'], (gauge) => {
      for (const { name, capacity } of channels) gauge.set({ channel: name }, capacity);
    });
    this.#gauge('hubbub_channel_parked', 'Senders parked behind a full channel', ['channel'], (gauge) => {
      for (const { name, parked } of channels) gauge.set({ channel: name }, parked);
    });
  }

  #broker(brokerState: () => string, redis: RedisBroker | undefined, traffic: Traffic): void {
    this.#gauge(
      'hubbub_broker_state',
      'The state of the broker: 1 for the one it is in',
      ['state'],
      (gauge) => {
        const now = brokerState();
        for (const state of brokerStates) gauge.set({ state }, state === now ? 1 : 0);
      },
    );
    if (redis === undefined) return;
    this.#gauge('hubbub_broker_on_their_way', 'Messages that Redis has not answered yet', [], (gauge) =>
      gauge.set(redis.onTheirWay),
    );
    this.#counter(
      'hubbub_broker_lost_links_total',
      'Times that the link to Redis was lost',
      () => redis.lostLinks,
    );
    this.#counter(
      'hubbub_broker_refused_total',
      'Messages that could not be published',
      () => traffic.messagesRefused,
    );
    this.#counter(
      'hubbub_broker_gaps_total',
      'Times that a room missed messages and read them',
      () => redis.gaps,
    );
  }

  #limits(limits: RedisLimits): void {
    const help = 'Whether limits are those of all servers: 0 while this one goes on alone';
    this.#gauge('hubbub_limits_shared', help, [], (gauge) => gauge.set(limits.isShared ? 1 : 0));
  }

  #process(): void {
    this.#gauge(
      'hubbub_event_loop_delay_seconds',
      'Delay of the event loop',
      ['quantile'],
      (gauge) => {
        const delay = this.#eventLoop;
        for (const quantile of [0.5, 0.9, 0.99]) {
          const known = delay !== undefined && delay.count > 0;
          const seconds = known ? delay.percentile(quantile * 100) / nanosecondsPerSecond : 0;
          gauge.set({ quantile }, seconds);
        }
        delay?.reset();
      },
      'max',
    );
    this.#gauge('process_resident_memory_bytes', 'Resident memory', [], (gauge) => {
      gauge.set(process.memoryUsage.rss());
    });
    this.#counter('process_cpu_seconds_total', 'CPU time, user and system', () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / microsecondsPerSecond;
    });
    this.#gauge(
      'process_start_time_seconds',
      'When the process started, since the epoch',
      [],
      (gauge) => {
        gauge.set(performance.timeOrigin / 1_000);
      },
      'min',
    );
  }

  /** @param aggregator how those of several workers become one. */
  #gauge(
    name: string,
    help: string,
    labelNames: string[],
    collect: (gauge: Gauge) => void,
    aggregator: Aggregator = 'sum',
  ): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames,
      aggregator,
      registers: [this.#registry],
      collect: () => collect(gauge),
    });
  }

  #counter(name: string, help: string, read: () => number): void {
    const counter: Counter = new Counter({
      name,
      help,
      registers: [this.#registry],
      collect: () => {
        counter.reset();
        counter.inc(read());
      },
    });
  }
}
