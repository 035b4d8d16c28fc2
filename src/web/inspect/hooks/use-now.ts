/** The server's time, told anew every so often while it goes on. */
import { useEffect, useState } from 'react';
import type { Session } from '../model/session.ts';

export function useNow(session: Session, everyMs: number): number {
  const [, setTicks] = useState(0);
  useEffect(() => {
    const ticking = setInterval(() => setTicks((ticks) => ticks + 1), everyMs);
    return () => clearInterval(ticking);
  }, [everyMs]);
  return session.now();
}
