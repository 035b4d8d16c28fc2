/** Records of a small chat, as the inspector makes them: Ada comes, says something, and goes; Bob is there all the time. */
import type {
  Actor,
  Hello,
  InspectorMessage,
  InspectorRecord,
  StateValue,
} from '../../src/inspector/messages.ts';

type Unnumbered = InspectorRecord extends infer R
  ? R extends unknown
    ? Omit<R, 'seq' | 'at'>
    : never
  : never;

export const startAt = Date.UTC(2026, 4, 4, 10, 0, 30);

const open: StateValue = { open: { heartbeat: 'alive', inbound: 'flowing', outbound: 'clear' } };

export function actor(id: string, overrides: Partial<Actor> = {}): Actor {
  return { id, name: id, type: 'other', status: 'active', since: startAt, changedAt: startAt, ...overrides };
}

function connection(id: string, name: string): Actor {
  return actor(id, {
    parent: 'server',
    name: `connection-${name}`,
    type: 'connection',
    value: open,
    connection: {
      id: `c-${name}`,
      purpose: 'chat',
      room: 'tea',
      name,
      transport: 'websocket',
      address: '127.0.0.1',
      openedAt: startAt,
    },
  });
}

/** Before the first record: the server, its hub, and Bob. */
export const baseline: readonly Actor[] = [
  actor('server', { type: 'server', value: 'listening' }),
  actor('hub', { parent: 'server', type: 'hub' }),
  connection('bob', 'Bob'),
  actor('bob-reader', { parent: 'bob', name: 'reader', type: 'reader' }),
  actor('bob-writer', { parent: 'bob', name: 'writer', type: 'writer' }),
];

/** Records with their numbers, ten milliseconds from one to the next. */
export function numbered(records: readonly Unnumbered[]): InspectorRecord[] {
  return records.map((record, seq) => ({ ...record, seq, at: startAt + 10 * seq }));
}

const say = (from: string): Unnumbered => ({
  kind: 'channel',
  channel: 'broadcast',
  what: 'accepted',
  from,
  to: 'hub',
  room: 'tea',
  length: 5,
});

const deliver = (to: string, chats = 1): Unnumbered => ({
  kind: 'delivery',
  from: 'hub',
  to,
  messages: chats,
  characters: 100 * chats,
  types: { chat: chats },
});

/** In their true order. */
export const adasVisit: readonly Unnumbered[] = [
  { kind: 'spawn', actor: connection('ada', 'Ada') },
  { kind: 'spawn', actor: actor('ada-reader', { parent: 'ada', name: 'reader', type: 'reader' }) },
  { kind: 'spawn', actor: actor('ada-writer', { parent: 'ada', name: 'writer', type: 'writer' }) },
  { kind: 'transition', actor: 'ada', type: 'xstate.init', value: 'connecting', edges: [] },
  { kind: 'event', to: 'ada', from: 'ada-writer', type: 'registered' },
  { kind: 'transition', actor: 'ada', type: 'registered', value: open, edges: ['connecting>open'] },
  { kind: 'event', to: 'hub', type: 'look' },
  say('ada-reader'),
  deliver('ada-writer'),
  deliver('bob-writer'),
  say('bob-reader'),
  deliver('ada-writer', 3),
  { kind: 'event', to: 'ada', from: 'ada', type: 'xstate.after.pingPeriod.connection.open.heartbeat.alive' },
  {
    kind: 'event',
    to: 'ada',
    from: 'ada-reader',
    type: 'socket.closed',
    data: { code: 1005, reason: 'bye' },
  },
  { kind: 'transition', actor: 'ada', type: 'socket.closed', value: 'closed', edges: ['open>closed'] },
  { kind: 'event', to: 'server', type: 'emptied' },
  { kind: 'transition', actor: 'server', type: 'emptied', value: 'listening', edges: [], ignored: true },
  { kind: 'stop', actor: 'ada', status: 'done', output: { code: 1005, reason: 'bye', by: 'peer' } },
];

/** Bob talks to himself: as many records as are wanted. */
export function longTalk(count: number): Unnumbered[] {
  return Array.from({ length: count }, (_, index) =>
    index % 2 === 0 ? say('bob-reader') : deliver('bob-writer'),
  );
}

export function helloOf(title: string): Hello {
  return {
    type: 'hello',
    version: 1,
    mode: 'recording',
    title,
    at: startAt,
    canControl: false,
    hasLab: false,
    hasFlights: false,
    contentShown: false,
    kept: { records: 20_000, bytes: 1 },
  };
}

/** A recording of so many connections, as a file has it: none of them does anything. */
export function crowdFile(title: string, members: number): string {
  const crowd = Array.from({ length: members }, (_, number) => {
    const id = `m${number}`;
    return { ...connection(id, `member-${number}`), since: startAt - number };
  });
  const actors: InspectorMessage = {
    type: 'actors',
    done: true,
    actors: [...baseline.slice(0, 2), ...crowd],
  };
  return [helloOf(title), actors].map((message) => JSON.stringify(message)).join('\n');
}

/** A recording as a file has it, line by line. */
export function* recordingLines(title: string, records: readonly Unnumbered[]): Generator<string> {
  yield JSON.stringify(helloOf(title));
  yield JSON.stringify({ type: 'actors', done: true, actors: baseline } satisfies InspectorMessage);
  for (const record of numbered(records)) yield JSON.stringify(record);
}
