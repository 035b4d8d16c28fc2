/**
 * The Stately relay says what the inspector tells in the words of the Stately Inspector: the schema that
 * `@statelyai/inspect` publishes, one event in a frame. So its receivers and its page read this stream as it is.
 */
import { assertNever } from '../assert.ts';
import type {
  Actor,
  Actors,
  Definition,
  InspectorMessage,
  InspectorRecord,
  Projection,
  StateValue,
  StopRecord,
} from './messages.ts';
import { applyRecord, type Moment } from './timeline.ts';
import type { Outlet } from './viewer.ts';

/** The version of the schema: that of the package whose receivers are tested to read it. */
export const statelyVersion = '0.7.2';

interface StatelyBase {
  readonly sessionId: string;
  readonly rootId: string;
  readonly createdAt: string;
  readonly id: null;
  readonly _version: string;
}

interface StatelySnapshot {
  readonly status: string;
  readonly value?: StateValue;
  readonly context?: Projection;
  readonly output?: Projection;
  readonly error?: Projection;
}

interface StatelyEventObject {
  readonly type: string;
  readonly [member: string]: unknown;
}

export type StatelyEvent = StatelyBase &
  (
    | {
        readonly type: '@xstate.actor';
        readonly name: string;
        readonly parentId?: string;
        readonly definition: string;
        readonly snapshot: StatelySnapshot;
      }
    | { readonly type: '@xstate.event'; readonly event: StatelyEventObject; readonly sourceId?: string }
    | {
        readonly type: '@xstate.snapshot';
        readonly event: StatelyEventObject;
        readonly snapshot: StatelySnapshot;
      }
  );

/** An outlet for the inspector's own messages, to one who reads Stately's. */
export class StatelyOutlet implements Outlet {
  readonly #outlet: Outlet;
  readonly #definitions = new Map<string, Definition>();
  readonly #moment: Moment = new Map();
  // What each actor was sent last: a record of what that led to has its type alone.
  readonly #sent = new Map<string, StatelyEventObject>();
  // Those that were there before what was lost, and of whom nothing was told since.
  readonly #missing: Moment = new Map();

  constructor(outlet: Outlet) {
    this.#outlet = outlet;
  }

  get bufferedBytes(): number {
    return this.#outlet.bufferedBytes;
  }

  close(): void {
    this.#outlet.close();
  }

  send(text: string): void {
    this.#take(JSON.parse(text) as InspectorMessage);
  }

  #take(message: InspectorMessage): void {
    switch (message.type) {
      case 'definition':
        this.#definitions.set(message.id, message);
        return;
      case 'actors':
        this.#find(message);
        return;
      case 'records':
        for (const record of message.records) this.#record(record);
        return;
      case 'hello':
      case 'figures':
      case 'detail':
      case 'story':
      case 'graveyard':
      case 'lost':
      case 'answer':
        return;
      default:
        assertNever(message);
    }
  }

  #find({ actors, anew, done }: Actors): void {
    if (anew === true) {
      for (const [id, actor] of this.#moment) this.#missing.set(id, actor);
      this.#moment.clear();
      this.#sent.clear();
    }
    for (const actor of actors) {
      this.#missing.delete(actor.id);
      this.#begin(actor);
    }
    if (done !== true) return;
    // Its schema has no word for what was lost; that they have ended by now is known.
    for (const { id, ...actor } of this.#missing.values()) {
      this.#snapshot(
        actor.since,
        id,
        { type: actor.lastEvent ?? '' },
        { ...snapshotOf(actor), status: 'stopped' },
      );
    }
    this.#missing.clear();
  }

  #begin(actor: Actor): void {
    this.#moment.set(actor.id, actor);
    const { id, parent, machine = '', since } = actor;
    const definition = this.#definitions.get(machine);
    // One that was given no name goes by its machine's.
    const name = actor.name === id ? (definition?.name ?? id) : actor.name;
    this.#tell({
      ...this.#base(id, since),
      type: '@xstate.actor',
      name,
      ...(parent === undefined ? {} : { parentId: parent }),
      definition: definition?.config ?? JSON.stringify({ id: name }),
      snapshot: snapshotOf(actor),
    });
  }

  #record(record: InspectorRecord): void {
    // What an actor left behind is told while it is still known.
    if (record.kind === 'stop') this.#end(record);
    applyRecord(this.#moment, record);
    switch (record.kind) {
      case 'spawn':
        this.#begin(record.actor);
        return this.#event(record.at, record.actor.id, record.actor.parent, { type: 'xstate.init' });
      case 'event': {
        const event = { ...membersOf(record.data), type: record.type };
        this.#sent.set(record.to, event);
        return this.#event(record.at, record.to, record.from, event);
      }
      case 'transition': {
        const actor = this.#moment.get(record.actor);
        if (actor !== undefined)
          this.#snapshot(record.at, actor.id, this.#causeOf(actor.id, record.type), snapshotOf(actor));
        return undefined;
      }
      case 'channel': {
        const { kind: _, seq: __, from, to, at, channel, ...what } = record;
        return this.#event(at, to, from, { type: `channel.${channel}`, ...what });
      }
      case 'delivery': {
        const { kind: _, seq: __, from, to, at, ...what } = record;
        return this.#event(at, to, from, { type: 'batch', ...what });
      }
      case 'stop':
      case 'gauges':
        return undefined;
      default:
        return assertNever(record);
    }
  }

  #end({ at, actor, status, output }: StopRecord): void {
    const before = this.#moment.get(actor);
    if (before === undefined) return;
    const left = output === undefined ? {} : { [leftAs[status]]: output };
    const cause = this.#causeOf(actor, before.lastEvent ?? '');
    this.#snapshot(at, actor, cause, { ...snapshotOf(before), status, ...left });
    this.#sent.delete(actor);
  }

  /** The event of this type that an actor was sent, as far as it is known. */
  #causeOf(id: string, type: string): StatelyEventObject {
    const sent = this.#sent.get(id);
    return sent?.type === type ? sent : { type };
  }

  #event(at: number, to: string, from: string | undefined, event: StatelyEventObject): void {
    const source = from === undefined ? {} : { sourceId: from };
    this.#tell({ ...this.#base(to, at), type: '@xstate.event', event, ...source });
  }

  #snapshot(at: number, id: string, event: StatelyEventObject, snapshot: StatelySnapshot): void {
    this.#tell({ ...this.#base(id, at), type: '@xstate.snapshot', event, snapshot });
  }

  #tell(event: StatelyEvent): void {
    this.#outlet.send(JSON.stringify(event));
  }

  #base(sessionId: string, at: number): StatelyBase {
    return {
      sessionId,
      rootId: this.#rootOf(sessionId),
      createdAt: String(at),
      id: null,
      _version: statelyVersion,
    };
  }

  #rootOf(id: string): string {
    let root = id;
    // A recording may be anybody's, and have actors go round in a ring.
    for (const seen = new Set([id]); ; seen.add(root)) {
      const parent = this.#moment.get(root)?.parent;
      if (parent === undefined || seen.has(parent)) return root;
      root = parent;
    }
  }
}

const leftAs = { done: 'output', error: 'error', stopped: 'output' } as const;

function snapshotOf({ status, value, context }: Omit<Actor, 'id'>): StatelySnapshot {
  return {
    status,
    ...(value === undefined ? {} : { value }),
    ...(context === undefined ? {} : { context }),
  };
}

function membersOf(data: Projection | undefined): Record<string, unknown> {
  const isObject = typeof data === 'object' && data !== null && !Array.isArray(data);
  return isObject ? (data as Record<string, unknown>) : data === undefined ? {} : { data };
}
