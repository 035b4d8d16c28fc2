/**
 * Home is where the rooms live, among the servers of Redis whose URLs are given: the one master, or a cluster. Every one of
 * them is asked what it is each time, for a replica may have taken over, and an old master may be back.
 */
import { createClient } from './client.ts';
import { within, type Patience } from './within.ts';

/** Each of the servers may take its own time to answer. */
export interface HomeOptions extends Patience {
  readonly urls: readonly string[];
}

/** What a server of Redis says of itself. */
export interface Standing {
  /** Other URLs may lead to it, too. */
  readonly runId: string;
  readonly isCluster: boolean;
  /** The address of its master, where it is a replica. */
  readonly master: string | undefined;
}

interface Known {
  readonly url: string;
  readonly standing: Standing;
}

/**
 * @returns the URLs to link to, each as good as the others.
 * @throws why there is none, or no saying which: of two masters each would take what the other never hears of.
 */
export async function findHome(options: HomeOptions, signal: AbortSignal): Promise<readonly string[]> {
  const { urls } = options;
  // A single one says what it is when it is linked to.
  if (urls.length === 1) return urls;
  const known: Known[] = [];
  const others: string[] = [];
  const ask = async (url: string) => {
    try {
      known.push({ url, standing: await standingOf(url, options, signal) });
    } catch (error) {
      others.push(`${placeOf(url)}: ${(error as Error).message}`);
    }
  };
  await Promise.all(urls.map(ask));
  signal.throwIfAborted();
  const inCluster = known.filter(({ standing }) => standing.isCluster);
  if (inCluster.length > 0) return inCluster.map(({ url }) => url);
  const masters = new Map<string, string>();
  for (const { url, standing } of known) {
    if (standing.master === undefined) masters.set(standing.runId, url);
    else others.push(`${placeOf(url)}: a replica of ${standing.master}`);
  }
  const homes = [...masters.values()];
  if (homes.length === 1) return homes;
  if (homes.length === 0) throw new Error(`there is no master (${others.join('; ')})`);
  const places = homes.map(placeOf).join(' and ');
  throw new Error(`${places} are masters: make one of them a replica of the other`);
}

/** Reads what `INFO` answers. */
export function standingIn(info: string): Standing {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  const isReplica = field('role') === 'slave';
  return {
    runId: field('run_id'),
    isCluster: field('cluster_enabled') === '1',
    master: isReplica ? `${field('master_host')}:${field('master_port')}` : undefined,
  };
}

/** Without the password. */
export function placeOf(url: string): string {
  return new URL(url).host;
}

async function standingOf(url: string, patience: Patience, signal: AbortSignal): Promise<Standing> {
  const client = await createClient(url, patience.patienceMs);
  const end = () => client.destroy();
  client.on('error', () => undefined);
  try {
    return await within(patience, signal, end, async () => {
      await client.connect();
      return standingIn(await client.info());
    });
  } finally {
    end();
  }
}
