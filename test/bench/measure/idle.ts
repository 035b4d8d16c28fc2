/**
 * Idle measures what a connection costs that says nothing: memory, from fresh servers, and CPU time over one whole
 * heartbeat period, for all contenders at the same time.
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

/** Connections made and ended first, so that what a server sets up once is not taken for a connection's. */
const warmUpMembers = 300;

/** One ping period of hubbub's and of Socket.IO's: everyone is pinged once in it. */
const pingPeriodMs = 25_000;

const quietly = { contentBytes: 64, compress: false };

export async function measureIdle(idle: Idle, conditions: Conditions): Promise<Contender[]> {
  const last = new Map<PeerName, Session>();
  const names = new Map(idle.peers.map((peer) => [peer, peer] as const));
  const contenders = await interleave(names, conditions, async (peer, round) => {
    const session = await Session.start(peer, conditions.serverFlags);
    const figures = await tryIdle(session, idle);
    if (round === conditions.rounds) last.set(peer, session);
    else await session.end();
    return figures;
  });
  conditions.progress(`${pingPeriodMs / 1_000} s of silence`);
  const cpu = await Promise.all([...last.values()].map((session) => watchSilence(session)));
  for (const session of last.values()) await session.end();
  return contenders.map(({ name, median, trials }, index) => ({
    name,
    median: Object.assign(median, cpu[index]),
    trials,
  }));
}

async function tryIdle(session: Session, { members, rooms }: Idle): Promise<Figures> {
  await session.open({ members: warmUpMembers, rooms, ...quietly });
  await session.load('leave', null);
  await session.quiet();
  const empty = await session.report({ gc: true });
  await session.open({ members, rooms, ...quietly });
  await session.quiet();
  const full = await session.report();
  const collected = await session.report({ gc: true });
  const perConnectionKib = (bytes: number) => (bytes - empty.rssBytes) / members / 1024;
  return {
    rssUncollected: perConnectionKib(full.rssBytes),
    rssPerConnection: perConnectionKib(collected.rssBytes),
  };
}

async function watchSilence(session: Session): Promise<Figures> {
  const before = await session.report();
  await sleep(pingPeriodMs);
  const after = await session.report();
  const { connected, closed } = await session.load('census', null);
  const msPerMinute = ((after.cpuUs - before.cpuUs) / 1_000) * (60_000 / pingPeriodMs);
  return { cpuPerMinute: msPerMinute, held: connected, closed };
}
