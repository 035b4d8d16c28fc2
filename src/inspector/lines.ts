/** The lines of a recording, as far as whoever reads one relies on them: what is beyond these shapes is passed over. */
import { Type, type TSchema } from 'typebox';
import { Check, Errors } from 'typebox/value';

// A schema that refers to itself takes most of the time that a file is read in.
const state = Type.Refine(Type.Unknown(), isState, () => 'must be a state');

function isState(value: unknown): boolean {
  if (typeof value === 'string') return true;
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && Object.values(value).every(isState);
}

const timers = Type.Array(
  Type.Object({ event: Type.String(), dueAt: Type.Number(), delayMs: Type.Number() }),
);

const actor = Type.Object({
  id: Type.String(),
  parent: Type.Optional(Type.String()),
  name: Type.String(),
  type: Type.String(),
  machine: Type.Optional(Type.String()),
  status: Type.String(),
  value: Type.Optional(state),
  tags: Type.Optional(Type.Array(Type.String())),
  since: Type.Number(),
  changedAt: Type.Number(),
  lastEvent: Type.Optional(Type.String()),
  timers: Type.Optional(timers),
  connection: Type.Optional(
    Type.Object({
      id: Type.String(),
      room: Type.Optional(Type.String()),
      name: Type.String(),
      transport: Type.String(),
      address: Type.String(),
      openedAt: Type.Number(),
      lab: Type.Optional(Type.String()),
    }),
  ),
});

const messages = {
  hello: Type.Object({
    version: Type.Literal(1),
    mode: Type.String(),
    title: Type.String(),
    at: Type.Number(),
    statelyUrl: Type.Optional(Type.String()),
  }),
  definition: Type.Object({
    id: Type.String(),
    name: Type.String(),
    svg: Type.Optional(Type.String()),
    undrawn: Type.Optional(Type.String()),
    mermaid: Type.String(),
    states: Type.Record(Type.String(), Type.String()),
    transitions: Type.Array(
      Type.Object({
        state: Type.String(),
        event: Type.String(),
        label: Type.String(),
        edges: Type.Array(Type.String()),
      }),
    ),
    config: Type.String(),
  }),
  actors: Type.Object({ anew: Type.Optional(Type.Boolean()), actors: Type.Array(actor) }),
  figures: Type.Object({
    at: Type.Number(),
    rows: Type.Array(Type.Tuple([Type.String(), Type.Number(), Type.Number(), Type.Number(), Type.Number()])),
  }),
  lost: Type.Object({ batches: Type.Number(), records: Type.Number() }),
} as const satisfies Record<string, TSchema>;

const numbered = { seq: Type.Number(), at: Type.Number() };

const records = {
  spawn: Type.Object({ ...numbered, actor }),
  event: Type.Object({
    ...numbered,
    to: Type.String(),
    from: Type.Optional(Type.String()),
    type: Type.String(),
  }),
  transition: Type.Object({
    ...numbered,
    actor: Type.String(),
    type: Type.String(),
    value: Type.Optional(state),
    tags: Type.Optional(Type.Array(Type.String())),
    edges: Type.Array(Type.String()),
    timers: Type.Optional(timers),
  }),
  stop: Type.Object({ ...numbered, actor: Type.String(), status: Type.String() }),
  channel: Type.Object({
    ...numbered,
    channel: Type.String(),
    what: Type.String(),
    from: Type.Optional(Type.String()),
    to: Type.String(),
    room: Type.Optional(Type.String()),
    length: Type.Optional(Type.Number()),
    content: Type.Optional(Type.String()),
  }),
  delivery: Type.Object({
    ...numbered,
    from: Type.String(),
    to: Type.String(),
    messages: Type.Number(),
    characters: Type.Number(),
    content: Type.Optional(Type.Array(Type.String())),
    types: Type.Record(Type.String(), Type.Number()),
  }),
  gauges: Type.Object({
    ...numbered,
    channels: Type.Array(
      Type.Object({
        name: Type.String(),
        depth: Type.Number(),
        capacity: Type.Number(),
        parked: Type.Number(),
        parkedIds: Type.Array(Type.String()),
      }),
    ),
    actors: Type.Number(),
    connections: Type.Optional(
      Type.Object({ connecting: Type.Number(), open: Type.Number(), closing: Type.Number() }),
    ),
    outboxes: Type.Optional(
      Type.Object({
        messages: Type.Number(),
        bytes: Type.Number(),
        fullest: Type.Array(
          Type.Object({ id: Type.String(), messages: Type.Number(), bytes: Type.Number() }),
        ),
      }),
    ),
    broker: Type.Optional(
      Type.Object({ state: Type.String(), inFlight: Type.Number(), window: Type.Number() }),
    ),
    totals: Type.Optional(
      Type.Object({ messagesIn: Type.Number(), deliveries: Type.Number(), connections: Type.Number() }),
    ),
    eventLoopDelayMs: Type.Object({ p50: Type.Number(), p99: Type.Number(), max: Type.Number() }),
    rssBytes: Type.Number(),
  }),
} as const satisfies Record<string, TSchema>;

/** @returns what is wrong with a line that says it is of a type or kind that is known, in words. */
export function faultIn(line: object): string | undefined {
  const [name, shape] = shapeOf(line);
  if (shape === undefined || Check(shape, line)) return undefined;
  const [first] = Errors(shape, line);
  const place = [name, ...(first?.instancePath ?? '').split('/').slice(1)].join('.');
  return `${place} ${first?.message ?? 'has another shape'}`;
}

/** Whether a line is of a type or kind that is known here: a later version may have more. */
export function isKnown(line: object): boolean {
  const [, shape] = shapeOf(line);
  return shape !== undefined;
}

function shapeOf(line: object): [name: string, shape?: TSchema] {
  if ('kind' in line) return shapeIn(records, line.kind);
  return shapeIn(messages, 'type' in line ? line.type : undefined);
}

function shapeIn(shapes: Readonly<Record<string, TSchema>>, name: unknown): [name: string, shape?: TSchema] {
  if (typeof name !== 'string' || !Object.hasOwn(shapes, name)) return [String(name)];
  const shape = shapes[name];
  return shape === undefined ? [name] : [name, shape];
}
