/** A lease is how long what a server tells of itself holds, unless it is told again: so what a dead one has told is gone in time. */
export interface Lease {
  readonly holdsMs: number;
  /** After how long it is told again. */
  readonly refreshMs: number;
}

/** @param ttlMs within which all that a dead server has told is gone, and has been missed. */
export function leaseOf(ttlMs: number): Lease {
  // Whoever has died just after it was heard of is found out by the next refresh of another one.
  const refreshMs = Math.ceil((ttlMs * 5) / 12);
  return { holdsMs: ttlMs - refreshMs, refreshMs };
}
