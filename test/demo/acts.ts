/** The acts of the restart demo: what is done to the server, or to the network before it, while a crowd talks. */
import { setTimeout as delay } from 'node:timers/promises';
import { Relay } from '../support/relay.ts';
import { Crowd, type CrowdOptions, type Tally } from './crowd.ts';
import { ServerProcess } from './server-process.ts';

export interface DemoOptions extends Omit<CrowdOptions, 'url'> {
  /** How long the crowd talks before and after each thing that is done. */
  readonly calmMs: number;
  readonly serverFlags: readonly string[];
  readonly signal?: AbortSignal;
  /** Is told that an act begins. */
  readonly onAct?: (name: string, crowd: Crowd) => void;
}

export interface ActResult extends Tally {
  readonly name: string;
  /** Whether nothing may be lost or doubled in it. */
  readonly isSafe: boolean;
}

interface Stage {
  readonly server: ServerProcess;
  readonly relay: Relay;
}

interface Act {
  readonly name: string;
  readonly isSafe: boolean;
  readonly times: number;
  readonly happen: (stage: Stage) => Promise<void> | void;
}

const acts: readonly Act[] = [
  { name: 'all connections cut, 3 times', isSafe: true, times: 3, happen: ({ relay }) => relay.cut() },
  {
    name: 'drained by SIGTERM and restarted, twice',
    isSafe: true,
    times: 2,
    happen: ({ server }) => server.restart('SIGTERM'),
  },
  {
    name: 'killed by SIGKILL and restarted',
    isSafe: false,
    times: 1,
    happen: ({ server }) => server.restart('SIGKILL'),
  },
];

/**
 * Starts a server and a crowd, plays the acts, and ends both.
 * @throws what the signal was aborted with.
 */
export async function playActs(options: DemoOptions): Promise<ActResult[]> {
  const server = await ServerProcess.start(options.serverFlags);
  try {
    const relay = await Relay.before(server.url);
    try {
      const crowd = await Crowd.join({ ...options, url: relay.url });
      try {
        return await playAll(options, crowd, { server, relay });
      } finally {
        await crowd.leave();
      }
    } finally {
      await relay.close();
    }
  } finally {
    await server.end('SIGKILL');
  }
}

async function playAll(
  { calmMs, signal, onAct }: DemoOptions,
  crowd: Crowd,
  stage: Stage,
): Promise<ActResult[]> {
  const results: ActResult[] = [];
  for (const { name, isSafe, times, happen } of acts) {
    onAct?.(name, crowd);
    const tally = await crowd.talkDuring(async () => {
      for (let time = 0; time < times; time += 1) {
        await delay(calmMs, undefined, { signal });
        await happen(stage);
        await crowd.allOpen();
      }
      await delay(calmMs, undefined, { signal });
    });
    results.push({ name, isSafe, ...tally });
  }
  return results;
}
