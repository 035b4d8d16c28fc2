/**
 * Slow consumer measures what the others notice of a member that never reads: one server, the same open loop
 * without such a member and with one, in turn.
 */
import type { Figures } from '../figures.ts';
import type { PeerName } from '../peers/catalogue.ts';
import { capacity } from './half-load.ts';
import { interleave, type Conditions, type Contender } from './interleave.ts';
import type { Session } from './session.ts';
import { observe, startTalk, type Talk } from './talk.ts';

export interface SlowConsumer extends Omit<Talk, 'kind' | 'peers'> {
  readonly kind: 'slow consumer';
  readonly peer: PeerName;
}

interface Kit {
  readonly withSlowMember: boolean;
}

const trialMs = 1_200;

/**
 * What the kernel takes for a member that does not read, on Linux with its usual limits: so much is sent before the
 * trial, so that it is in the trial that the member's outbox fills.
 */
const kernelBytes = 4_500_000;

export async function measureSlowConsumer(slow: SlowConsumer, conditions: Conditions): Promise<Contender[]> {
  conditions.progress(`finding the capacity: ${slow.peer}`);
  const session = await startTalk(slow.peer, slow, conditions);
  const rate = (await capacity(session, slow)) / 2;
  const speak = () => session.load('openLoop', { ...slow, rate, durationMs: trialMs });
  const fillRate = rate * 1.5;
  const fillMs = (kernelBytes / slow.contentBytes / fillRate) * 1_000;
  const fill = () => session.load('openLoop', { ...slow, rate: fillRate, durationMs: fillMs });

  const kits = new Map<string, Kit>([
    ['without a slow consumer', { withSlowMember: false }],
    ['with one', { withSlowMember: true }],
  ]);
  const contenders = await interleave(kits, conditions, ({ withSlowMember }) =>
    withSlowMember ? withSlowConsumer(session, fill, speak) : observe(session, speak),
  );
  await session.end();
  return contenders;
}

type Speak = Parameters<typeof observe>[1];

async function withSlowConsumer(session: Session, fill: Speak, speak: Speak): Promise<Figures> {
  await session.load('addSlowMember', null);
  await fill();
  await session.quiet();
  const figures = await observe(session, speak);
  const { evicted } = await session.load('removeSlowMember', null);
  await session.quiet();
  return { ...figures, evicted: Number(evicted) };
}
