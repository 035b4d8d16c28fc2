/**
 * Storm measures how fast a server takes connections in: so many at once, each into a room of its own or all into
 * one, on a server that is warm from a storm before.
 */
import type { Figures } from '../figures.ts';
import type { PeerName } from '../peers/catalogue.ts';
import { interleave, type Conditions, type Contender } from './interleave.ts';
import { Session } from './session.ts';

export interface Storm {
  readonly kind: 'storm';
  readonly contenders: readonly StormContender[];
  readonly members: number;
}

export interface StormContender {
  readonly name: string;
  readonly peer: PeerName;
  readonly rooms: number;
}

interface Kit {
  readonly session: Session;
  readonly rooms: number;
}

const quietly = { contentBytes: 64, compress: false };

export async function measureStorm(storm: Storm, conditions: Conditions): Promise<Contender[]> {
  const kits = new Map<string, Kit>();
  for (const { name, peer, rooms } of storm.contenders) {
    conditions.progress(`warming up: ${name}`);
    const kit: Kit = { session: await Session.start(peer, conditions.serverFlags), rooms };
    await tryStorm(kit, storm.members);
    kits.set(name, kit);
  }
  const contenders = await interleave(kits, conditions, (kit) => tryStorm(kit, storm.members));
  for (const { session } of kits.values()) await session.end();
  return contenders;
}

async function tryStorm({ session, rooms }: Kit, members: number): Promise<Figures> {
  const before = await session.report();
  const { seconds, handshake, cpuUs: generatorCpuUs } = await session.open({ members, rooms, ...quietly });
  await session.quiet();
  const after = await session.report();
  const { closed, others } = await session.load('census', null);
  await session.load('leave', null);
  await session.quiet();
  const cpuUs = after.cpuUs - before.cpuUs;
  return {
    acceptsPerSecond: members / seconds,
    cpuPerAccept: cpuUs / members,
    joinTime: seconds * 1_000,
    p50: handshake.p50,
    p99: handshake.p99,
    max: handshake.max,
    othersPerMember: others / members,
    closed,
    generatorShare: generatorCpuUs / cpuUs,
  };
}
