/**
 * Hold measures nothing but that crowds stay: so many connections each, with heartbeats, for more than a minute, all at
 * the same time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Figures } from '../figures.ts';
import type { PeerName } from '../peers/catalogue.ts';
import { medians } from '../figures.ts';
import type { Conditions, Contender } from './interleave.ts';
import { Session } from './session.ts';

export interface Hold {
  readonly kind: 'hold';
  readonly contenders: readonly HoldContender[];
  readonly seconds: number;
}

interface HoldContender {
  readonly peer: PeerName;
  readonly members: number;
  readonly rooms: number;
  /** Processes that the members are in, for one may not have so many files open. */
  readonly generators: number;
}

const mib = 1024 * 1024;

export async function measureHold(hold: Hold, { serverFlags, progress }: Conditions): Promise<Contender[]> {
  const sessions: Session[] = [];
  for (const { peer, members, rooms, generators } of hold.contenders) {
    progress(`connecting ${members}: ${peer}`);
    const session = await Session.start(peer, serverFlags, generators);
    await session.open({ members, rooms, contentBytes: 64, compress: false });
    sessions.push(session);
  }
  const before = await Promise.all(sessions.map((session) => session.report()));
  for (let second = 0; second < hold.seconds; second += 1) {
    progress(`holding them: ${second} of ${hold.seconds} s`);
    await sleep(1_000);
  }
  const after = await Promise.all(sessions.map((session) => session.report()));
  const contenders: Contender[] = [];
  for (const [index, session] of sessions.entries()) {
    const [from = 0, to = 0] = [before[index]?.cpuUs, after[index]?.cpuUs];
    const crowd = await session.loads('census', null);
    // Everyone hears the last word, or it counts as lost.
    const last = await session.loads('openLoop', { senders: 1, rate: 10, durationMs: 1_000, sampleEvery: 1 });
    const trial: Figures = {
      held: sum(crowd.map(({ connected }) => connected)),
      closed: sum(crowd.map(({ closed }) => closed)),
      lost: sum(last.map(({ lost }) => lost)),
      cpuPerMinute: (to - from) / 1_000 / (hold.seconds / 60),
      rss: (after[index]?.rssBytes ?? 0) / mib,
    };
    contenders.push({ name: session.peer, median: medians([trial]), trials: [trial] });
    await session.end();
  }
  return contenders;
}

function sum(values: readonly number[]): number {
  return values.reduce((one, other) => one + other, 0);
}
