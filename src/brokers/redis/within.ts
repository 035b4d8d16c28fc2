/** Work that may take so long and no longer, and that a signal may end before. */
import type { Clock } from '../../clock.ts';

export interface Patience {
  readonly clock: Clock;
  readonly patienceMs: number;
}

/**
 * @param end has the work fail: it is called when that takes too long, or when the signal comes.
 * @throws what the work does, why the signal came, or that there was no answer in time.
 */
export async function within<T>(
  { clock, patienceMs }: Patience,
  signal: AbortSignal,
  end: () => void,
  work: () => Promise<T>,
): Promise<T> {
  let isLate = false;
  const deadline = clock.setTimeout(() => {
    isLate = true;
    end();
  }, patienceMs);
  signal.addEventListener('abort', end);
  try {
    signal.throwIfAborted();
    const result = await work();
    signal.throwIfAborted();
    return result;
  } catch (error) {
    signal.throwIfAborted();
    // What the work says of an end that was ours tells nobody anything.
    throw isLate ? silence(patienceMs) : error;
  } finally {
    clock.clearTimeout(deadline);
    signal.removeEventListener('abort', end);
  }
}

export function silence(patienceMs: number): Error {
  return new Error(`no answer within ${patienceMs} ms`);
}
