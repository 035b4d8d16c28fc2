/** The slow member: it joins, and never reads again until it goes. */
import { once, EventEmitter } from 'node:events';
import type { Crowd } from './crowd.ts';
import type { Member } from './member.ts';

/** How long a slow member reads before it goes, to learn whether the server has closed it. */
const lastLookMs = 1_000;

export interface SlowMember {
  /** Reads what there is, and goes. @returns whether the server has closed it. */
  leave(): Promise<boolean>;
}

const ignore = () => {};

/** Waits until a slow member is in the first member's room. */
export async function addSlowMember(crowd: Crowd): Promise<SlowMember> {
  const life = new EventEmitter<{ ready: []; gone: [] }>();
  const member: Member = crowd.addGuest({
    ready: () => life.emit('ready'),
    gone: () => life.emit('gone'),
    upgraded: ignore,
    read: ignore,
    delivered: ignore,
    stamped: ignore,
    returned: ignore,
    other: ignore,
  });
  await once(life, 'ready');
  member.stopReading();
  return {
    async leave() {
      const gone = once(life, 'gone', { signal: AbortSignal.timeout(lastLookMs) });
      member.readAgain();
      const evicted = await gone.then(
        () => true,
        () => false,
      );
      member.reset();
      return evicted;
    },
  };
}
