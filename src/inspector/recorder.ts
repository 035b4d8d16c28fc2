/**
 * The recorder observes every root actor and writes down what happens as small plain records. It is there only while
 * somebody watches, and whatever goes wrong in it never reaches the actors.
 */
import {
  isMachineSnapshot,
  type AnyActorRef,
  type AnyMachineSnapshot,
  type AnyTransitionDefinition,
  type InspectionEvent,
  type Snapshot,
  type Subscription,
} from 'xstate';
import { isRunning } from '../leaks/names.ts';
import { edgesOf } from './definition.ts';
import type { Definitions } from './definitions.ts';
import { shownContext, stateIn } from './detail.ts';
import { contextIn, KnownActors, type Known } from './known-actors.ts';
import type { Actor, InspectorRecord, Projection } from './messages.ts';
import { project, projectEvent } from './projection.ts';
import type { Ring } from './ring.ts';
import { Sampler } from './sampler.ts';
import type { ChannelFacts, DataPlaneListener, DeliveryFacts, Subject } from './subject.ts';
import { timersOf } from './timers.ts';

export interface RecorderOptions {
  readonly subject: Subject;
  readonly definitions: Definitions;
  readonly ring: Ring;
  /** Is given the text of each record. */
  readonly onRecord: (text: string) => void;
  /** Is told, once, what went wrong in here. */
  readonly onFault: (thrown: unknown) => void;
}

/** A record before it has its number and its time. */
type Unnumbered = InspectorRecord extends infer R
  ? R extends unknown
    ? Omit<R, 'seq' | 'at'>
    : never
  : never;

export class Recorder implements DataPlaneListener {
  readonly sampler = new Sampler();
  /** How many records there were, however few are kept. */
  recorded = 0;
  readonly #options: RecorderOptions;
  readonly #subscriptions = new Map<AnyActorRef, Subscription>();
  readonly #known: KnownActors;
  #runs = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#known = new KnownActors(options.subject, options.definitions);
  }

  get runs(): boolean {
    return this.#runs;
  }

  /** How many actors it knows to be alive. */
  get actors(): number {
    return this.#known.size;
  }

  /** Begins with the actors that there are already: they are the baseline. */
  start(): void {
    if (this.#runs) return;
    this.#runs = true;
    const { subject, ring } = this.#options;
    for (const root of subject.roots()) {
      this.#attach(root);
      this.#safely(() => this.#find(root, (actor) => ring.found(actor)));
    }
    subject.onRoot((root) => this.#welcome(root));
    subject.tap(this);
  }

  /** Lets go of every actor, and forgets what was recorded. */
  stop(): void {
    this.#runs = false;
    const { subject, ring } = this.#options;
    subject.onRoot(undefined);
    subject.tap(undefined);
    for (const subscription of this.#subscriptions.values()) subscription.unsubscribe();
    this.#subscriptions.clear();
    this.#known.clear();
    ring.clear();
  }

  /** The actors as they are now, for one who has missed what led to it. */
  *present(): Generator<Actor> {
    for (const [actor, known] of this.#known) {
      let row: Actor | undefined;
      this.#safely(() => {
        if (isRunning(actor)) row = this.#known.rowOf(actor, known);
      });
      if (row !== undefined) yield row;
    }
  }

  /** The actor of an id, while it is known to live. */
  find(id: string): AnyActorRef | undefined {
    return this.#known.find(id);
  }

  /** Notes the end of actors that ended without a word: XState says nothing of one whose transition threw. */
  sweep(): void {
    this.#safely(() => {
      for (const [actor] of this.#known) if (!isRunning(actor)) this.#ended(actor, endOf(actor));
    });
  }

  /** Writes down a record that is not of one actor. */
  note(record: Unnumbered): void {
    this.#safely(() => this.#record(record));
  }

  // The control plane

  #welcome(root: AnyActorRef): void {
    this.#attach(root);
    // One that runs already was there before it was told: what it is now is its beginning for us.
    this.#safely(() => this.#find(root, (actor) => this.#record({ kind: 'spawn', actor })));
  }

  #attach(root: AnyActorRef): void {
    if (this.#subscriptions.has(root)) return;
    this.#subscriptions.set(
      root,
      root.system.inspect((event) => this.#safely(() => this.#observe(event))),
    );
  }

  /** What an observer throws would break the actor that it observes. */
  #safely(work: () => void): void {
    try {
      work();
    } catch (thrown) {
      this.#options.onFault(thrown);
    }
  }

  #observe(event: InspectionEvent): void {
    if (!this.#runs) return;
    const actor = event.actorRef as AnyActorRef;
    switch (event.type) {
      case '@xstate.event':
        return this.#sent(actor, event.sourceRef as AnyActorRef | undefined, event.event);
      case '@xstate.microstep':
        return this.#stepped(actor, event._transitions);
      case '@xstate.snapshot':
        return this.#changed(actor, event.snapshot, event.event.type);
      case '@xstate.actor': // not started yet, and may never be
      case '@xstate.action': // what it led to is told by itself
      case '@xstate.transition': // never told
        return;
      default:
        // A later XState may tell more.
        return;
    }
  }

  #sent(actor: AnyActorRef, source: AnyActorRef | undefined, event: { type: string }): void {
    if (event.type === 'xstate.init') {
      this.#spawned(actor);
      return;
    }
    const known = this.#known.get(actor);
    // Whoever ended, or was here before us and not found, has no record of its own for this to belong to.
    if (known === undefined) return;
    known.lastEvent = event.type;
    const from = source === undefined ? undefined : this.#known.get(source)?.id;
    const data = projectEvent(event);
    this.#record({
      kind: 'event',
      to: known.id,
      ...(from === undefined ? {} : { from }),
      type: event.type,
      ...(data === undefined ? {} : { data }),
    });
  }

  #stepped(actor: AnyActorRef, transitions: readonly AnyTransitionDefinition[]): void {
    const known = this.#known.get(actor);
    if (known?.definition === undefined) return;
    for (const transition of transitions) {
      known.moved = true;
      known.edges.push(...edgesOf(transition, known.definition.states));
    }
  }

  #changed(actor: AnyActorRef, snapshot: Snapshot<unknown>, type: string): void {
    const known = this.#known.get(actor);
    if (known === undefined) return;
    if (isMachineSnapshot(snapshot)) this.#moved(actor, known, snapshot, type);
    else if (contextIn(snapshot) !== known.context) this.#updated(actor, known, contextIn(snapshot), type);
    if (snapshot.status !== 'active') this.#ended(actor, snapshot);
  }

  #moved(actor: AnyActorRef, known: Known, snapshot: AnyMachineSnapshot, type: string): void {
    const { edges, moved } = known;
    known.edges = [];
    known.moved = false;
    known.lastEvent = type;
    const ignored = !moved && !type.startsWith('xstate.');
    const timers = timersOf(actor) ?? [];
    const at = this.#record({
      kind: 'transition',
      actor: known.id,
      type,
      ...stateIn(snapshot),
      edges,
      ...(ignored ? { ignored } : {}),
      ...this.#newContext(actor, known, snapshot.context),
      ...(timers.length === 0 ? {} : { timers }),
    });
    if (edges.length > 0) known.changedAt = at;
  }

  #updated(actor: AnyActorRef, known: Known, context: unknown, type: string): void {
    known.lastEvent = type;
    const changes = this.#newContext(actor, known, context);
    this.#record({ kind: 'transition', actor: known.id, type, edges: [], ...changes });
  }

  #newContext(actor: AnyActorRef, known: Known, context: unknown): { context?: Projection } {
    if (context === known.context) return {};
    known.context = context;
    return shownContext(this.#options.subject, actor, context);
  }

  // Births and deaths

  #spawned(actor: AnyActorRef): void {
    const known = this.#known.meet(actor);
    this.#record({ kind: 'spawn', actor: this.#known.rowOf(actor, known) });
  }

  #ended(actor: AnyActorRef, snapshot: Snapshot<unknown>): void {
    const known = this.#known.forget(actor);
    if (known === undefined) return;
    // A child that was done first may tell so last: who is heard no more is up to the system that goes with its root.
    this.#subscriptions.delete(actor);
    const left: unknown = snapshot.status === 'error' ? snapshot.error : snapshot.output;
    this.#record({
      kind: 'stop',
      actor: known.id,
      status: snapshot.status === 'active' ? 'stopped' : snapshot.status,
      ...(left === undefined ? {} : { output: project(left) }),
    });
  }

  /** Tells an actor that was there already, and those below it. */
  #find(actor: AnyActorRef, tell: (row: Actor) => void): void {
    if (!isRunning(actor) || this.#known.get(actor) !== undefined) return;
    tell(this.#known.rowOf(actor, this.#known.meet(actor)));
    for (const child of childrenOf(actor)) this.#find(child, tell);
  }

  /** @returns when it was */
  #record(record: Unnumbered): number {
    const { ring, subject, onRecord } = this.#options;
    const seq = ring.nextSeq;
    const at = subject.now();
    this.recorded += 1;
    onRecord(ring.push({ seq, at, ...record }));
    return at;
  }

  // The data plane

  wants(): boolean {
    return this.sampler.take();
  }

  channel(from: AnyActorRef | undefined, to: AnyActorRef, what: ChannelFacts): void {
    const source = from === undefined ? {} : { from: from.sessionId };
    this.note({ kind: 'channel', ...source, to: to.sessionId, ...what });
  }

  delivery(from: AnyActorRef, to: AnyActorRef, what: DeliveryFacts): void {
    this.note({ kind: 'delivery', from: from.sessionId, to: to.sessionId, ...what });
  }
}

function childrenOf(actor: AnyActorRef): AnyActorRef[] {
  const { children = {} } = actor.getSnapshot() as { children?: Record<string, AnyActorRef | undefined> };
  return Object.values(children).filter((child) => child !== undefined);
}

/** How an actor ended, which may still be `active` by its snapshot. */
function endOf(actor: AnyActorRef): Snapshot<unknown> {
  return actor.getSnapshot() as Snapshot<unknown>;
}
