/** A worker's process, from its first word to its primary to the last. */
import { addressLines, closedLine } from '../announce.ts';
import { ConfigError, type Config } from '../config.ts';
import { createChatServer } from '../index.ts';
import { createLogger } from '../logger.ts';
import { end, endOnUncaught, watchEventLoop } from '../proof.ts';
import { start } from '../serve.ts';
import type { Seat } from './seat.ts';

/** A process that says so need not be tried again. */
const hopelessExitCode = 2;

/** Serves until the primary says so or is no more, drains, and ends with the proof that nothing is left. */
export async function serveAsWorker(config: Config, seat: Seat): Promise<void> {
  const logger = createLogger(config.logLevel).child({ worker: seat.number });
  endOnUncaught(logger);
  // They are the primary's to answer: a Ctrl-C and a service manager send them to all.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  const leftInLoop = watchEventLoop();

  const { port } = seat;
  const server = createChatServer({ ...config, workers: 0, port, logger, worker: seat });
  try {
    await start(server);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    await seat.say({ type: 'hopeless', reason: error.message });
    process.exit(hopelessExitCode);
  }
  seat.serve((topic) => server.figures(topic));
  void seat.say({ type: 'listening', lines: addressLines(server.url, server.hasInspector) });
  void server.whenReady().then(() => seat.say({ type: 'ready' }));

  const reason = await seat.drain;
  process.exitCode = 1; // until the proof is there
  if (reason === 'orphaned') logger.error('the primary is no more: draining');
  // While all of them drain, whoever comes is told so; where others go on, they get who comes.
  if (reason === 'replaced') server.stopListening();
  const report = await server.stop();
  const leaks = [...report.leaks, ...(await leftInLoop())];
  logger.info(closedLine(report));
  await seat.leave({
    connections: report.connections,
    closedByCode: Object.fromEntries(report.closedByCode),
    leaks,
    figures: { stats: await server.figures('stats'), metrics: await server.figures('metrics') },
  });
  end(logger, leaks);
}
