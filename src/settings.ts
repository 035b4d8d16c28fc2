/**
 * The settings: every limit and timeout in one block, one line of meaning each. Each is a flag in kebab case and an
 * environment variable: `pingPeriodMs` is `--ping-period 25s` and `HUBBUB_PING_PERIOD=25s`.
 */
import { availableParallelism } from 'node:os';

interface SettingOf<Kind extends string, Value> {
  readonly kind: Kind;
  readonly default: Value;
  readonly meaning: string;
}
export type Setting =
  | (SettingOf<'duration', number> & { readonly min?: number }) // milliseconds; as text with ms, s or m
  | (SettingOf<'count', number> & {
      readonly min?: number;
      readonly max?: number;
      readonly auto?: () => number;
    }) // a whole number; or the word auto
  | (SettingOf<'text', string> & { readonly mayBeEmpty?: boolean })
  | SettingOf<'list', readonly string[]> // may be given several times; comma-separated in the environment
  | SettingOf<'switch', boolean>
  | (SettingOf<'choice', string> & { readonly choices: readonly string[] });

const second = 1_000;
const kib = 1_024;
const mib = 1_024 * kib;

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export const settings = {
  port: { kind: 'count', default: 8080, max: 65_535, meaning: 'port to listen on; 0 takes a free one' },
  host: { kind: 'text', default: '127.0.0.1', meaning: 'address to listen on' },
  origin: { kind: 'list', default: [], meaning: 'further exact origin that browsers may connect from' },

  maxConnections: {
    kind: 'count',
    default: 16_000,
    min: 1,
    meaning: 'connections of one process; more get 503',
  },
  maxConnectionsPerAddress: {
    kind: 'count',
    default: 0,
    meaning: 'connections from one address, to all servers; more get 429; 0 is no limit',
  },
  maxConnectionsPerUser: {
    kind: 'count',
    default: 0,
    meaning: 'connections of one user, to all servers; more are closed with 4504; 0 is no limit',
  },
  trustProxy: {
    kind: 'list',
    default: [],
    meaning: 'address or network of a proxy whose X-Forwarded-For is believed',
  },
  maxMessageBytes: {
    kind: 'count',
    default: 4 * kib,
    min: 1,
    max: 16 * mib,
    meaning: 'largest message taken; a larger one closes with 1009',
  },
  roomsPerConnection: { kind: 'count', default: 128, min: 1, meaning: 'rooms one connection may be in' },

  rate: { kind: 'count', default: 10, meaning: 'messages a second from one connection; 0 is no limit' },
  burst: { kind: 'count', default: 20, min: 1, meaning: 'messages one connection may send at once' },
  userRate: {
    kind: 'count',
    default: 0,
    meaning: 'messages a second of one user, on all servers; 0 is no limit',
  },
  userBurst: { kind: 'count', default: 40, min: 1, meaning: 'messages one user may say at once' },
  roomRate: { kind: 'count', default: 0, meaning: 'messages a second into one room; 0 is no limit' },
  roomBurst: { kind: 'count', default: 100, min: 1, meaning: 'messages one room takes at once' },
  abuseLimit: {
    kind: 'count',
    default: 100,
    min: 1,
    meaning: 'refused messages borne, refilled at the rate, before the connection is closed',
  },

  handshakeTimeoutMs: {
    kind: 'duration',
    default: 10 * second,
    min: 1,
    meaning: 'time to be registered in the hub',
  },
  pingPeriodMs: {
    kind: 'duration',
    default: 25 * second,
    min: 1,
    meaning: 'silence after which the peer is pinged',
  },
  pongWaitMs: {
    kind: 'duration',
    default: 8 * second,
    min: 1,
    meaning: 'time a pinged peer has to give a sign of life',
  },
  writeWaitMs: {
    kind: 'duration',
    default: 10 * second,
    min: 1,
    meaning: 'time an outbox may stay above its high-water mark',
  },
  closeTimeoutMs: {
    kind: 'duration',
    default: 5 * second,
    min: 1,
    meaning: 'time the closing handshake may take',
  },
  drainTimeoutMs: {
    kind: 'duration',
    default: 30 * second,
    min: 1,
    meaning: 'time in which a draining server closes its connections',
  },
  drainGraceMs: {
    kind: 'duration',
    default: 5 * second,
    meaning: 'part of the drain timeout left for the last ones before they are terminated',
  },

  registerCapacity: {
    kind: 'count',
    default: 256,
    min: 1,
    meaning: "capacity of the hub's register channel",
  },
  unregisterCapacity: {
    kind: 'count',
    default: 256,
    min: 1,
    meaning: "capacity of the hub's unregister channel",
  },
  broadcastCapacity: {
    kind: 'count',
    default: 1_024,
    min: 1,
    meaning: "capacity of the hub's broadcast channel",
  },
  roundBudget: { kind: 'count', default: 1_024, min: 1, meaning: 'broadcasts taken in one round of the hub' },
  outboxMessages: {
    kind: 'count',
    default: 256,
    min: 2,
    meaning: 'messages an outbox may hold before its member is a slow consumer',
  },
  outboxBytes: {
    kind: 'count',
    default: mib,
    min: 2,
    meaning: 'bytes an outbox may hold before its member is a slow consumer',
  },

  historyMessages: {
    kind: 'count',
    default: 100,
    max: 100_000,
    meaning: 'messages of one room kept for those who come back; 0 keeps none',
  },
  historyAgeMs: {
    kind: 'duration',
    default: 300 * second,
    meaning: 'time for which a message is kept for those who come back',
  },
  historyBytes: {
    kind: 'count',
    default: 64 * mib,
    meaning: 'bytes of history in all; beyond them the rooms that were quiet longest lose theirs',
  },
  dedupeWindowMs: {
    kind: 'duration',
    default: 300 * second,
    meaning: 'time in which a message sent again with the same id is published once',
  },
  redis: {
    kind: 'list',
    default: [],
    meaning:
      'URL of Redis, where rooms are shared by several servers; also those of its replicas, or of some nodes of a cluster',
  },
  workers: {
    kind: 'count',
    default: 0,
    max: 256,
    auto: availableParallelism,
    meaning:
      'processes that share the port, and rooms by --redis; auto is one for each core; 0 is this process alone',
  },
  versionSettleMs: {
    kind: 'duration',
    default: 30 * second,
    meaning:
      'time in which nothing of another version on disk changes before workers are replaced by it; 0 leaves that to SIGHUP',
  },
  brokerWaitMs: {
    kind: 'duration',
    default: 10 * second,
    min: 1,
    meaning: 'time that a message waits for Redis before it is refused',
  },
  brokerWindow: {
    kind: 'count',
    default: 1_024,
    min: 1,
    meaning: 'messages that may be on their way to Redis; more wait in the broadcast channel',
  },
  reconnectSpreadMs: {
    kind: 'duration',
    default: 5 * second,
    meaning: 'time over which clients of a draining server are asked to spread their return',
  },

  presenceTtlMs: {
    kind: 'duration',
    default: 60 * second,
    min: 100,
    meaning: 'time within which the members of a server that has died are gone for the others',
  },
  presenceIntervalMs: {
    kind: 'duration',
    default: 250,
    min: 1,
    meaning: 'time over which joins and leaves of a busy room are gathered',
  },
  presenceBurst: {
    kind: 'count',
    default: 4,
    min: 1,
    meaning: 'joins and leaves that a small room announces at once in that time',
  },
  presenceDetailLimit: {
    kind: 'count',
    default: 50,
    meaning: 'members up to which a room announces joins and leaves at once',
  },

  compress: { kind: 'switch', default: false, meaning: 'offer permessage-deflate' },
  compressThresholdBytes: { kind: 'count', default: 512, meaning: 'smallest message worth compressing' },
  echo: { kind: 'switch', default: false, meaning: 'serve /echo: each message goes back as it came' },

  inspector: {
    kind: 'choice',
    default: 'auto',
    choices: ['auto', 'off'],
    meaning: 'serve the inspector at /inspect, on a loopback host or where a token is given',
  },
  inspectToken: {
    kind: 'text',
    default: '',
    mayBeEmpty: true,
    meaning: 'secret that the inspector asks for as ?token=; without one it is for this machine alone',
  },
  inspectControl: {
    kind: 'choice',
    default: 'auto',
    choices: ['auto', 'on', 'off'],
    meaning: 'let the inspector kick connections and run the lab; auto: only for this machine alone',
  },
  inspectContent: {
    kind: 'switch',
    default: false,
    meaning: 'show what people say in the inspector, in recordings and on the Stately relay',
  },
  statelyUrl: {
    kind: 'text',
    default: 'https://stately.ai/inspect',
    meaning: 'the Stately Inspector that a click in the inspector opens',
  },
  record: {
    kind: 'text',
    default: '',
    mayBeEmpty: true,
    meaning: 'file to record all actors into, for `hubbub replay`',
  },

  logLevel: { kind: 'choice', default: 'info', choices: logLevels, meaning: 'least severe level logged' },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;

/** The flag's name without its dashes: `pingPeriodMs` is `ping-period`. */
export function flagOf(name: SettingName): string {
  const unitless = name.replace(/Ms$/, '');
  return unitless.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The environment variable's name: `pingPeriodMs` is `HUBBUB_PING_PERIOD`. */
export function environmentOf(name: SettingName): string {
  return `HUBBUB_${flagOf(name).replaceAll('-', '_').toUpperCase()}`;
}
