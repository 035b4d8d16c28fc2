/** A hang-up is what SIGHUP meant at first: the terminal was closed. Sent by somebody, it asks a server for a restart. */
import { isatty } from 'node:tty';

const stdout = 1;

/** Calls `onAsked` at each SIGHUP that somebody sends. One that comes of a closed terminal is a SIGTERM. */
export function onHangup(onAsked: () => void): void {
  const hasTerminal = isatty(stdout);
  process.on('SIGHUP', () => {
    // A terminal that was closed is none any more.
    if (hasTerminal && !isatty(stdout)) process.kill(process.pid, 'SIGTERM');
    else onAsked();
  });
}
