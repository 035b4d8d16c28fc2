/** The sequence: the records of chosen actors as rows, in the order in which they happened, each an arrow or a note. */
import { assertNever } from '../../../assert.ts';
import type {
  ChannelRecord,
  DeliveryRecord,
  EventRecord,
  InspectorRecord,
  Projection,
  SpawnRecord,
  TransitionRecord,
} from '../../../inspector/messages.ts';
import { statesInWords } from '../../../state-value.ts';
import { fullNameOf, type Cast } from './cast.ts';
import { eventWords } from './words.ts';

/** How a row looks: what kind of thing happened. */
export type Tone = 'event' | 'timer' | 'channel' | 'held' | 'delivery' | 'life' | 'state' | 'ignored';

interface RowBase {
  readonly record: InspectorRecord;
  readonly seq: number;
  readonly at: number;
  /** What the filter calls it. */
  readonly type: string;
  readonly tone: Tone;
}

interface Said {
  /** What is written at it. */
  readonly label: string;
  /** All of it in words: for those who hear it, and for the filter. */
  readonly words: string;
}

interface Arrow extends Said {
  readonly form: 'arrow';
  /** Undefined is the edge: it came from no actor, or from one that is not chosen. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** The name of the one that is not chosen. */
  readonly other: string | undefined;
}

interface Aside extends Said {
  /** What it sent itself, as its timers do; what became of it; its end. */
  readonly form: 'self' | 'note' | 'end';
  readonly on: string;
}

export type SequenceRow = RowBase & (Arrow | Aside);

export interface SequenceWish {
  /** The ids of the actors that are chosen, from left to right. */
  readonly lifelines: readonly string[];
  /** Whether arrows are shown that have one end at an actor that is not chosen. */
  readonly showsOthers: boolean;
  /** Only what this one took part in. */
  readonly actor: string | undefined;
  /** The types that are not shown. */
  readonly hidden: ReadonlySet<string>;
  /** Only what has this in its words, or anywhere in its record. */
  readonly text: string;
}

/** From which record to which a lifeline goes, as far as the records tell. */
export interface Life {
  readonly begin?: number;
  readonly end?: number;
}

export interface Sequence {
  /** The records that have a row, in order. A row is made only where it is seen, for there may be 20,000. */
  readonly shown: readonly InspectorRecord[];
  readonly rowOf: (record: InspectorRecord) => SequenceRow;
  /** How many rows there would be without the filters. */
  readonly total: number;
  /** How many more there would be with the arrows of others. */
  readonly ofOthers: number;
  /** Each type, and how many rows of it there would be without the filters. */
  readonly types: ReadonlyMap<string, { readonly count: number; readonly tone: Tone }>;
  readonly lives: ReadonlyMap<string, Life>;
}

/** How far from its cause an effect is looked for: what it sent others is recorded before it. */
const effectWithin = 200;

/** @param records in their order. */
export function sequenceOf(records: readonly InspectorRecord[], cast: Cast, wish: SequenceWish): Sequence {
  const chosen = new Set(wish.lifelines);
  const shown: InspectorRecord[] = [];
  const types = new Map<string, { count: number; tone: Tone }>();
  const lives = new Map<string, Life>();
  const text = wish.text.trim().toLowerCase();
  let total = 0;
  let ofOthers = 0;
  for (const record of records) {
    if (record.kind === 'spawn') lives.set(record.actor.id, { begin: record.seq });
    if (record.kind === 'stop') lives.set(record.actor, { ...lives.get(record.actor), end: record.seq });
    const kind = kindOf(record);
    const share = kind === undefined ? 'none' : shareOf(record, chosen);
    if (kind === undefined || share === 'none') continue;
    if (share === 'half' && !wish.showsOthers) {
      ofOthers += 1;
      continue;
    }
    total += 1;
    const known = types.get(kind.type);
    if (known === undefined) types.set(kind.type, { count: 1, tone: kind.tone });
    else known.count += 1;
    if (wish.hidden.has(kind.type)) continue;
    if (wish.actor !== undefined && !actorsIn(record).includes(wish.actor)) continue;
    if (text !== '' && !haystackOf(record, kind.type, chosen, cast).includes(text)) continue;
    shown.push(record);
  }
  return { shown, rowOf: (record) => rowOf(record, chosen, cast), total, ofOthers, types, lives };
}

/** How many came after the record of this number. */
export function countAfter(shown: readonly InspectorRecord[], seq: number): number {
  return shown.length - indexAfter(shown, seq);
}

/** Where the first one is that came after the record of this number. */
export function indexAfter(shown: readonly InspectorRecord[], seq: number): number {
  let low = 0;
  let high = shown.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((shown[middle]?.seq ?? 0) > seq) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The ids of those that a record is about: who did something first. */
export function actorsIn(record: InspectorRecord): string[] {
  switch (record.kind) {
    case 'event':
    case 'channel':
    case 'delivery': {
      const { from, to } = record;
      return from === undefined || from === to ? [to] : [from, to];
    }
    case 'spawn': {
      const { id, parent } = record.actor;
      return parent === undefined ? [id] : [parent, id];
    }
    case 'transition':
    case 'stop':
      return [record.actor];
    case 'gauges':
      return [];
    default:
      return assertNever(record);
  }
}

/** @returns what an event led to, in words: undefined for what is no event, and where that was not recorded. */
export function effectOf(records: readonly InspectorRecord[], cause: InspectorRecord): string | undefined {
  if (cause.kind !== 'event') return undefined;
  const from = records.findIndex(({ seq }) => seq > cause.seq);
  if (from === -1) return undefined;
  const effect = records
    .slice(from, from + effectWithin)
    .find(
      (record): record is TransitionRecord =>
        record.kind === 'transition' && record.actor === cause.to && record.type === cause.type,
    );
  if (effect?.value === undefined) return undefined;
  const states = statesInWords(effect.value);
  return effect.ignored === true ? `Ignored: ${states} has no transition for it.` : `After it: ${states}.`;
}

// Whether there is a row

type Kind = Pick<SequenceRow, 'type' | 'tone'>;

// Made once: 20,000 records are looked through at a time.
const eventKinds = new Map<string, Kind>();
const accepted = channelKinds('channel');
const parked = channelKinds('held');
const stateChange: Kind = { type: 'state change', tone: 'state' };
const ignoredEvent: Kind = { type: 'ignored event', tone: 'ignored' };
const beginning: Kind = { type: 'actor begins', tone: 'life' };
const ending: Kind = { type: 'actor ends', tone: 'life' };
const delivered: Kind = { type: 'batch delivered', tone: 'delivery' };

/** @returns undefined for what has no row: gauges, and transitions after which an actor is where it was. */
function kindOf(record: InspectorRecord): Kind | undefined {
  switch (record.kind) {
    case 'event':
      return kindOfEvent(record.type);
    case 'channel':
      return (record.what === 'accepted' ? accepted : parked)[record.channel];
    case 'delivery':
      return delivered;
    case 'spawn':
      return beginning;
    case 'stop':
      return ending;
    case 'transition':
      if (record.ignored === true) return ignoredEvent;
      return record.value !== undefined && (record.edges.length > 0 || record.type === 'xstate.init')
        ? stateChange
        : undefined;
    case 'gauges':
      return undefined;
    default:
      return assertNever(record);
  }
}

function channelKinds(tone: Tone): Readonly<Record<ChannelRecord['channel'], Kind>> {
  return {
    register: { type: 'channel register', tone },
    unregister: { type: 'channel unregister', tone },
    broadcast: { type: 'channel broadcast', tone },
  };
}

function kindOfEvent(type: string): Kind {
  let kind = eventKinds.get(type);
  if (kind === undefined) {
    kind = { type: eventWords(type), tone: type.startsWith('xstate.after.') ? 'timer' : 'event' };
    eventKinds.set(type, kind);
  }
  return kind;
}

/** How much of a record is of those that are chosen: what came from no actor is as if it came from one. */
function shareOf(record: InspectorRecord, chosen: ReadonlySet<string>): 'whole' | 'half' | 'none' {
  switch (record.kind) {
    case 'event':
    case 'channel':
    case 'delivery': {
      const hasFrom = record.from === undefined || chosen.has(record.from);
      const hasTo = chosen.has(record.to);
      if (hasFrom && hasTo) return 'whole';
      return hasTo || (hasFrom && record.from !== undefined) ? 'half' : 'none';
    }
    case 'spawn': {
      const { id, parent } = record.actor;
      if (chosen.has(id)) return 'whole';
      return parent !== undefined && chosen.has(parent) ? 'half' : 'none';
    }
    case 'transition':
    case 'stop':
      return chosen.has(record.actor) ? 'whole' : 'none';
    case 'gauges':
      return 'none';
    default:
      return assertNever(record);
  }
}

const haystacks = new WeakMap<InspectorRecord, string>();

function haystackOf(record: InspectorRecord, type: string, chosen: ReadonlySet<string>, cast: Cast): string {
  let text = haystacks.get(record);
  if (text === undefined) {
    text = `${rowOf(record, chosen, cast).words}\n${type}\n${JSON.stringify(record)}`.toLowerCase();
    haystacks.set(record, text);
  }
  return text;
}

// The row

function rowOf(record: InspectorRecord, chosen: ReadonlySet<string>, cast: Cast): SequenceRow {
  const { seq, at } = record;
  const base = { record, seq, at, ...(kindOf(record) ?? stateChange) };
  switch (record.kind) {
    case 'event':
    case 'channel':
    case 'delivery':
      return { ...base, ...messageForm(record, chosen, cast) };
    case 'spawn':
      return { ...base, ...spawnForm(record, chosen, cast) };
    case 'transition': {
      const { actor, type, value, ignored } = record;
      const label = ignored === true ? `ignores ${eventWords(type)}` : statesInWords(value ?? '');
      const words = `${fullNameOf(cast, actor)} ${ignored === true ? label : `is now ${label}`}`;
      return { ...base, form: 'note', on: actor, label, words };
    }
    case 'stop': {
      const { actor, status, output } = record;
      const code = codeIn(output);
      const label = code === undefined ? status : `${status} · ${code}`;
      return { ...base, form: 'end', on: actor, label, words: `${fullNameOf(cast, actor)} ends: ${label}` };
    }
    case 'gauges':
      throw new Error('gauges have no row');
    default:
      return assertNever(record);
  }
}

/** The code that a connection was closed with. */
function codeIn(output: Projection | undefined): number | undefined {
  if (typeof output !== 'object' || output === null || !('code' in output)) return undefined;
  return typeof output.code === 'number' ? output.code : undefined;
}

function messageForm(
  record: EventRecord | ChannelRecord | DeliveryRecord,
  chosen: ReadonlySet<string>,
  cast: Cast,
): Arrow | Aside {
  const { from, to } = record;
  const label = labelOf(record);
  const sender = from === undefined ? 'from outside' : fullNameOf(cast, from);
  if (from === to) return { form: 'self', on: to, label, words: `${sender} to itself: ${label}` };
  const hasFrom = from !== undefined && chosen.has(from);
  const hasTo = chosen.has(to);
  const receiver = fullNameOf(cast, to);
  const other = hasTo ? (from === undefined || hasFrom ? undefined : sender) : receiver;
  return {
    form: 'arrow',
    from: hasFrom ? from : undefined,
    to: hasTo ? to : undefined,
    other,
    label,
    words: `${sender} → ${receiver}: ${label}`,
  };
}

function labelOf(record: EventRecord | ChannelRecord | DeliveryRecord): string {
  switch (record.kind) {
    case 'event':
      return eventWords(record.type);
    case 'channel': {
      const { channel, what, room, content } = record;
      const about = content === undefined ? (room === undefined ? '' : ` · ${room}`) : ` “${content}”`;
      return `${channel}${what === 'accepted' ? '' : ` ${what}`}${about}`;
    }
    case 'delivery':
      return Object.entries(record.types)
        .map(([type, count]) => (count === 1 ? type : `${type} ×${count}`))
        .join(', ');
    default:
      return assertNever(record);
  }
}

function spawnForm(
  { actor: { id, parent } }: SpawnRecord,
  chosen: ReadonlySet<string>,
  cast: Cast,
): Arrow | Aside {
  const name = fullNameOf(cast, id);
  if (parent === undefined || !chosen.has(parent)) {
    return { form: 'note', on: id, label: 'begins', words: `${name} begins` };
  }
  return {
    form: 'arrow',
    from: parent,
    to: chosen.has(id) ? id : undefined,
    other: chosen.has(id) ? undefined : name,
    label: 'spawn',
    words: `${fullNameOf(cast, parent)} → ${name}: spawn`,
  };
}
