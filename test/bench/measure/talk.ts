/**
 * Talk measures what a delivery costs: members in rooms, some of them sending in a closed loop, and the server's
 * CPU time from one moment of silence to the next.
 */
import type { ClosedLoopInput, LoadOutput, ServerReport } from '../ipc/calls.ts';
import type { Figures } from '../figures.ts';
import type { PeerName } from '../peers/catalogue.ts';
import { interleave, type Conditions, type Contender } from './interleave.ts';
import { Session, type CrowdShape } from './session.ts';

export interface Talk extends CrowdShape {
  readonly kind: 'talk';
  readonly peers: readonly PeerName[];
  readonly senders: number;
  readonly inFlight: number;
  readonly next: ClosedLoopInput['next'];
  readonly sampleEvery: number;
}

const firstWarmUpMs = 600;
const warmUpMs = 100;
const trialMs = 400;

const mib = 1024 * 1024;

export async function measureTalk(talk: Talk, conditions: Conditions): Promise<Contender[]> {
  const sessions = await startTalks(talk.peers, talk, conditions);
  const contenders = await interleave(sessions, conditions, (session) => tryTalk(session, talk));
  for (const session of sessions.values()) await session.end();
  return contenders;
}

/** Starts a session for each of these, at the same time, with its members in their rooms, and the server warm. */
export async function startTalks(
  peers: readonly PeerName[],
  talk: Omit<Talk, 'kind' | 'peers'>,
  conditions: Conditions,
): Promise<Map<PeerName, Session>> {
  conditions.progress('warming up');
  const starting = peers.map((peer) => startTalk(peer, talk, conditions));
  const sessions = await Promise.all(starting);
  return new Map(sessions.map((session) => [session.peer, session]));
}

/** Starts one session. */
export async function startTalk(
  peer: PeerName,
  talk: Omit<Talk, 'kind' | 'peers'>,
  { serverFlags }: Conditions,
): Promise<Session> {
  const session = await Session.start(peer, serverFlags);
  await session.open(talk);
  // Announcements of joins may still be under way.
  await session.quiet();
  await session.load('closedLoop', closedLoop(talk, firstWarmUpMs));
  return session;
}

async function tryTalk(session: Session, talk: Talk): Promise<Figures> {
  await session.load('closedLoop', closedLoop(talk, warmUpMs));
  return observe(session, () => session.load('closedLoop', closedLoop(talk, trialMs)));
}

function closedLoop(talk: Omit<Talk, 'kind' | 'peers'>, durationMs: number): ClosedLoopInput {
  const { senders, inFlight, next, sampleEvery } = talk;
  return { senders, inFlight, next, sampleEvery, durationMs };
}

/** @returns the figures of one stretch of talk that begins and ends in silence. */
export async function observe(session: Session, talk: () => Promise<LoadOutput>): Promise<Figures> {
  const before = await session.report();
  const output = await talk();
  const after = await session.report();
  return talkFigures(before, output, after);
}

function talkFigures(before: ServerReport, output: LoadOutput, after: ServerReport): Figures {
  const cpuUs = after.cpuUs - before.cpuUs;
  const perMessage = (what: number) => what / output.messages;
  const redisCpuUs = (after.counters['redisCpuUs'] ?? 0) - (before.counters['redisCpuUs'] ?? 0);
  const writes = (after.counters['writes'] ?? 0) - (before.counters['writes'] ?? 0);
  return {
    cpuPerDelivery: cpuUs / output.deliveries,
    deliveriesPerSecond: output.deliveries / output.seconds,
    messagesPerSecond: output.messages / output.seconds,
    ...output.latency,
    rss: after.rssBytes / mib,
    closed: output.closed,
    lost: output.lost,
    bytesPerDelivery: output.bytes / output.deliveries,
    cpuPerMessage: perMessage(cpuUs),
    ...(redisCpuUs > 0 && { redisPerMessage: perMessage(redisCpuUs) }),
    ...(writes > 0 && { batch: output.deliveries / writes }),
    generatorShare: output.cpuUs / cpuUs,
  };
}
