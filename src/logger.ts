/**
 * The program's log: pretty lines for a person at a terminal, JSON lines for everything else.
 *
 * Every line is written before the call returns, so that the last ones are there however the process ends.
 */
import { isatty } from 'node:tty';
import { pino } from 'pino';
import { isColorSupported, prettyFactory } from 'pino-pretty';
import type { Config } from './config.ts';

const stdout = 1;

/**
 * @param fd the file descriptor written to.
 * @param isTerminal whether a person reads it.
 */
export function createLogger(
  level: Config['logLevel'],
  fd: number = stdout,
  isTerminal: boolean = isatty(fd),
): pino.Logger {
  // It bears a reader that went away (EPIPE): from then on it writes nothing, and the server goes on.
  const destination = pino.destination({ dest: fd, sync: true });
  return pino({ level }, isTerminal ? prettified(destination) : destination);
}

/** The formatter alone, called in line: pino-pretty's own stream would hold lines back for a later turn. */
function prettified(destination: pino.DestinationStream): pino.DestinationStream {
  const prettify = prettyFactory({
    colorize: isColorSupported,
    ignore: 'pid,hostname,worker',
    messageFormat: '{if worker}worker {worker}: {end}{msg}',
    translateTime: 'SYS:HH:MM:ss.l',
  });
  return { write: (line) => destination.write(prettify(line)) };
}
