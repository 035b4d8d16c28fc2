/** The inspector's page on a recording, for the length of one test. */
import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { servePageAlone } from '../../src/inspector/page-server.ts';
import { readRecording } from '../../src/inspector/recording.ts';
import { Replay } from '../../src/inspector/replay.ts';

/** @returns where the page is. */
export async function serveRecording(lines: Iterable<string>): Promise<string> {
  const replay = new Replay(readRecording(lines), systemClock);
  const server = await servePageAlone({
    host: '127.0.0.1',
    port: 0,
    token: '',
    statelyUrl: undefined,
    clock: systemClock,
    watched: replay,
    recording: () => replay.lines(),
  });
  onTestFinished(() => server.close());
  return server.url;
}
