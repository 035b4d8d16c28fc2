/**
 * Half load measures latency where a server should be at ease: at half of what it can take, which is found first.
 */
import type { PeerName } from '../peers/catalogue.ts';
import { interleave, type Conditions, type Contender } from './interleave.ts';
import type { Session } from './session.ts';
import { observe, startTalks, type Talk } from './talk.ts';

export interface HalfLoad extends Omit<Talk, 'kind'> {
  readonly kind: 'half load';
}

interface Kit {
  readonly session: Session;
  /** Messages a second. */
  readonly rate: number;
}

const capacityMs = 700;
const trialMs = 800;

export async function measureHalfLoad(halfLoad: HalfLoad, conditions: Conditions): Promise<Contender[]> {
  const kits = new Map<PeerName, Kit>();
  for (const [peer, session] of await startTalks(halfLoad.peers, halfLoad, conditions)) {
    conditions.progress(`finding the capacity: ${peer}`);
    kits.set(peer, { session, rate: (await capacity(session, halfLoad)) / 2 });
  }
  const contenders = await interleave(kits, conditions, ({ session, rate }) =>
    observe(session, () => session.load('openLoop', { ...halfLoad, rate, durationMs: trialMs })),
  );
  for (const { session } of kits.values()) await session.end();
  return contenders;
}

/** @returns messages a second that the server takes in a closed loop. */
export async function capacity(session: Session, talk: Omit<Talk, 'kind' | 'peers'>): Promise<number> {
  const { messages, seconds } = await session.load('closedLoop', { ...talk, durationMs: capacityMs });
  return messages / seconds;
}
