/**
 * Idle measures what a connection costs that says nothing: memory, as the crowd grows by a share of it with each trial, and
 * CPU time over one whole heartbeat period once it is complete, for all contenders at the same time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Figures } from '../figures.ts';
import type { PeerName } from '../peers/catalogue.ts';
import { interleave, type Conditions, type Contender } from './interleave.ts';
import { Session } from './session.ts';

export interface Idle {
  readonly kind: 'idle';
  readonly peers: readonly PeerName[];
  readonly members: number;
  readonly rooms: number;
}

interface Kit {
  readonly session: Session;
  readonly emptyRssBytes: number;
}

/** Connections made and ended first, so that what a server sets up once is not taken for a connection's. */
const warmUpMembers = 300;

/** One ping period of hubbub's and of Socket.IO's: everyone is pinged once in it. */
const pingPeriodMs = 25_000;

const quietly = { contentBytes: 64, compress: false };

export async function measureIdle(idle: Idle, conditions: Conditions): Promise<Contender[]> {
  const kits = new Map<PeerName, Kit>();
  for (const peer of idle.peers) {
    conditions.progress(`warming up: ${peer}`);
    kits.set(peer, await startIdle(peer, idle, conditions));
  }
  const share = { ...idle, members: idle.members / conditions.rounds };
  const contenders = await interleave(kits, conditions, ({ session }) => growBy(session, share));
  conditions.progress(`${pingPeriodMs / 1_000} s of silence`);
  const all = await Promise.all([...kits.values()].map((kit) => watchSilence(kit, idle)));
  for (const { session } of kits.values()) await session.end();
  return contenders.map(({ name, median, trials }, index) => ({
    name,
    median: Object.assign(median, all[index]),
    trials,
  }));
}

async function startIdle(peer: PeerName, { rooms }: Idle, { serverFlags }: Conditions): Promise<Kit> {
  const session = await Session.start(peer, serverFlags);
  await session.open({ members: warmUpMembers, rooms, ...quietly });
  await session.load('leave', null);
  await session.quiet();
  const { rssBytes } = await session.report({ gc: true });
  return { session, emptyRssBytes: rssBytes };
}

async function growBy(session: Session, { members, rooms }: Idle): Promise<Figures> {
  const before = await session.report({ gc: true });
  await session.open({ members, rooms, ...quietly });
  await session.quiet();
  const after = await session.report({ gc: true });
  return { rssPerFurther: (after.rssBytes - before.rssBytes) / members / 1024 };
}

async function watchSilence({ session, emptyRssBytes }: Kit, { members }: Idle): Promise<Figures> {
  const before = await session.report({ gc: true });
  await sleep(pingPeriodMs);
  const after = await session.report();
  const { connected, closed } = await session.load('census', null);
  const msPerMinute = ((after.cpuUs - before.cpuUs) / 1_000) * (60_000 / pingPeriodMs);
  const rssPerConnection = (before.rssBytes - emptyRssBytes) / members / 1024;
  return { rssPerConnection, cpuPerMinute: msPerMinute, held: connected, closed };
}
