/**
 * The serve command: a server from its first line on the terminal to the proof that it left nothing behind.
 */
import type { Logger } from 'pino';
import { addressLines, closedLine, listenProblem } from './announce.ts';
import { ConfigError } from './config.ts';
import type { Config } from './config.ts';
import { onHangup } from './hangup.ts';
import { createChatServer } from './index.ts';
import type { ChatServer } from './index.ts';
import { createLogger } from './logger.ts';
import { end, endOnUncaught, watchEventLoop } from './proof.ts';
import { onStopSignal } from './stop-signal.ts';

/**
 * Serves until SIGINT or SIGTERM, drains, and logs the proof; the exit code is 0 where nothing is left alive, else 1.
 * A second signal ends the process at once, with 130 or 143.
 * @throws ConfigError when the server cannot listen where it was told to.
 */
export async function serveUntilSignal(config: Config): Promise<void> {
  const logger = createLogger(config.logLevel);
  endOnUncaught(logger);
  const leftInLoop = watchEventLoop();
  const stopSignal = awaitStopSignal(logger);
  onHangup(() => logger.warn('SIGHUP: ignored, for a rolling restart needs --workers'));

  const server = createChatServer({ ...config, logger });
  await start(server);
  for (const line of addressLines(server.url, server.hasInspector)) logger.info(line);

  const signal = await stopSignal;
  process.exitCode = 1; // until the proof is there
  logger.info(`${signal}: draining; a second signal ends at once`);
  const report = await server.stop();
  const leaks = [...report.leaks, ...(await leftInLoop())];
  logger.info(closedLine(report));
  end(logger, leaks);
}

/** @throws ConfigError when the server cannot listen where it was told to. */
export async function start(server: ChatServer): Promise<void> {
  try {
    await server.start();
  } catch (error) {
    const problem = startProblem(error as NodeJS.ErrnoException, server.config);
    throw problem === undefined ? error : new ConfigError(problem, { cause: error });
  }
}

function startProblem(error: NodeJS.ErrnoException, config: Config): string | undefined {
  if (error.syscall === 'open' && error.path === config.record)
    return `--record ${config.record}: ${error.message}`;
  return listenProblem(error, config);
}

/** Resolves with the first signal to stop; the second one ends the process. */
function awaitStopSignal(logger: Logger): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    onStopSignal(resolve, (signal) => logger.warn(`${signal}: ended at once, without draining`));
  });
}
