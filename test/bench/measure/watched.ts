/**
 * Watched measures what it costs to be inspectable: the same open loop on a server whose inspector is taken out, on one
 * that nobody watches, and on one with a viewer who reads everything.
 */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { PeerName } from '../peers/catalogue.ts';
import { interleave, type Conditions, type Contender } from './interleave.ts';
import type { Session } from './session.ts';
import { observe, startTalk, type Talk } from './talk.ts';

export interface Watched extends Omit<Talk, 'kind' | 'peers' | 'inFlight' | 'next'> {
  readonly kind: 'watched';
  /** Messages a second. */
  readonly rate: number;
}

interface Kit {
  /** Used in turn, for two processes of one program may differ by more than what is measured here. */
  readonly sessions: readonly [Session, Session];
  readonly viewers: number;
}

const trialMs = 1_000;

export async function measureWatched(watched: Watched, conditions: Conditions): Promise<Contender[]> {
  const start = (peer: PeerName) =>
    startTalk(peer, { ...watched, inFlight: 1, next: 'own came back' }, conditions);
  conditions.progress('warming up');
  const pair = (peer: PeerName) => Promise.all([start(peer), start(peer)]);
  const [without, inspected] = await Promise.all([pair('hubbub uninspected'), pair('hubbub')]);
  const kits = new Map<string, Kit>([
    ['without an inspector', { sessions: without, viewers: 0 }],
    ['nobody watches', { sessions: inspected, viewers: 0 }],
    ['one viewer', { sessions: inspected, viewers: 1 }],
  ]);
  const contenders = await interleave(kits, conditions, async ({ sessions, viewers }, round) => {
    const session = sessions[round % 2 === 0 ? 0 : 1];
    const viewer = viewers === 0 ? undefined : await watch(session);
    await session.quiet();
    const { rate, senders, sampleEvery } = watched;
    const talk = { senders, rate, durationMs: trialMs, sampleEvery };
    const figures = await observe(session, () => session.load('openLoop', talk));
    viewer?.terminate();
    return figures;
  });
  for (const session of [...without, ...inspected]) await session.end();
  return contenders;
}

/** Opens a viewer in this process, who is told of every actor and then of all that happens. */
async function watch({ origin }: Session): Promise<WebSocket> {
  const viewer = new WebSocket(`${origin.replace(/^http/, 'ws')}/inspect/socket`);
  await once(viewer, 'message');
  return viewer;
}
