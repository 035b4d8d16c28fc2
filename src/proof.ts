/** The proof that a process has left nothing behind, and its end. */
import { setImmediate } from 'node:timers/promises';
import type { Logger } from 'pino';
import { beyond } from './leaks/names.ts';

/** How long the event loop may take to let go of what was closed. */
const settleMs = 500;

/** How long after the proof the process may still run before that counts as a leak. */
const exitWaitMs = 1_000;

/** Ends the process, by letting the loop run out where nothing holds it. */
export function end(logger: Logger, leaks: readonly string[]): void {
  if (leaks.length > 0) {
    logger.error(`left alive: ${leaks.join(', ')}`);
    process.exit(1);
  }
  logger.info('left alive: nothing');
  process.exitCode = 0;
  const overdue = setTimeout(() => {
    logger.error(
      'left alive: something that holds the event loop and is not listed by Node, such as a worker',
    );
    process.exit(1);
  }, exitWaitMs);
  overdue.unref();
}

/** @returns a function that names what keeps the event loop alive beyond what did at this call. */
export function watchEventLoop(): () => Promise<string[]> {
  const before = process.getActiveResourcesInfo();
  return async () => {
    const deadline = performance.now() + settleMs;
    let left: string[];
    do {
      await setImmediate();
      left = beyond(before, process.getActiveResourcesInfo());
    } while (left.length > 0 && performance.now() < deadline);
    return left.map((resource) => `${resource} in the event loop`);
  };
}

/** After an error that nobody caught nothing can be trusted: it is logged, and the process ends. */
export function endOnUncaught(logger: Logger): void {
  process.on('uncaughtException', (err, origin) => {
    logger.fatal({ err }, origin === 'unhandledRejection' ? 'unhandled rejection' : 'uncaught exception');
    process.exit(1);
  });
}
