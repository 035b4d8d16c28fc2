/** Anyone's XState systems as what is inspected: the roots that report to one `inspect` observer. */
import type { AnyActorRef, InspectionEvent } from 'xstate';
import type { Description, Subject, SubjectGauges } from './subject.ts';

/** XState's `ProcessingStatus.Stopped`, which it does not export. */
const STOPPED = 2;

export class SystemSubject implements Subject {
  readonly title: string;
  readonly contentShown = true;
  readonly #roots = new Map<string, AnyActorRef>();
  #hear: ((root: AnyActorRef) => void) | undefined;
  #roomBeforeSweep = 64;

  constructor(title: string) {
    this.title = title;
  }

  /** The observer for `createActor(machine, { inspect })`. It never throws. */
  observe(event: InspectionEvent): void {
    // Each event of an actor is told of several times: once is enough to know that its system is there.
    if (event.type !== '@xstate.actor' && event.type !== '@xstate.snapshot') return;
    if (!this.#roots.has(event.rootId)) this.#add(rootOf(event.actorRef as AnyActorRef));
    else if (event.type === '@xstate.snapshot' && event.actorRef.sessionId === event.rootId) {
      if (event.snapshot.status !== 'active') this.#roots.delete(event.rootId);
    }
  }

  now(): number {
    return Date.now();
  }

  roots(): Iterable<AnyActorRef> {
    return this.#roots.values();
  }

  onRoot(hear: ((root: AnyActorRef) => void) | undefined): void {
    this.#hear = hear;
  }

  describe(): Description {
    return { type: 'other' };
  }

  contextOf(_actor: AnyActorRef, context: object): unknown {
    return context;
  }

  childCountOf(): undefined {
    return undefined;
  }

  factsOf(): undefined {
    return undefined;
  }

  /** XState has no plane but that of control. */
  tap(): void {
    return undefined;
  }

  gauges(): SubjectGauges {
    return { channels: [] };
  }

  figures(): [] {
    return [];
  }

  #add(root: AnyActorRef): void {
    if (isStopped(root)) return;
    this.#roots.set(root.sessionId, root);
    // One whose transition threw ended without a word: such are looked for whenever the roots have doubled.
    if (this.#roots.size > this.#roomBeforeSweep) {
      for (const [id, other] of this.#roots) if (isStopped(other)) this.#roots.delete(id);
      this.#roomBeforeSweep = Math.max(64, 2 * this.#roots.size);
    }
    this.#hear?.(root);
  }
}

function rootOf(actor: AnyActorRef): AnyActorRef {
  return actor._parent === undefined ? actor : rootOf(actor._parent);
}

function isStopped(actor: AnyActorRef): boolean {
  return (actor as { _processingStatus?: number })._processingStatus === STOPPED;
}
