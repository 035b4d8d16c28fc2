/**
 * The scheduler keeps the delayed events of one actor system by the actor that they belong to.
 *
 * XState's own keeps all of a system's in one object, under a name that no other timer ever has: that makes a hidden
 * class for each, and every actor that stops looks through all of them. With this one, thousands of connections can be
 * actors of one system.
 */
import type { AnyActorRef, EventObject } from 'xstate';
import type { Clock } from './clock.ts';

/** An event that an actor is to get, unless it is cancelled before. */
export interface DelayedEvent {
  readonly source: AnyActorRef;
  readonly target: AnyActorRef;
  readonly event: EventObject;
  /** In milliseconds. */
  readonly delay: number;
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

interface Timer extends DelayedEvent {
  handle: unknown;
  /** The next one of the same source. */
  next: Timer | undefined;
}

export class Scheduler {
  readonly #clock: Clock;
  // An actor has one or two at a time, so they are a chain and no map.
  readonly #first = new Map<AnyActorRef, Timer>();

  private constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Has a system that was not started yet, so that nothing is delayed in it, use one of these. */
  static install(system: AnyActorRef['system'], clock: Clock): void {
    const scheduler = new Scheduler(clock);
    system.scheduler = scheduler;
    system.getSnapshot = () => ({ _scheduledEvents: scheduler.#all() });
  }

  schedule(source: AnyActorRef, target: AnyActorRef, event: EventObject, delay: number, id = ''): void {
    const startedAt = this.#clock.now();
    const next = this.#first.get(source);
    const timer: Timer = { source, target, event, delay, id, startedAt, handle: undefined, next };
    timer.handle = this.#clock.setTimeout(() => {
      this.#remove(timer);
      relay(timer);
    }, delay);
    this.#first.set(source, timer);
  }

  cancel(source: AnyActorRef, id: string): void {
    for (const timer of this.of(source)) {
      if (timer.id !== id) continue;
      this.#clock.clearTimeout(timer.handle);
      this.#remove(timer);
      return;
    }
  }

  cancelAll(source: AnyActorRef): void {
    for (const { handle } of this.of(source)) this.#clock.clearTimeout(handle);
    this.#first.delete(source);
  }

  /** What is pending for one actor, the latest first. */
  *of(source: AnyActorRef): Generator<Timer> {
    for (let timer = this.#first.get(source); timer !== undefined; timer = timer.next) yield timer;
  }

  #all(): Record<string, DelayedEvent> {
    const all: DelayedEvent[] = [];
    for (const source of this.#first.keys()) all.push(...this.of(source));
    // By their numbers, for not all of them have names.
    return Object.fromEntries(all.entries());
  }

  #remove(timer: Timer): void {
    const first = this.#first.get(timer.source);
    if (first === timer && timer.next === undefined) this.#first.delete(timer.source);
    else if (first === timer) this.#first.set(timer.source, timer.next as Timer);
    else for (const before of this.of(timer.source)) if (before.next === timer) before.next = timer.next;
  }
}

/** Sends as from the source, for those who watch; XState has no public way to. */
function relay({ source, target, event }: DelayedEvent): void {
  const system = target.system as AnyActorRef['system'] & {
    _relay(source: AnyActorRef, target: AnyActorRef, event: EventObject): void;
  };
  system._relay(source, target, event);
}
