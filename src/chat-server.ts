/**
 * A chat server, put together: hub, broker, connections, HTTP and the machine that starts and drains them.
 *
 * ```ts
 * const server = createChatServer({ port: 0 });
 * await server.start();
 * console.log(server.url);
 * const { leaks } = await server.stop();
 * ```
 */
import type { Socket as NetSocket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { pino, type Logger } from 'pino';
import {
  createActor,
  toPromise,
  waitFor,
  type AnyActorRef,
  type InspectionEvent,
  type Observer,
} from 'xstate';
import type { Broker } from './broker.ts';
import { Admission } from './admission.ts';
import { MemoryBroker } from './brokers/memory.ts';
import { redisBrokerMachine } from './brokers/redis/machine.ts';
import { logBroker } from './brokers/redis/watch.ts';
import { RedisBroker } from './brokers/redis.ts';
import { systemClock, type Clock } from './clock.ts';
import { ConfigError, defineConfig, type Config } from './config.ts';
import { Connections } from './connections.ts';
import {
  figuresOfAll,
  type Figures,
  type FiguresSource,
  type Stats,
  type Topic,
  type WorkerPlace,
} from './figures.ts';
import { addressesOf, Doors } from './doors.ts';
import { createHttp } from './http.ts';
import { Hub } from './hub.ts';
import { Inspection } from './inspector/inspection.ts';
import { LeakTracker, runningActors } from './leaks.ts';
import { isLimiting, type Limits } from './limits.ts';
import { MemoryLimits } from './limits/memory.ts';
import { RedisLimits } from './limits/redis.ts';
import { Metrics } from './metrics.ts';
import { packageVersion } from './package-version.ts';
import { Scheduler } from './scheduler.ts';
import { serverMachine, type ServerActor } from './server.ts';
import { topState } from './state-value.ts';
import { createTraffic, type Traffic } from './traffic.ts';
import { WebSocketTransport } from './transports/websocket.ts';
import { serveAnyway, watchAnswers, isForWebSocket, Upgrades } from './upgrade.ts';

export interface ChatServerOptions extends Partial<Config> {
  /** Where it logs: nowhere unless given. */
  readonly logger?: Logger;
  /** Where time comes from. */
  readonly clock?: Clock;
  /** From 0 to below 1: guest names and the spread of a drain. */
  readonly random?: () => number;
  /** Is told what every actor does. */
  readonly inspect?: Inspect;
  /** Given where it is one of several workers, which are one to the world: then its figures are those of all. */
  readonly worker?: WorkerPlace;
}

/** One who watches the actors. */
export type Inspect = Observer<InspectionEvent> | ((event: InspectionEvent) => void);

/** What a server leaves behind. */
export interface StopReport {
  /** How many connections there were in its life; all are closed. */
  readonly connections: number;
  readonly closedByCode: ReadonlyMap<number, number>;
  /** The names of what is still alive: none, or there is a bug. */
  readonly leaks: readonly string[];
}

export class ChatServer {
  readonly config: Config;
  readonly actor: ServerActor;
  readonly hub: Hub;
  readonly connections: Connections;
  readonly traffic: Traffic = createTraffic();
  readonly #broker: Broker;
  readonly #redis: RedisBroker | undefined;
  readonly #sharedLimits: RedisLimits | undefined;
  readonly #leaks: LeakTracker;
  readonly #metrics: Metrics;
  readonly #logger: Logger;
  readonly #admission: Admission;
  readonly #random: () => number;
  readonly #upgrades: Upgrades;
  readonly #inspection: Inspection;
  readonly #worker: WorkerPlace | undefined;
  // Read at once: what is installed later is not what runs.
  readonly #version = packageVersion();
  #starting: Promise<void> | undefined;
  #startedAt = 0;
  #http: FastifyInstance | undefined;
  #doors: Doors | undefined;
  /** Whether it was told to listen no more, for others do where it did. */
  #hasLeftItsPlace = false;
  #lastFigures: Figures | undefined;

  constructor({
    logger,
    clock,
    random = Math.random,
    inspect: observer,
    worker,
    ...overrides
  }: ChatServerOptions = {}) {
    const config = defineConfig(overrides);
    if (config.workers > 0)
      throw new ConfigError('--workers: a server is one process; hubbub serve has them');
    this.config = config;
    this.#random = random;
    this.#logger = logger ?? pino({ level: 'silent' });
    this.#worker = worker;
    const inspect = observer === undefined ? undefined : harmless(observer, this.#logger);
    this.#leaks = new LeakTracker({ clock: clock ?? systemClock, processResources: false });
    const trackedClock = this.#leaks.clock;
    const { traffic } = this;

    const hasRedis = config.redis.length > 0;
    if (hasRedis && isLimiting(config)) this.#sharedLimits = this.#createSharedLimits(trackedClock);
    if (hasRedis) this.#redis = this.#createRedisBroker(trackedClock, this.#sharedLimits);
    this.#broker = this.#redis ?? new MemoryBroker({ clock: trackedClock, limits: config });
    const limits: Limits = this.#sharedLimits ?? new MemoryLimits({ settings: config, clock: trackedClock });
    const hub = new Hub({
      broker: this.#broker,
      clock: trackedClock,
      config,
      traffic,
      limits: config.userRate > 0 ? limits : undefined,
    });
    const connections = new Connections({
      hub,
      config,
      clock: trackedClock,
      traffic,
      logger: this.#logger,
    });
    this.hub = hub;
    this.connections = connections;
    this.#metrics = new Metrics({
      connections,
      hub,
      traffic,
      brokerState: () => this.brokerState,
      redis: this.#redis,
      sharedLimits: this.#sharedLimits,
    });
    const machine =
      this.#redis === undefined
        ? serverMachine
        : serverMachine.provide({ actors: { broker: redisBrokerMachine } });
    this.actor = createActor(machine, {
      id: 'server',
      clock: trackedClock,
      ...(inspect === undefined ? {} : { inspect }),
      input: {
        hub,
        brokerInput: { broker: this.#redis, timeouts: config },
        connections,
        clock: trackedClock,
        random,
        timeouts: config,
        listen: () => this.#listen(),
        release: () => this.#release(),
      },
    });
    Scheduler.install(this.actor.system, trackedClock);
    this.#admission = new Admission({
      config,
      connections,
      limits,
      isDraining: () => !this.#takesConnections,
      areOthersThere: () => this.#hasLeftItsPlace,
    });
    this.#upgrades = new Upgrades({
      echo: config.echo,
      admission: this.#admission,
      connections,
      transport: new WebSocketTransport(config),
      random,
      logger: this.#logger,
    });
    this.#inspection = new Inspection({
      server: this.actor,
      hub,
      connections,
      traffic,
      config,
      clock: trackedClock,
      logger: this.#logger,
      isReady: () => this.isReady,
      worker: worker?.number,
      brokerState: () => this.brokerState,
      brokerLoad: this.#redis,
    });
    let state = '';
    this.actor.subscribe((snapshot) => {
      const now = topState(snapshot.value);
      if (now !== state) this.#logger.debug({ state: now }, `server ${now}`);
      state = now;
    });
    connections.onEmpty = () => this.actor.send({ type: 'emptied' });
    // A server that has stopped has let go of its children: the registry still knows who did not end.
    this.#leaks.watch('connection', () => [...connections].flatMap(({ actor }) => runningActors(actor)));
    this.#leaks.watch('hub', () => hub.remains());
    this.#leaks.watch('server', () => runningActors(this.actor));
  }

  /** Where it listens, as `http://host:port`. @throws before it does. */
  get url(): string {
    const { url } = this.actor.getSnapshot().context;
    if (url === undefined) throw new Error('the server has no URL before start() has resolved');
    return url;
  }

  get isReady(): boolean {
    return this.actor.getSnapshot().matches('listening');
  }

  /** The state of the broker: `local`, `connecting`, `ready`, `degraded`, `stopping` or `stopped`. */
  get brokerState(): string {
    const broker = this.#brokerActor;
    return broker === undefined ? 'stopped' : topState(broker.getSnapshot().value);
  }

  /** Whether somebody may watch its actors: see `inspector` and `inspectToken`. */
  get hasInspector(): boolean {
    return this.#inspection.routes.guard.isOpen;
  }

  /** Begins to listen. @throws the system's error where it cannot, such as EADDRINUSE. */
  async start(): Promise<void> {
    if (this.actor.getSnapshot().status === 'done' && this.#starting !== undefined) {
      await this.#starting;
      throw new Error('a server that was stopped does not start again: create another one');
    }
    this.#starting ??= this.#start();
    return this.#starting;
  }

  /** Resolves once it listens and its broker is there; never, where that does not come to be. */
  async whenReady(): Promise<void> {
    await this.start();
    const broker = this.#brokerActor;
    if (broker === undefined) return;
    await new Promise<void>((resolve) => {
      const look = () => {
        if (this.#readiness() !== 'ready') return;
        subscription.unsubscribe();
        resolve();
      };
      const subscription = broker.subscribe(look);
      look();
    });
  }

  /** Takes no connection any more, so that others who listen at the same place get them. Those that it has stay. */
  stopListening(): void {
    this.#hasLeftItsPlace = true;
    void this.#doors?.close();
  }

  /** What this process counts, of one kind; of a server that was stopped, what it had counted. */
  async figures<T extends Topic>(topic: T): Promise<Figures[T]> {
    if (this.#lastFigures !== undefined) return this.#lastFigures[topic];
    const read: { [K in Topic]: () => Figures[K] | Promise<Figures[K]> } = {
      stats: () => this.#stats(),
      metrics: () => this.#metrics.samples(),
    };
    return read[topic]();
  }

  /** Drains: resolves once every connection is closed and everything is let go of. It may be called again. */
  async stop(): Promise<StopReport> {
    if (this.#starting !== undefined) {
      // A server that could not start has let go of everything already.
      const started = await this.#starting.then(
        () => true,
        () => false,
      );
      this.actor.send({ type: 'drain' });
      if (started) await toPromise(this.actor);
    }
    await this.#inspection.close();
    const { total, closedByCode } = this.connections;
    const { error, url } = this.actor.getSnapshot().context;
    const failed = url !== undefined && error !== undefined;
    const unreleased = failed ? [`HTTP server: ${(error as Error).message}`] : [];
    return { connections: total, closedByCode, leaks: [...this.#leaks.alive(), ...unreleased] };
  }

  async #start(): Promise<void> {
    this.#startedAt = this.#leaks.clock.now();
    try {
      await this.#inspection.start();
    } catch (error) {
      await this.#inspection.close();
      throw error;
    }
    this.actor.start();
    const broker = this.#brokerActor;
    if (this.#redis !== undefined && broker !== undefined) logBroker(broker, this.#logger);
    await waitFor(this.actor, (snapshot) => !snapshot.matches('starting'), { timeout: Infinity });
    const { context } = this.actor.getSnapshot();
    if (context.url !== undefined) return;
    await this.#release();
    await this.#inspection.close();
    throw context.error;
  }

  async #listen(): Promise<string> {
    const { hub, connections, config } = this;
    const http = await createHttp({
      broker: this.#broker,
      hub,
      connections,
      figures: this.#figuresSource(),
      logger: this.#logger,
      admission: this.#admission,
      inspector: this.#inspection.routes,
      config,
      clock: this.#leaks.clock,
      random: this.#random,
      readiness: () => this.#readiness(),
    });
    this.#http = http;
    const owesAnswer = watchAnswers(http.server);
    http.server.on('upgrade', (request, tcp, head) => {
      if (owesAnswer(tcp as NetSocket)) tcp.destroy();
      else if (!isForWebSocket(request)) serveAnyway(http.server, request, tcp as NetSocket, head);
      else if (this.#inspection.isFor(request)) this.#inspection.handle(request, tcp as NetSocket, head);
      else this.#upgrades.handle(request, tcp as NetSocket, head);
    });
    this.#metrics.start();
    this.#doors = new Doors(http, this.#logger);
    return this.#doors.open(await addressesOf(config.host), config.port);
  }

  /** From the moment at which the port is open, which is before it is known to be, until it drains. */
  get #takesConnections(): boolean {
    const snapshot = this.actor.getSnapshot();
    return snapshot.matches('starting') || snapshot.matches('listening');
  }

  get #brokerActor(): AnyActorRef | undefined {
    return this.actor.getSnapshot().children['broker'] as AnyActorRef | undefined;
  }

  #createSharedLimits(clock: Clock): RedisLimits {
    return new RedisLimits({
      settings: this.config,
      clock,
      report: (err) => this.#logger.warn({ err, stage: 'limits' }, 'Redis failed'),
      onShared: (isShared) => {
        if (isShared) this.#logger.info('limits are shared with all servers');
        else this.#logger.warn('limits are this server’s own until Redis answers again');
      },
    });
  }

  #createRedisBroker(clock: Clock, limits: RedisLimits | undefined): RedisBroker {
    return new RedisBroker({
      urls: this.config.redis,
      clock,
      limits: this.config,
      report: (stage, err) => this.#logger.warn({ err, stage }, 'Redis failed'),
      tellers: limits === undefined ? [] : [limits],
    });
  }

  #readiness(): string {
    if (!this.isReady) return 'draining';
    const { brokerState } = this;
    return brokerState === 'ready' || brokerState === 'local' ? 'ready' : `broker ${brokerState}`;
  }

  #stats(): Stats {
    const { channels, rooms } = this.hub.view();
    const { connections, traffic } = this;
    return {
      totalConnections: connections.total,
      activeConnections: connections.size,
      messagesReceived: traffic.messagesIn,
      messagesSent: traffic.deliveries,
      rooms,
      channels: channels.map(({ name, depth, capacity, parked }) => {
        return { name, depth, capacity, parked: parked.length };
      }),
      closedByCode: Object.fromEntries(connections.closedByCode),
      broker: this.brokerState,
      uptimeSeconds: Math.round((this.#leaks.clock.now() - this.#startedAt) / 1_000),
      version: this.#version,
    };
  }

  #figuresSource(): FiguresSource {
    const { contentType } = this.#metrics;
    if (this.#worker !== undefined) return figuresOfAll(this.#worker.ask, contentType);
    return { contentType, stats: async () => this.#stats(), metrics: () => this.#metrics.text() };
  }

  async #release(): Promise<void> {
    this.#lastFigures = { stats: this.#stats(), metrics: await this.#metrics.samples() };
    this.#metrics.stop();
    const broker = this.#brokerActor;
    if (broker?.getSnapshot().status === 'active') await toPromise(broker);
    const http = this.#http;
    if (http === undefined) return;
    // Those who watch may watch the drain to its end, but not hold it up.
    this.#inspection.dismiss();
    // Idle connections end at once; a request in hand gets the grace that connections get.
    const impatience = setTimeout(() => http.server.closeAllConnections(), this.config.drainGraceMs);
    const doors = this.#doors?.close();
    await http.close();
    await doors;
    clearTimeout(impatience);
  }
}

export function createChatServer(options: ChatServerOptions = {}): ChatServer {
  return new ChatServer(options);
}

/** What an observer throws would break the actor that it observes: it is logged, and the observer told no more. */
function harmless(observer: Inspect, logger: Logger): Inspect {
  let broken = false;
  return (event) => {
    if (broken) return;
    try {
      if (typeof observer === 'function') observer(event);
      else observer.next?.(event);
    } catch (err) {
      broken = true;
      logger.error({ err }, 'the inspect observer threw, and is told no more');
    }
  };
}
