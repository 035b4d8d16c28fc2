/** Backoff decides whether a lost connection is worth another try, and when. */
import * as limits from './limits.ts';
import type { Ending } from './socket.ts';

/** The close codes on which to come back: those of RFC 6455 and its registry one by one, the private ones by range. */
const comeBackCodes = [
  { first: 1001, last: 1001 },
  { first: 1005, last: 1006 },
  { first: 1011, last: 1014 },
  { first: 4000, last: 4499 },
];
const restarting = 1012;
const atCapacity = 1013;

export function comesBack(code: number): boolean {
  return comeBackCodes.some(({ first, last }) => code >= first && code <= last);
}

export interface Failure {
  /** How many tries failed before this one. */
  readonly attempt: number;
  readonly ending: Ending | undefined;
  /** The time over which a restarting server asked its clients to spread. */
  readonly spreadMs: number | undefined;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/** @returns how long to wait before the next try: with full jitter, so that those who were lost together come apart. */
export function retryDelayMs({ attempt, ending, spreadMs, random }: Failure): number {
  if (ending?.code === restarting && spreadMs !== undefined) return random() * spreadMs;
  const leastMs =
    ending?.retryAfterMs ?? (ending?.code === atCapacity ? limits.atCapacityMs : limits.backoffMs);
  const jitterMs = random() * Math.min(limits.maxBackoffMs, limits.backoffMs * 2 ** attempt);
  const delayMs = Math.max(leastMs, Math.min(limits.maxBackoffMs, leastMs + jitterMs));
  return Math.min(delayMs, limits.longestAwayMs);
}
