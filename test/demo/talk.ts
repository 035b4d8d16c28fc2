/** What the members of the demos have in common: they say one thing after the other, and one waits for what comes of it. */
import { setTimeout as delay } from 'node:timers/promises';

/** Pauses between two words of a member, as long as a pace has it in the mean; a signal ends it. */
export function pauseFor(paceMs: number, signal: AbortSignal): Promise<void> {
  return delay(2 * Math.random() * paceMs, undefined, { signal }).catch(() => undefined);
}

const lookMs = 50;

/** @returns whether it came true while one cared to wait. */
export async function until(isTrue: () => boolean, patienceMs: number): Promise<boolean> {
  const end = performance.now() + patienceMs;
  while (!isTrue()) {
    if (performance.now() > end) return false;
    await delay(lookMs);
  }
  return true;
}
