/**
 * The serve command: a server from its first line on the terminal to the proof that it left nothing behind.
 */
import { setImmediate } from 'node:timers/promises';
import type { Logger } from 'pino';
import { nameOfCode } from './close-codes.ts';
import { ConfigError } from './config.ts';
import type { Config } from './config.ts';
import { createChatServer } from './index.ts';
import type { ChatServer, StopReport } from './index.ts';
import { beyond } from './leaks/names.ts';
import { createLogger } from './logger.ts';
import { onStopSignal } from './stop-signal.ts';

/** How long the event loop may take to let go of what was closed. */
const settleMs = 500;

/** How long after the proof the process may still run before that counts as a leak. */
const exitWaitMs = 1_000;

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

async function start(server: ChatServer): Promise<void> {
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

/** @returns why the server cannot listen, in terms of its flags, or undefined where the error is another one. */
export function listenProblem(
  error: NodeJS.ErrnoException,
  { host, port }: Pick<Config, 'host' | 'port'>,
): string | undefined {
  // Files have errors with the same codes, and those are not about the address.
  if (!['listen', 'bind', 'getaddrinfo'].includes(error.syscall ?? '')) return undefined;
  const problems: Record<string, string> = {
    EADDRINUSE: `--port ${port}: already taken on ${host}`,
    EACCES: `--port ${port}: this user may not listen on it`,
    EADDRNOTAVAIL: `--host ${host}: not an address of this machine`,
    ENOTFOUND: `--host ${host}: no such host is known`,
    EAI_AGAIN: `--host ${host}: its address cannot be looked up now`,
  };
  return problems[error.code ?? ''] ?? `--host ${host} --port ${port}: ${error.message}`;
}

/** Where to go, one line each. @param url the server's own, such as `http://127.0.0.1:8080`. */
export function addressLines(url: string, hasInspector = false): string[] {
  // One can listen on every address, but not visit it.
  const authority = url.replace(/^http:\/\//, '').replace(/^(0\.0\.0\.0|\[::\])(?=:)/, 'localhost');
  return [
    `chat page  http://${authority}/`,
    `WebSocket  ws://${authority}/ws/`,
    `stats      http://${authority}/stats`,
    ...(hasInspector ? [`inspector  http://${authority}/inspect/`] : []),
  ];
}

/** How many connections were closed, by code, the most frequent first. */
export function closedLine({ connections, closedByCode }: StopReport): string {
  const byCode = [...closedByCode]
    .toSorted(([, a], [, b]) => b - a)
    .map(([code, count]) => `${count} × ${code} ${nameOfCode(code)}`);
  const what = `closed ${connections} ${connections === 1 ? 'connection' : 'connections'}`;
  return byCode.length === 0 ? what : `${what}: ${byCode.join(', ')}`;
}

/** Ends the process, by letting the loop run out where nothing holds it. */
function end(logger: Logger, leaks: readonly string[]): void {
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
function watchEventLoop(): () => Promise<string[]> {
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

/** Resolves with the first signal to stop; the second one ends the process. */
function awaitStopSignal(logger: Logger): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    onStopSignal(resolve, (signal) => logger.warn(`${signal}: ended at once, without draining`));
  });
}

/** After an error that nobody caught nothing can be trusted: it is logged, and the process ends. */
function endOnUncaught(logger: Logger): void {
  process.on('uncaughtException', (err, origin) => {
    logger.fatal({ err }, origin === 'unhandledRejection' ? 'unhandled rejection' : 'uncaught exception');
    process.exit(1);
  });
}
