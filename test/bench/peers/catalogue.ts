/** The servers under test: each a program of its own, and how the load generator speaks to it. */
import type { DialectName } from '../ipc/calls.ts';

interface Peer {
  /** The program's file in this folder, without its ending. */
  readonly script: string;
  readonly dialect: DialectName;
  readonly args: readonly string[];
  readonly meaning: string;
  /** How many of them share the members: 1 unless it says so. */
  readonly servers?: number;
  /** Whether they need a Redis, whose URL they are given as `--redis`. */
  readonly needsRedis?: boolean;
}

export const peers = {
  hubbub: { script: 'hubbub', dialect: 'hubbub', args: [], meaning: 'this server, as `npm start` runs it' },
  'hubbub --compress': {
    script: 'hubbub',
    dialect: 'hubbub',
    args: ['--compress'],
    meaning: 'this server with permessage-deflate: a message is deflated once for everyone',
  },
  'hubbub uninspected': {
    script: 'hubbub',
    dialect: 'hubbub',
    args: ['--uninspected'],
    meaning: 'this server with its inspector taken out: nothing is kept of a connection’s steps',
  },
  'hubbub on Redis': {
    script: 'hubbub',
    dialect: 'hubbub',
    args: [],
    needsRedis: true,
    meaning: 'this server with Redis as its broker',
  },
  'two servers': {
    script: 'hubbub',
    dialect: 'hubbub',
    args: [],
    servers: 2,
    needsRedis: true,
    meaning: 'two of them on one Redis, each room’s members on both',
  },
  'two workers': {
    script: 'workers',
    dialect: 'hubbub',
    args: [],
    needsRedis: true,
    meaning: 'this server with `--workers 2` on one Redis',
  },
  limit: {
    script: 'limit',
    dialect: 'plain',
    args: [],
    meaning:
      'the least a Node process can do for the job: one write per member and turn, no actors, no checks',
  },
  'plain ws': {
    script: 'plain-ws',
    dialect: 'plain',
    args: [],
    meaning: 'the loop everyone writes first: `for (const c of room) c.send(json)`',
  },
  'ws deflate': {
    script: 'ws-deflate',
    dialect: 'plain',
    args: [],
    meaning: 'the same with permessage-deflate as ws does it: every frame of every client on its own',
  },
  'Socket.IO': {
    script: 'socket-io',
    dialect: 'socket-io',
    args: [],
    meaning: 'Socket.IO 4, WebSocket transport only',
  },
  'bare upgrade': {
    script: 'bare-upgrade',
    dialect: 'plain',
    args: [],
    meaning: 'ws accepts connections and does nothing else',
  },
} as const satisfies Record<string, Peer>;

export type PeerName = keyof typeof peers;

export function peerOf(name: PeerName): Peer {
  return peers[name];
}
