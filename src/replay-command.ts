/** The replay command: serves the inspector's page on a recording, until it is told to stop. */
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { systemClock } from './clock.ts';
import { ConfigError, parseValue } from './config.ts';
import { servePageAlone } from './inspector/page-server.ts';
import { readRecordingFrom, RecordingError, type Recording } from './inspector/recording.ts';
import { Replay } from './inspector/replay.ts';
import { listenProblem } from './announce.ts';
import { onStopSignal } from './stop-signal.ts';

export interface ReplayFlags {
  readonly port?: string;
}

/** For this machine alone: whoever else is to see a recording may be given the file. */
const host = '127.0.0.1';

/** Takes a free port, so that it does not get in the way of the server, unless one is given. */
const anyPort = '0';

/**
 * Serves until SIGINT or SIGTERM.
 * @throws ConfigError where the file is no recording, or where it cannot listen.
 */
export async function runReplay(file: string, flags: ReplayFlags): Promise<void> {
  const port = parseValue('port', flags.port ?? anyPort) as number;
  const recording = await readFile(file);
  const { hello, records } = recording;
  const replay = new Replay({ ...recording, hello: { ...hello, title: path.basename(file) } }, systemClock);
  const server = await listen(replay, port, hello.statelyUrl);
  process.stdout.write(`${records.length} records of ${hello.title}\ninspector  ${server.url}\n`);
  onStopSignal(() => void server.close());
}

async function readFile(file: string): Promise<Recording> {
  try {
    return await readRecordingFrom(createReadStream(file, 'utf8'));
  } catch (error) {
    if (!(error instanceof RecordingError) && !('code' in (error as Error))) throw error;
    throw new ConfigError(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

async function listen(replay: Replay, port: number, statelyUrl: string | undefined) {
  try {
    return await servePageAlone({
      host,
      port,
      token: '',
      statelyUrl,
      clock: systemClock,
      watched: replay,
      recording: () => replay.lines(),
    });
  } catch (error) {
    const problem = listenProblem(error as NodeJS.ErrnoException, { host, port });
    throw problem === undefined ? error : new ConfigError(problem, { cause: error });
  }
}
