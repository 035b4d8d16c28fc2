/** The cases: what is measured, on whom, and which figures of it the tables show. */
import type { FigureName } from './figures.ts';
import type { Measurement } from './measure/measure.ts';
import type { Talk } from './measure/talk.ts';
import type { PeerName } from './peers/catalogue.ts';

export interface Case {
  /** What `--case` takes. */
  readonly name: string;
  readonly title: string;
  /** Whether it belongs to the standard matrix; the others run only when named. */
  readonly standard: boolean;
  readonly shows: readonly FigureName[];
  readonly measurement: Measurement;
}

const everyone: readonly PeerName[] = ['hubbub', 'limit', 'plain ws', 'Socket.IO'];

const talkFigures: readonly FigureName[] = [
  'cpuPerDelivery',
  'deliveriesPerSecond',
  'messagesPerSecond',
  'p50',
  'p99',
  'max',
  'rss',
  'closed',
  'lost',
  'generatorShare',
];

const stormFigures: readonly FigureName[] = [
  'acceptsPerSecond',
  'cpuPerAccept',
  'p50',
  'p99',
  'max',
  'closed',
  'generatorShare',
];

const common = { rooms: 1, inFlight: 1, next: 'own came back', contentBytes: 64, compress: false } as const;

/** A talk in which everyone takes part, by whoever sends. */
function talk(shape: {
  readonly members: number;
  readonly senders: number;
  readonly rooms?: number;
  readonly inFlight?: number;
  readonly contentBytes?: number;
  readonly sampleEvery: number;
}): Talk {
  return { kind: 'talk', peers: everyone, ...common, ...shape };
}

export const cases: readonly Case[] = [
  {
    name: '100x10',
    title: '100 members, 10 of them sending',
    standard: true,
    shows: talkFigures,
    measurement: talk({ members: 100, senders: 10, sampleEvery: 50 }),
  },
  {
    name: '1000x10',
    title: '1,000 members, 10 of them sending',
    standard: true,
    shows: talkFigures,
    measurement: talk({ members: 1_000, senders: 10, sampleEvery: 10 }),
  },
  {
    name: '100-rooms',
    title: '1,000 members in 100 rooms, all sending',
    standard: true,
    shows: talkFigures,
    measurement: talk({ members: 1_000, senders: 1_000, rooms: 100, sampleEvery: 20 }),
  },
  {
    name: '1000x1',
    title: '1,000 members, one of them sending',
    standard: true,
    shows: talkFigures,
    measurement: talk({ members: 1_000, senders: 1, sampleEvery: 2 }),
  },
  {
    name: 'burst',
    title: '100 members, all sending, each with 4 messages in flight',
    standard: true,
    shows: talkFigures,
    measurement: talk({ members: 100, senders: 100, inFlight: 4, sampleEvery: 100 }),
  },
  {
    name: '512-bytes',
    title: '1,000 members, 10 of them sending, 512 bytes of content',
    standard: true,
    shows: talkFigures,
    measurement: talk({ members: 1_000, senders: 10, contentBytes: 512, sampleEvery: 10 }),
  },
  {
    name: 'compression',
    title: '512 bytes of content, with permessage-deflate offered',
    standard: true,
    shows: [
      'cpuPerDelivery',
      'deliveriesPerSecond',
      'bytesPerDelivery',
      'rss',
      'closed',
      'lost',
      'generatorShare',
    ],
    measurement: {
      kind: 'talk',
      peers: ['hubbub', 'hubbub --compress', 'ws deflate'],
      members: 1_000,
      senders: 10,
      ...common,
      next: 'everyone has one',
      compress: true,
      contentBytes: 512,
      sampleEvery: 10,
    },
  },
  {
    name: 'half-load',
    title: '1,000 members, 10 of them sending, at half of what each server can take',
    standard: true,
    shows: ['p50', 'p99', 'max', 'messagesPerSecond', 'cpuPerDelivery', 'closed', 'lost'],
    measurement: {
      kind: 'half load',
      peers: everyone,
      members: 1_000,
      senders: 10,
      ...common,
      sampleEvery: 5,
    },
  },
  {
    name: 'slow-consumer',
    title: '1,000 members and one that never reads, at half of what the server can take',
    standard: true,
    shows: ['p50', 'p99', 'max', 'messagesPerSecond', 'cpuPerDelivery', 'evicted', 'closed', 'lost'],
    measurement: {
      kind: 'slow consumer',
      peer: 'hubbub',
      members: 1_000,
      senders: 10,
      ...common,
      contentBytes: 3_600,
      sampleEvery: 5,
    },
  },
  {
    name: 'inspector',
    title: '100 members, 1,000 messages a second, with and without somebody who watches',
    standard: true,
    shows: ['cpuPerDelivery', 'messagesPerSecond', 'p50', 'p99', 'rss', 'closed', 'lost', 'generatorShare'],
    measurement: {
      kind: 'watched',
      members: 100,
      senders: 10,
      rooms: 1,
      rate: 1_000,
      contentBytes: 64,
      compress: false,
      sampleEvery: 10,
    },
  },
  {
    name: 'servers',
    title: '1,000 members in 100 rooms, 100 of them sending, in memory and on Redis',
    standard: true,
    shows: [
      'cpuPerDelivery',
      'redisPerMessage',
      'deliveriesPerSecond',
      'messagesPerSecond',
      'p50',
      'p99',
      'rss',
      'closed',
      'lost',
    ],
    measurement: {
      ...talk({ members: 1_000, senders: 100, rooms: 100, sampleEvery: 20 }),
      peers: ['hubbub', 'hubbub on Redis', 'two servers', 'two workers'],
    },
  },
  {
    name: 'publish',
    title: '100 members, each alone in a room, with 4 messages in flight: what a publication costs',
    standard: true,
    shows: ['cpuPerMessage', 'redisPerMessage', 'messagesPerSecond', 'p50', 'p99', 'closed', 'lost'],
    measurement: {
      ...talk({ members: 100, senders: 100, rooms: 100, inFlight: 4, sampleEvery: 20 }),
      peers: ['hubbub', 'hubbub on Redis'],
    },
  },
  {
    name: 'connection-storm',
    title: '5,000 connections at once, each into a room of its own',
    standard: true,
    shows: stormFigures,
    measurement: {
      kind: 'storm',
      members: 5_000,
      contenders: [
        { name: 'hubbub', peer: 'hubbub', rooms: 5_000 },
        { name: 'bare upgrade', peer: 'bare upgrade', rooms: 5_000 },
      ],
    },
  },
  {
    name: 'join-storm',
    title: '1,000 connections at once, into one room and into 1,000',
    standard: true,
    shows: ['joinTime', 'cpuPerAccept', 'othersPerMember', 'p99', 'closed'],
    measurement: {
      kind: 'storm',
      members: 1_000,
      contenders: [
        { name: 'into one room', peer: 'hubbub', rooms: 1 },
        { name: 'into 1,000 rooms', peer: 'hubbub', rooms: 1_000 },
      ],
    },
  },
  {
    name: 'idle',
    title: '10,000 connections in 10 rooms that say nothing',
    standard: true,
    shows: ['rssPerConnection', 'rssPerFurther', 'cpuPerMinute', 'held', 'closed'],
    measurement: { kind: 'idle', peers: ['hubbub', 'plain ws', 'Socket.IO'], members: 10_000, rooms: 10 },
  },
  {
    name: 'hold',
    title: '15,000 connections on one process and 30,000 on two workers, held for 70 seconds',
    standard: false,
    shows: ['held', 'closed', 'lost', 'cpuPerMinute', 'rss'],
    measurement: {
      kind: 'hold',
      contenders: [
        { peer: 'hubbub', members: 15_000, rooms: 15, generators: 1 },
        { peer: 'two workers', members: 30_000, rooms: 30, generators: 2 },
      ],
      seconds: 70,
    },
  },
];
