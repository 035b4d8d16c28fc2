/**
 * The messages between the inspector's server and its page: one closed, versioned protocol, JSON in text frames.
 *
 * How a page starts:
 * 1. It opens a WebSocket to `socket` beside itself (`/inspect/socket`), with `?token=` where its own URL has one.
 * 2. It is told, in this order: `hello`; a `definition` for each kind of machine, which comes again with its chart once
 *    that is drawn; `actors` in one or more parts, the last one with `done`: the baseline, which is what there was before
 *    the oldest record that is kept; the `records` that are kept, with the `figures` that were recorded between them;
 *    the `figures` of all as they are now; and from there on `records` as they are made, at most 20 times a second.
 * 3. It applies each record to what it has (`applyRecord` in timeline.ts). So the state at any moment is the baseline
 *    and the records up to it: that is time travel, and a recording is nothing else than these messages in a file.
 * 4. A page that reads too slowly loses batches. It is told by `lost`, and gets a new baseline: `actors` whose first
 *    part has `anew`, for which it drops all actors that it has, and the `figures` of all. Records before that are then
 *    worth only a look.
 *
 * Ids of actors are XState's session ids (`x:12`), unique in the process. Moments are milliseconds since the epoch.
 * Members that are left out are unknown or do not apply. This file has types alone, so a page can import it.
 */
import type { Command } from './commands.ts';

export type { Command, LabTask } from './commands.ts';

/** Raised when a page of before can no longer read what is sent. */
export type ProtocolVersion = 1;

// Server → page

export type InspectorMessage =
  | Hello // the first one
  | Definition // a kind of machine, before the first actor of it
  | Actors // a baseline, or a part of one
  | Records // what happened, in order
  | Figures // counters of connections, of those that have changed: once a second
  | Detail // all there is to know of an actor that is watched
  | StoryOfOne // the answer to `story`
  | Graveyard // the answer to `graveyard`
  | Lost // the page reads too slowly
  | Answer; // what became of a command that has a `ref`

export interface Hello {
  readonly type: 'hello';
  readonly version: ProtocolVersion;
  /** A recording is all there at once and never goes on; its page cannot control, and asks for no details. */
  readonly mode: 'live' | 'recording';
  /** What is inspected: `hubbub 0.1.0`, a file's name, or what a library's user calls it. */
  readonly title: string;
  /** The server's time now; a recording's end. */
  readonly at: number;
  /** Whether `kick` is obeyed. */
  readonly canControl: boolean;
  /** Whether `lab` is obeyed. */
  readonly hasLab: boolean;
  /** Whether `story` and `graveyard` have something to tell. */
  readonly hasFlights: boolean;
  /** Whether what people say is in the records. */
  readonly contentShown: boolean;
  /** The Stately Inspector's address. Nothing may be loaded from it before the user has clicked: see `/inspect/stately`. */
  readonly statelyUrl?: string;
  readonly kept: { readonly records: number; readonly bytes: number };
}

// Actors

export type ActorType =
  | 'server'
  | 'hub'
  | 'broker'
  | 'connections'
  | 'connection'
  | 'reader'
  | 'writer'
  | 'other';

export type ActorStatus = 'active' | 'done' | 'error' | 'stopped';

/** A machine's state as XState has it: `"closing"` or `{"open": {"heartbeat": "alive"}}`. Bounded in depth: see depth.ts. */
export type StateValue = string | { readonly [region: string]: StateValue };

/** Plain JSON made of anything: bounded in depth and size, errors as name and message, what is no data as `‹Reader›`. */
export type Projection =
  | null
  | boolean
  | number
  | string
  | readonly Projection[]
  | { readonly [name: string]: Projection };

export interface Actor {
  readonly id: string;
  /** The actor below which it is shown. */
  readonly parent?: string;
  /** The name that it goes by: `connection-…`, `reader`, `hub`. */
  readonly name: string;
  readonly type: ActorType;
  /** The id of its `definition`; only machines have one. */
  readonly machine?: string;
  readonly status: ActorStatus;
  /** Only machines have one. */
  readonly value?: StateValue;
  /** Tags of its states, where there are any. */
  readonly tags?: readonly string[];
  readonly context?: Projection;
  /** Since when it has been known. */
  readonly since: number;
  /** When it came into its present state, as far as is known. */
  readonly changedAt: number;
  /** What happened to it last. */
  readonly lastEvent?: string;
  readonly timers?: readonly Timer[];
  readonly connection?: ConnectionFacts;
}

/** What does not change in the life of a connection. Only actors of the type `connection` have it. */
export interface ConnectionFacts {
  /** By this the server knows it: for `story`, `kick` and `lab`. */
  readonly id: string;
  readonly purpose: 'chat' | 'echo' | 'refused';
  readonly room?: string;
  readonly name: string;
  readonly transport: 'websocket' | 'sse' | 'longpoll' | 'memory';
  readonly address: string;
  readonly openedAt: number;
  /** The virtual client that it serves, where it is one of the lab's: only such may be stalled, cut and resumed. */
  readonly lab?: string;
}

/** An event that will come by itself. */
export interface Timer {
  /** Its type, such as `xstate.after.pingPeriod.connection.open.heartbeat.alive`: look it up in `Definition.transitions`. */
  readonly event: string;
  readonly dueAt: number;
  readonly delayMs: number;
}

export interface Actors {
  readonly type: 'actors';
  /** Only in the first part: whatever the page knew before is void. */
  readonly anew?: true;
  /** Only in the last part. */
  readonly done?: true;
  /** Parents before their children. */
  readonly actors: readonly Actor[];
}

// Records

export interface Records {
  readonly type: 'records';
  readonly records: readonly InspectorRecord[];
  /** Records of the data plane that were left out so far, because there were too many in a second. */
  readonly sampledAway: number;
}

interface RecordBase {
  /** Rises by one with each record. One that is missing was lost. */
  readonly seq: number;
  readonly at: number;
}

export type InspectorRecord =
  | SpawnRecord // an actor began
  | EventRecord // an actor was sent an event
  | TransitionRecord // a machine took a transition, or an actor's context changed
  | StopRecord // an actor ended
  | ChannelRecord // a value was offered to one of the hub's channels
  | DeliveryRecord // the hub gave a batch to a writer
  | GaugesRecord; // how full everything was, once a second

export interface SpawnRecord extends RecordBase {
  readonly kind: 'spawn';
  readonly actor: Actor;
}

export interface EventRecord extends RecordBase {
  readonly kind: 'event';
  readonly to: string;
  /** Who sent it; left out where it came from no actor. */
  readonly from?: string;
  readonly type: string;
  /** What it carries besides its type. */
  readonly data?: Projection;
}

export interface TransitionRecord extends RecordBase {
  readonly kind: 'transition';
  readonly actor: string;
  /** The event that caused it; the `event` record with this type before it tells who sent it. */
  readonly type: string;
  /** The state after it; only machines have one. */
  readonly value?: StateValue;
  readonly tags?: readonly string[];
  /** The arrows of the chart that were followed, in order, as keys: see `Definition.svg`. */
  readonly edges: readonly string[];
  /** The machine has no transition for this event in its state: nothing happened. */
  readonly ignored?: true;
  /** The context after it, only where it has changed. */
  readonly context?: Projection;
  /** All that is pending now: none where it is left out. */
  readonly timers?: readonly Timer[];
}

export interface StopRecord extends RecordBase {
  readonly kind: 'stop';
  readonly actor: string;
  readonly status: Exclude<ActorStatus, 'active'>;
  /** What it left: a connection's `{code, reason, by}`, or an error. */
  readonly output?: Projection;
}

export interface ChannelRecord extends RecordBase {
  readonly kind: 'channel';
  readonly channel: 'register' | 'unregister' | 'broadcast';
  readonly what: 'accepted' | 'parked' | 'unparked';
  /** The reader that offered it. */
  readonly from?: string;
  /** The hub. */
  readonly to: string;
  readonly room?: string;
  /** How many characters were said; only of `broadcast`. */
  readonly length?: number;
  /** What was said; only where `contentShown`. */
  readonly content?: string;
}

export interface DeliveryRecord extends RecordBase {
  readonly kind: 'delivery';
  /** The hub. */
  readonly from: string;
  /** The writer. */
  readonly to: string;
  readonly messages: number;
  readonly characters: number;
  /** The messages' types and how many of each: `{"chat": 3, "joined": 1}`. */
  readonly types: Readonly<Record<string, number>>;
  /** The messages themselves, cut short; only where `contentShown`. */
  readonly content?: readonly string[];
}

export interface GaugesRecord extends RecordBase {
  readonly kind: 'gauges';
  /** The hub's mailbox; empty where what is inspected has no hub. */
  readonly channels: readonly ChannelGauge[];
  /** Actors alive. */
  readonly actors: number;
  readonly connections?: { readonly connecting: number; readonly open: number; readonly closing: number };
  readonly rooms?: number;
  readonly outboxes?: OutboxGauge;
  readonly broker?: BrokerGauge;
  /** Totals since the start of the server: rates are differences of two gauges. */
  readonly totals?: Totals;
  readonly eventLoopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly rssBytes: number;
}

export interface ChannelGauge {
  readonly name: string;
  readonly depth: number;
  readonly capacity: number;
  readonly parked: number;
  /** The ids of the connections parked, first come first, the first twenty. */
  readonly parkedIds: readonly string[];
}

export interface OutboxGauge {
  readonly messages: number;
  readonly bytes: number;
  /** What one outbox may hold. */
  readonly capacity: { readonly messages: number; readonly bytes: number };
  /** The fullest, at most ten: ids of connections. */
  readonly fullest: readonly { readonly id: string; readonly messages: number; readonly bytes: number }[];
}

/** Only where the broker is another process: the one in memory is done with everything at once. */
export interface BrokerGauge {
  /** Its machine's: `connecting`, `ready`, `degraded`, `stopping` or `stopped`. */
  readonly state: string;
  /** Published and not acknowledged yet. */
  readonly inFlight: number;
  /** How many may be. */
  readonly window: number;
}

export interface Totals {
  readonly connections: number;
  readonly framesIn: number;
  readonly messagesIn: number;
  readonly deliveries: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Events and transitions recorded since the first viewer came. */
  readonly records: number;
}

// Figures

/** In recordings they come less often where they are many: see recording.ts. */
export interface Figures {
  readonly type: 'figures';
  readonly at: number;
  readonly rows: readonly FigureRow[];
}

/** By its actor's id; the counters are of its whole life. */
export type FigureRow = readonly [
  actor: string,
  messagesIn: number,
  messagesOut: number,
  outboxMessages: number,
  outboxBytes: number,
];

// Definitions

export interface Definition {
  readonly type: 'definition';
  /** What `Actor.machine` names. */
  readonly id: string;
  /** The machine's own name: its `id` in XState. */
  readonly name: string;
  /**
   * The chart, without colours: its paints are `var(--chart-…)`, to be set in the page's style sheet. A state is the
   * `g.node` or `g.subgraph` whose `data-id` is in `states`; the arrow with the key `from>to` is the `polyline.edge`,
   * with the `g.edge-label`, whose `data-from` and `data-to` they are. Left out until it is drawn, or where it cannot be.
   */
  readonly svg?: string;
  /** Why it cannot be drawn, in words; only where that is so. */
  readonly undrawn?: string;
  readonly mermaid: string;
  /** The `data-id` of each state by its path: `{"open.heartbeat": "open_heartbeat"}`. */
  readonly states: Readonly<Record<string, string>>;
  /** In the order in which they are declared. Those of all states that are active are what it would accept now. */
  readonly transitions: readonly DefinedTransition[];
  /** The machine's config, functions by their names: as JSON text. */
  readonly config: string;
}

export interface DefinedTransition {
  /** The path of the state that has it; the machine's own have `""`. */
  readonly state: string;
  /** As in records and timers; `""` is `always`, `*` any event. */
  readonly event: string;
  /** What the chart says of it: `after pingPeriod [wasHeard]`. */
  readonly label: string;
  /** The keys of its arrows: none where it stays in its state. */
  readonly edges: readonly string[];
}

// Details, stories, graves

/** Sent on `watch`, and again whenever something has changed, at most four times a second. */
export interface Detail {
  readonly type: 'detail';
  readonly at: number;
  readonly id: string;
  readonly status: ActorStatus;
  readonly value?: StateValue;
  readonly tags?: readonly string[];
  readonly context?: Projection;
  readonly output?: Projection;
  readonly error?: Projection;
  readonly timers: readonly Timer[];
  /** How many actors it has below it. */
  readonly children: number;
  /** More of a connection, reader or writer: silence, limits, what its socket has buffered. */
  readonly facts?: Projection;
}

/** One step in the life of a connection. */
export interface Step {
  readonly at: number;
  /** The type of the event. */
  readonly event: string;
  /** The state after it, where it has changed: `open · probing · flowing · clear`. */
  readonly state?: string;
}

export interface StoryOfOne {
  readonly type: 'story';
  readonly ref?: number;
  /** The connection's own id. */
  readonly id: string;
  /** Left out where nothing is known of it any more. */
  readonly story?: Story;
}

export interface Story {
  readonly facts: ConnectionFacts;
  /** Its last events and transitions, the oldest first. */
  readonly steps: readonly Step[];
  /** Steps before those that are kept. */
  readonly forgotten: number;
  readonly messagesIn: number;
  readonly messagesOut: number;
  /** Only of one that is closed. */
  readonly end?: {
    readonly at: number;
    readonly code: number;
    /** The code's name in the catalogue. */
    readonly name: string;
    readonly reason: string;
    readonly by: 'peer' | 'server';
  };
}

export interface Graveyard {
  readonly type: 'graveyard';
  readonly ref?: number;
  /** The last connections that were closed, the latest first; their steps come with `story`. */
  readonly graves: readonly Omit<Story, 'steps' | 'forgotten'>[];
  /** How many have been closed since the server started. */
  readonly total: number;
}

export interface Lost {
  readonly type: 'lost';
  /** Since the page connected, or the recording began. */
  readonly batches: number;
  /** Records alone: figures and definitions come again in full. */
  readonly records: number;
}

export interface Answer {
  readonly type: 'answer';
  readonly ref: number;
  readonly ok: boolean;
  /** Why not, in words. */
  readonly reason?: string;
  /** The ids of the connections that `lab` has made. */
  readonly connections?: readonly string[];
}

// Page → server

/** A command with a `ref` is answered: by what it asks for with that `ref`, else by `answer`. */
export type PageMessage = Command & { readonly ref?: number };
