/** The play: a cluster, an audience that talks, and what happens to them, by a script or by whoever sits before it. */
import { setTimeout as delay } from 'node:timers/promises';
import { Audience, type Totals } from './audience.ts';
import { Cluster } from './cluster.ts';
import type { Display } from './display.ts';
import { showDeed, type Deed } from './script.ts';
import { clock, type ClusterView } from './view.ts';

export interface PlayOptions {
  readonly members: number;
  readonly rooms: number;
  readonly paceMs: number;
  /** How long there is quiet before and after each step of the script. */
  readonly calmMs: number;
  readonly script: readonly Deed[];
  /** How long it lasts at least; for ever where it is Infinity. */
  readonly forMs: number;
  readonly signal: AbortSignal;
  readonly display: Display;
  /** Is told of the cluster once it is up, and how to do something to it. */
  readonly onUp?: (cluster: Cluster, perform: (deed: Deed) => void) => void;
}

export interface Outcome {
  readonly totals: Totals;
  /** What was neither heard nor told of by a gap. */
  readonly lost: number;
}

const nodes = 3;
const frameMs = 100;
const lookMs = 500;
const mostEvents = 1_000;

/** Plays it to its end; whatever that is, nothing is left running. @throws Error where it cannot begin. */
export async function play(options: PlayOptions): Promise<Outcome> {
  const cluster = await Cluster.start(nodes);
  try {
    const audience = await Audience.join({ ...options, url: cluster.url });
    try {
      return await new Play(options, cluster, audience).run();
    } finally {
      await audience.leave();
    }
  } finally {
    await cluster.end();
  }
}

class Play {
  readonly #options: PlayOptions;
  readonly #cluster: Cluster;
  readonly #audience: Audience;
  readonly #events: string[] = [];
  readonly #perSecond: number[] = [];
  readonly #startedAt = performance.now();
  #heardBefore = 0;

  constructor(options: PlayOptions, cluster: Cluster, audience: Audience) {
    this.#options = options;
    this.#cluster = cluster;
    this.#audience = audience;
  }

  async run(): Promise<Outcome> {
    const { display, onUp } = this.#options;
    const timers = [
      setInterval(() => display.show(this.#view()), frameMs),
      setInterval(() => this.#look(), lookMs),
      setInterval(() => this.#count(), 1_000),
    ];
    try {
      this.#tell(`${nodes} servers are up; ${this.#audience.size} members talk`);
      this.#audience.talk();
      onUp?.(this.#cluster, (deed) => void this.#perform(deed));
      await this.#pass();
      this.#tell('the end: all that was said is waited for');
      await this.#cluster.heal();
      const lost = await this.#audience.hush();
      display.show(this.#view());
      return { totals: this.#audience.totals, lost };
    } finally {
      for (const timer of timers) clearInterval(timer);
    }
  }

  /** Lets time pass, and does what the script says meanwhile. */
  async #pass(): Promise<void> {
    const { script, calmMs, forMs, signal } = this.#options;
    const time = (ms: number) => delay(ms, undefined, { signal }).catch(() => undefined);
    for (const deed of script) {
      await time(calmMs);
      if (signal.aborted) return;
      await this.#perform(deed);
    }
    await time(calmMs);
    while (this.#elapsedMs < forMs && !signal.aborted) await time(Math.min(1_000, forMs));
  }

  get #elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  async #perform(deed: Deed): Promise<void> {
    this.#tell(showDeed(deed));
    if (!(await this.#cluster.perform(deed))) this.#tell(`${showDeed(deed)}: not as it is now`);
  }

  #tell(event: string): void {
    this.#events.push(`${clock(this.#elapsedMs / 1_000)}  ${event}`);
    if (this.#events.length > mostEvents) this.#events.shift();
  }

  #look(): void {
    for (const node of this.#cluster.nodes) void node.look();
  }

  #count(): void {
    const { delivered } = this.#audience.totals;
    this.#perSecond.push(delivered - this.#heardBefore);
    if (this.#perSecond.length > mostEvents) this.#perSecond.shift();
    this.#heardBefore = delivered;
  }

  #view(): ClusterView {
    const { nodes: all, redisState, redisPid } = this.#cluster;
    return {
      seconds: this.#elapsedMs / 1_000,
      nodes: all,
      redis: { state: redisState, pid: redisPid },
      members: this.#audience.size,
      open: this.#audience.open,
      totals: this.#audience.totals,
      perSecond: this.#perSecond,
      events: this.#events,
    };
  }
}
