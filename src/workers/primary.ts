/**
 * The primary is the process that has the workers: it takes no connection itself, but signals, and answers for all.
 *
 * Its workers listen on one port, which Node hands out to them connection by connection, each to the next.
 */
import cluster from 'node:cluster';
import { createActor, toPromise, waitFor } from 'xstate';
import { closedLine, listenProblem } from '../announce.ts';
import { systemClock } from '../clock.ts';
import { ConfigError, type Config } from '../config.ts';
import { onHangup } from '../hangup.ts';
import { createLogger } from '../logger.ts';
import { builtAt } from '../package-files.ts';
import { packageVersion } from '../package-version.ts';
import { end, endOnUncaught, watchEventLoop } from '../proof.ts';
import { onStopSignal } from '../stop-signal.ts';
import { Crew } from './crew.ts';
import { VersionWatch } from './new-version.ts';
import { findPort } from './port.ts';
import { supervisorMachine } from './supervisor.ts';
import { describeEnding, type WorkerEnd } from './worker.ts';

/** What a drain may take beyond its own time: for Redis, for HTTP, and for the proof. */
const drainMarginMs = 5_000;

/**
 * Has workers serve until SIGINT or SIGTERM, and has them drain together; the exit code is 0 where all have left nothing
 * behind, else 1. A second signal ends all processes at once. SIGHUP replaces the workers one after the other, and so does
 * another version that is installed.
 * @throws ConfigError when they cannot listen where they were told to.
 */
export async function serveByWorkers(config: Config): Promise<void> {
  if (!cluster.isPrimary) {
    throw new ConfigError(`--workers ${config.workers}: not inside of a worker of another program`);
  }
  const logger = createLogger(config.logLevel);
  endOnUncaught(logger);
  const leftInLoop = watchEventLoop();
  const crew = new Crew({ workers: config.workers, port: await portFor(config) });
  const { drainTimeoutMs, drainGraceMs, closeTimeoutMs, versionSettleMs } = config;
  const running = packageVersion();
  const supervisor = createActor(supervisorMachine, {
    input: {
      workers: config.workers,
      fork: (number, tell) => crew.fork(number, tell),
      watchVersion: (onNew) =>
        new VersionWatch({
          disk: { version: packageVersion, changedAt: builtAt },
          clock: systemClock,
          settleMs: versionSettleMs,
          running,
          onNew,
        }),
      logger,
      random: Math.random,
      now: () => performance.now(),
      overdueMs: drainTimeoutMs + drainGraceMs + closeTimeoutMs + drainMarginMs,
    },
  });
  onStopSignal(
    (signal) => {
      logger.info(`${signal}: draining all workers; a second signal ends them at once`);
      supervisor.send({ type: 'drain' });
    },
    (signal) => {
      logger.warn(`${signal}: ended at once, without draining`);
      crew.kill();
    },
  );
  onHangup(() => supervisor.send({ type: 'restart', cause: 'SIGHUP' }));

  logger.info(`primary (pid ${process.pid}) of ${config.workers} workers, version ${running}`);
  supervisor.start();
  const { value, context } = await waitFor(supervisor, (snapshot) => !snapshot.matches('starting'), {
    timeout: Infinity,
  });
  if (typeof value === 'object') for (const line of context.lines ?? []) logger.info(line);
  await toPromise(supervisor);
  crew.end();
  const { problem, ends } = supervisor.getSnapshot().context;
  if (problem?.isMistake === true) throw new ConfigError(problem.reason);
  if (problem !== undefined) {
    logger.fatal(`no worker can start: ${problem.reason}`);
    process.exit(1);
  }
  logger.info(closedLine(sumOf(ends)));
  end(logger, [...ends.flatMap(leftBy), ...(await leftInLoop())]);
}

/** @throws ConfigError where the port cannot be had. */
async function portFor(config: Config): Promise<number> {
  try {
    return await findPort(config);
  } catch (error) {
    const problem = listenProblem(error as NodeJS.ErrnoException, config);
    throw problem === undefined ? error : new ConfigError(problem, { cause: error });
  }
}

/** What the workers have closed that were there at the end. */
function sumOf(ends: readonly WorkerEnd[]): { connections: number; closedByCode: Map<number, number> } {
  let connections = 0;
  const closedByCode = new Map<number, number>();
  for (const { ending } of ends) {
    connections += ending?.farewell?.connections ?? 0;
    for (const [code, count] of Object.entries(ending?.farewell?.closedByCode ?? {})) {
      closedByCode.set(Number(code), (closedByCode.get(Number(code)) ?? 0) + count);
    }
  }
  return { connections, closedByCode };
}

/** What a worker has not let go of, by name. */
function leftBy({ number, ending, isClean }: WorkerEnd): string[] {
  const leaks = ending?.farewell?.leaks ?? [];
  if (leaks.length > 0) return leaks.map((leak) => `worker ${number}: ${leak}`);
  return isClean ? [] : [`worker ${number}: ${describeEnding(ending)} before it had drained`];
}
