/**
 * Leaks are what is still alive when it should be gone, by name: goleak for XState actors.
 *
 * ```ts
 * const leaks = trackActors();
 * const actor = createActor(machine, { inspect: leaks.inspect }).start();
 * …
 * await leaks.expectNone(); // throws: actor door (open.waiting), last event knock
 * ```
 */
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { AnyActorRef, InspectionEvent } from 'xstate';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { TrackedClock } from './leaks/clock.ts';
import { beyond, describeActor, isRunning, pathOf } from './leaks/names.ts';
import { ProcessResources } from './leaks/process.ts';

/** Stops and socket ends need a few turns of the event loop, so these are waited for before any time is. */
const QUICK_TURNS = 20;
const PAUSE_MS = 5;
/** How many stopped actors may be forgotten for each that starts: above one, so that they never pile up. */
const SWEPT_PER_START = 2;
const MAX_LISTED = 100;

export interface LeakOptions {
  /** What `leaks.clock` passes timers on to: the system's clock unless given. */
  clock?: Clock;
  /** Whether the process's own handles and timers count: yes unless false, which suits a library in another's process. */
  processResources?: boolean;
}

/** Begins tracking. What the process holds at this moment is the first baseline. */
export function trackActors(options: LeakOptions = {}): LeakTracker {
  return new LeakTracker(options);
}

/** Thrown by `expectNone`: its message lists each leak by name. */
export class LeakError extends Error {
  override readonly name = 'LeakError';
  readonly leaks: readonly string[];

  constructor(leaks: readonly string[]) {
    const lines = leaks.slice(0, MAX_LISTED).map((leak) => `\n  - ${leak}`);
    const more = leaks.length > MAX_LISTED ? `\n  … and ${leaks.length - MAX_LISTED} more` : '';
    super(`${leaks.length} left alive:${lines.join('')}${more}`);
    this.leaks = leaks;
  }
}

/**
 * Knows what is alive: actors that report to `inspect`, their delayed events, timers set through `clock`, what watched
 * sources name, and the process's handles and timers (those that keep it running; unref'ed ones do not count).
 *
 * Nothing obliges an actor to report: without `inspect` the rest still works, at no cost while it runs.
 */
export class LeakTracker {
  /** Timers set through this clock are named until they fire or are cleared. Give it to actors and to code alike. */
  readonly clock: TrackedClock;
  readonly #resources: ProcessResources | undefined;
  readonly #sources = new Map<string, () => readonly string[]>();
  /** Running actors, and stopped ones not yet swept, each with the type of its last event. */
  readonly #actors = new Map<AnyActorRef, string>();
  #sweep = this.#actors.keys();
  #stopped = false;
  #trackerErrors: readonly string[] = [];
  #knownActors = new WeakSet<AnyActorRef>();
  #knownNames: readonly string[] = [];

  constructor(options: LeakOptions = {}) {
    this.clock = new TrackedClock(options.clock ?? systemClock);
    if (options.processResources !== false) this.#resources = new ProcessResources();
  }

  /** How many actors are remembered now: never much more than are running. */
  get trackedActors(): number {
    return this.#actors.size;
  }

  /**
   * The observer for `createActor(machine, { inspect })`: it sees the actor and all below it. Given to `system.inspect()`
   * later, it sees each actor from that one's next event on.
   */
  readonly inspect = (event: InspectionEvent): void => {
    if (event.type !== '@xstate.event' || this.#stopped) return;
    // What an observer throws breaks the actor that it observes, so it is told as a leak instead.
    try {
      this.#note(event.actorRef as AnyActorRef, event.event.type);
    } catch (error) {
      this.#trackerErrors = [`tracker: cannot follow an actor (${String(error)})`];
    }
  };

  /**
   * Watches a source of other things that may be left (parked senders, sockets, …): it names each that is there now.
   * A name that is watched already gets this source instead.
   */
  watch(name: string, source: () => readonly string[]): void {
    this.#sources.set(name, source);
  }

  /** Says that what is alive now is no leak. To be called after warm-up, when everything is up that is meant to stay. */
  baseline(): void {
    this.#knownActors = new WeakSet(this.#running());
    const { names, timers } = this.#others();
    this.#knownNames = names;
    this.#resources?.baseline(timers);
  }

  /** Names everything that is alive now beyond the baseline. */
  alive(): readonly string[] {
    const actors = this.#running().filter((actor) => !this.#knownActors.has(actor));
    const { names, timers } = this.#others();
    return [
      ...actors.map((actor) => `${describeActor(actor)}, last event ${this.#actors.get(actor) ?? 'unknown'}`),
      ...beyond(this.#knownNames, names),
      ...(this.#resources?.alive(timers) ?? []),
    ];
  }

  /**
   * Waits until nothing is left, turn by turn, then in short pauses.
   * @param options.withinMs counts only the pauses, so that a busy machine gets more time and not less.
   * @throws LeakError if something still is.
   */
  async expectNone({ withinMs = 1_000 }: { withinMs?: number } = {}): Promise<void> {
    let left = this.alive();
    for (let turn = 0; left.length > 0 && turn < QUICK_TURNS; turn += 1) {
      await nextTurn();
      left = this.alive();
    }
    for (let waitedMs = 0; left.length > 0 && waitedMs < withinMs; waitedMs += PAUSE_MS) {
      await pause(PAUSE_MS);
      left = this.alive();
    }
    if (left.length > 0) throw new LeakError(left);
  }

  /** Forgets all actors and sources, and follows no new actor. */
  stop(): void {
    this.#stopped = true;
    this.#actors.clear();
    this.#sources.clear();
  }

  #note(actor: AnyActorRef, lastEvent: string): void {
    if (!isRunning(actor)) return;
    const isNew = !this.#actors.has(actor);
    this.#actors.set(actor, lastEvent);
    if (isNew) this.#forgetSome();
  }

  /** Takes the sweep a little further round the map: a stop sends no event, so stopped actors must be looked for. */
  #forgetSome(): void {
    for (let i = 0; i < SWEPT_PER_START; i += 1) {
      const { value: actor } = this.#sweep.next();
      if (actor === undefined) this.#sweep = this.#actors.keys();
      else if (!isRunning(actor)) this.#actors.delete(actor);
    }
  }

  #running(): AnyActorRef[] {
    for (const actor of this.#actors.keys()) if (!isRunning(actor)) this.#actors.delete(actor);
    return [...this.#actors.keys()];
  }

  /** Names of all that is no actor, the baseline's too; and how many of the process's timers are known by them. */
  #others(): { names: string[]; timers: number } {
    const systems = new Set([...this.#actors.keys()].map((actor) => actor.system));
    const delayed = [...systems].flatMap((system) => Object.values(system.getSnapshot()._scheduledEvents));
    const viaClock = delayed.filter(({ source }) => source.system._clock === this.clock);
    const inClock = this.clock.pending(viaClock.map(({ delay }) => delay));
    // An `after` belongs to a state that its actor is in: one that may live may have it. Other delayed events can pile up.
    const leakable = delayed.filter(
      ({ source, event }) => !(this.#knownActors.has(source) && isAfter(event.type)),
    );
    const names = [
      ...leakable.map(
        ({ source, delay, event }) => `timer of ${pathOf(source)}: after ${delay} ms → ${event.type}`,
      ),
      ...inClock,
      ...[...this.#sources].flatMap(([name, source]) => ask(name, source)),
      ...this.#trackerErrors,
    ];
    return { names, timers: delayed.length - viaClock.length + this.clock.timers };
  }
}

/** Names the actor, if it runs, and all running actors below it, without an observer: for `watch`, where inspection would cost. */
export function runningActors(root: AnyActorRef): readonly string[] {
  const { children = {} } = root.getSnapshot() as { children?: Record<string, AnyActorRef | undefined> };
  const below = Object.values(children).flatMap((child) => (child === undefined ? [] : runningActors(child)));
  return isRunning(root) ? [describeActor(root), ...below] : below;
}

/** An event that XState itself sends to end an `after`. */
function isAfter(eventType: string): boolean {
  return eventType.startsWith('xstate.after.');
}

/** A source that cannot tell is no proof that nothing is left. */
function ask(name: string, source: () => readonly string[]): string[] {
  try {
    return source().map((item) => `${name}: ${item}`);
  } catch (error) {
    return [`${name}: cannot tell (${String(error)})`];
  }
}
