/** The known actors are those that live, with what is remembered of each between two of its records. */
import type { AnyActorRef, Snapshot } from 'xstate';
import type { Definitions } from './definitions.ts';
import { shownContext, stateIn } from './detail.ts';
import type { Actor, Definition } from './messages.ts';
import type { Subject } from './subject.ts';
import { timersOf } from './timers.ts';

export interface Known {
  readonly id: string;
  readonly definition: Definition | undefined;
  readonly since: number;
  changedAt: number;
  lastEvent: string | undefined;
  context: unknown;
  /** The arrows followed since its last snapshot, and whether any transition was taken. */
  edges: string[];
  moved: boolean;
}

export class KnownActors {
  readonly #subject: Subject;
  readonly #definitions: Definitions;
  readonly #known = new Map<AnyActorRef, Known>();
  readonly #byId = new Map<string, AnyActorRef>();

  constructor(subject: Subject, definitions: Definitions) {
    this.#subject = subject;
    this.#definitions = definitions;
  }

  get size(): number {
    return this.#known.size;
  }

  /** In the order in which they were met. */
  [Symbol.iterator](): IterableIterator<[AnyActorRef, Known]> {
    return this.#known.entries();
  }

  get(actor: AnyActorRef): Known | undefined {
    return this.#known.get(actor);
  }

  find(id: string): AnyActorRef | undefined {
    return this.#byId.get(id);
  }

  meet(actor: AnyActorRef): Known {
    const { since, lastEvent } = this.#subject.describe(actor);
    const now = this.#subject.now();
    const known: Known = {
      id: actor.sessionId,
      definition: this.#definitions.of(actor),
      since: since ?? now,
      changedAt: now,
      lastEvent,
      context: contextIn(actor.getSnapshot() as Snapshot<unknown>),
      edges: [],
      moved: false,
    };
    this.#known.set(actor, known);
    this.#byId.set(known.id, actor);
    return known;
  }

  /** @returns what was known of it. */
  forget(actor: AnyActorRef): Known | undefined {
    const known = this.#known.get(actor);
    if (known === undefined) return undefined;
    this.#known.delete(actor);
    this.#byId.delete(known.id);
    return known;
  }

  clear(): void {
    this.#known.clear();
    this.#byId.clear();
  }

  /** An actor as it is shown. */
  rowOf(actor: AnyActorRef, known: Known): Actor {
    const { id, definition, context, since, changedAt, lastEvent } = known;
    const { type, connection } = this.#subject.describe(actor);
    const parent = actor._parent;
    const snapshot = actor.getSnapshot() as Snapshot<unknown>;
    const timers = definition === undefined ? [] : (timersOf(actor) ?? []);
    return {
      id,
      ...(parent === undefined ? {} : { parent: parent.sessionId }),
      name: actor.id,
      type,
      ...(definition === undefined ? {} : { machine: definition.id }),
      status: snapshot.status,
      ...stateIn(snapshot),
      ...shownContext(this.#subject, actor, context),
      since,
      changedAt,
      ...(lastEvent === undefined ? {} : { lastEvent }),
      ...(timers.length === 0 ? {} : { timers }),
      ...(connection === undefined ? {} : { connection }),
    };
  }
}

export function contextIn(snapshot: Snapshot<unknown>): unknown {
  return (snapshot as { context?: unknown }).context;
}
