/** Hold measures nothing but that a crowd stays: so many connections, with heartbeats, for more than a minute. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Figures } from '../figures.ts';
import type { PeerName } from '../peers/catalogue.ts';
import { medians } from '../figures.ts';
import type { Conditions, Contender } from './interleave.ts';
import { Session } from './session.ts';

export interface Hold {
  readonly kind: 'hold';
  readonly peer: PeerName;
  readonly members: number;
  readonly rooms: number;
  readonly seconds: number;
}

const mib = 1024 * 1024;

export async function measureHold(hold: Hold, { serverFlags, progress }: Conditions): Promise<Contender[]> {
  const session = await Session.start(hold.peer, serverFlags);
  progress(`connecting ${hold.members}`);
  await session.open({ members: hold.members, rooms: hold.rooms, contentBytes: 64, compress: false });
  progress(`holding them for ${hold.seconds} s`);
  const before = await session.report();
  await sleep(hold.seconds * 1_000);
  const after = await session.report();
  const { connected, closed } = await session.load('census', null);
  // Everyone hears the last word, or it counts as lost.
  const last = await session.load('openLoop', { senders: 1, rate: 10, durationMs: 1_000, sampleEvery: 1 });
  const trial: Figures = {
    held: connected,
    closed,
    lost: last.lost,
    cpuPerMinute: (after.cpuUs - before.cpuUs) / 1_000 / (hold.seconds / 60),
    rss: after.rssBytes / mib,
  };
  await session.end();
  return [{ name: hold.peer, median: medians([trial]), trials: [trial] }];
}
