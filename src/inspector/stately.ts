/**
 * The Stately relay says what the inspector tells in the words of the Stately Inspector: the schema that
 * `@statelyai/inspect` publishes, one event in a frame. So its receivers and its page read this stream as it is.
 */
import { assertNever } from '../assert.ts';
import type {
  Actor,
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
  readonly #definitions = new Map<string, string>();
  readonly #moment: Moment = new Map();

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
        this.#definitions.set(message.id, message.config);
        return;
      case 'actors':
        if (message.anew === true) this.#moment.clear();
        for (const actor of message.actors) this.#begin(actor);
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

  #begin(actor: Actor): void {
    this.#moment.set(actor.id, actor);
    const { id, name, parent, machine = '', since } = actor;
    this.#tell({
      ...this.#base(id, since),
      type: '@xstate.actor',
      name,
      ...(parent === undefined ? {} : { parentId: parent }),
      definition: this.#definitions.get(machine) ?? JSON.stringify({ id: name }),
      snapshot: snapshotOf(actor),
    });
  }

  #record(record: InspectorRecord): void {
    // What an actor left behind is told while it is still known.
    if (record.kind === 'stop') this.#end(record);
    applyRecord(this.#moment, record);
    switch (record.kind) {
      case 'spawn':
        return this.#begin(record.actor);
      case 'event':
        return this.#event(record.at, record.to, record.from, {
          type: record.type,
          ...membersOf(record.data),
        });
      case 'transition': {
        const actor = this.#moment.get(record.actor);
        if (actor !== undefined)
          this.#snapshot(record.at, actor.id, { type: record.type }, snapshotOf(actor));
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
    this.#snapshot(at, actor, { type: before.lastEvent ?? '' }, { ...snapshotOf(before), status, ...left });
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

function snapshotOf({ status, value, context }: Actor): StatelySnapshot {
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
