/**
 * Subject is the port to what is inspected: hubbub's own server, or any XState system.
 *
 * A subject MUST tell every root that it has; MUST NOT throw; and MUST do nothing for those who watch while nobody does.
 */
import type { AnyActorRef } from 'xstate';
import type { ActorType, ChannelRecord, ConnectionFacts, DeliveryRecord, GaugesRecord } from './messages.ts';

/** How an actor is shown. */
export interface Description {
  readonly type: ActorType;
  readonly connection?: ConnectionFacts;
  /** When it began, and what happened to it last, where that is known. */
  readonly since?: number;
  readonly lastEvent?: string;
}

/** What happens on the data plane, told while somebody watches. The ends are actors. */
export interface DataPlaneListener {
  /** Whether there is room for one more record; one that is refused is counted. */
  wants(): boolean;
  channel(from: AnyActorRef | undefined, to: AnyActorRef, what: ChannelFacts): void;
  delivery(from: AnyActorRef, to: AnyActorRef, what: DeliveryFacts): void;
}

export type ChannelFacts = Omit<ChannelRecord, 'seq' | 'at' | 'kind' | 'from' | 'to'>;
export type DeliveryFacts = Omit<DeliveryRecord, 'seq' | 'at' | 'kind' | 'from' | 'to'>;

/** What a subject can say of itself beyond what every process can. */
export type SubjectGauges = Pick<
  GaugesRecord,
  'channels' | 'connections' | 'rooms' | 'outboxes' | 'broker'
> & {
  readonly totals?: Omit<NonNullable<GaugesRecord['totals']>, 'records'>;
};

export interface ConnectionFigures {
  readonly actor: AnyActorRef;
  readonly messagesIn: number;
  readonly messagesOut: number;
  readonly outboxMessages: number;
  readonly outboxBytes: number;
}

export interface Subject {
  readonly title: string;
  /** Whether what people say may be shown. */
  readonly contentShown: boolean;
  now(): number;
  /** The roots that run. */
  roots(): Iterable<AnyActorRef>;
  /** Names the one that hears of each further root, before that starts; undefined silences it. */
  onRoot(hear: ((root: AnyActorRef) => void) | undefined): void;
  describe(actor: AnyActorRef): Description;
  /** What may be shown of an actor's context. */
  contextOf(actor: AnyActorRef, context: object): unknown;
  /** How many actors are below one, where that is known without a list of them. */
  childCountOf(actor: AnyActorRef): number | undefined;
  /** More about an actor, for its details. */
  factsOf(actor: AnyActorRef): unknown;
  tap(listener: DataPlaneListener | undefined): void;
  gauges(): SubjectGauges;
  /** The counters of every connection. */
  figures(): Iterable<ConnectionFigures>;
}
