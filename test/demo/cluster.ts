/** The cluster demo: `npm run demo:cluster` starts Redis and three servers, shows how they are, and lets you kill any of them. */
import { parseArgs } from 'node:util';
import { onStopSignal } from '../../src/stop-signal.ts';
import { toText } from '../bench/report/table.ts';
import { isRedisInstalled } from '../support/redis-server.ts';
import type { Cluster } from './cluster/cluster.ts';
import { displayOn } from './cluster/display.ts';
import { Keys } from './cluster/keys.ts';
import { play, type Outcome } from './cluster/play.ts';
import { everything, parseScript, type Deed } from './cluster/script.ts';

const help = `npm run demo:cluster                  Redis, 3 servers and 24 members in 4 rooms: kill what you like
npm run demo:cluster -- --auto        does everything once, and ends
npm run demo:cluster -- --script "kill 1, start 1, drain 2, stop redis, continue redis" --calm SECONDS
npm run demo:cluster -- --members N --rooms N --pace MILLISECONDS --seconds SECONDS
`;

const explanation = `
acked         messages whose senders were told that they have their place in the room
delivered     of all that members of their rooms were to hear: acked messages times members
lost          what a member has not heard and was not told of by a gap
`;

const noRedis =
  'there is no redis-server here: `apt-get install redis-server` brings one (version 7 or newer)';

interface Settings {
  readonly members: number;
  readonly rooms: number;
  readonly paceMs: number;
  readonly calmMs: number;
  readonly forMs: number;
  readonly script: readonly Deed[];
}

/** @throws Error, for the person who typed it. */
function readSettings(): Settings | 'help' {
  const { values } = parseArgs({
    options: {
      members: { type: 'string', default: '24' },
      rooms: { type: 'string', default: '4' },
      pace: { type: 'string', default: '500' },
      calm: { type: 'string', default: '3' },
      seconds: { type: 'string' },
      script: { type: 'string' },
      auto: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const positive = (name: 'members' | 'rooms' | 'pace' | 'calm' | 'seconds'): number => {
    const value = Number(values[name]);
    if (value > 0) return value;
    throw new Error(`--${name} ${values[name]} is no number above 0`);
  };
  const script = values.script ?? (values.auto ? everything : undefined);
  // Where nobody sits before it, it ends by itself.
  const endless = script === undefined && process.stdin.isTTY && process.stdout.isTTY;
  return {
    members: positive('members'),
    rooms: positive('rooms'),
    paceMs: positive('pace'),
    calmMs: 1_000 * positive('calm'),
    forMs: values.seconds === undefined ? (endless ? Infinity : 0) : 1_000 * positive('seconds'),
    script: parseScript(script ?? (endless ? '' : everything), 3),
  };
}

const nothingToEnd = (): void => undefined;

/** Does what is pressed. @returns what ends that. */
function listenTo(cluster: Cluster, perform: (deed: Deed) => void, quit: () => void): () => void {
  const { stdin } = process;
  const keys = new Keys(cluster);
  const onData = (data: Buffer) => {
    for (const key of data.toString()) {
      const wish = keys.press(key);
      if (wish === 'quit') quit();
      else if (wish !== undefined) perform(wish);
    }
  };
  stdin.setRawMode(true).on('data', onData).resume();
  return () => {
    stdin.off('data', onData).setRawMode(false).pause();
  };
}

function tableOf({ totals, lost }: Outcome): string {
  const { said, acked, delivered, due, duplicated, outOfOrder, gaps } = totals;
  const figures = [said, acked, `${delivered} of ${due}`, lost, duplicated, outOfOrder, gaps].map(String);
  return toText([['said', 'acked', 'delivered', 'lost', 'duplicated', 'out of order', 'gaps told'], figures]);
}

async function run(settings: Settings): Promise<void> {
  const interruption = new AbortController();
  const quit = () => interruption.abort();
  const forget = onStopSignal(quit);
  const hasKeys = process.stdin.isTTY && process.stdout.isTTY;
  process.stderr.write('starting Redis and 3 servers …\n');
  const display = displayOn(process.stdout);
  let stopListening = nothingToEnd;
  let outcome: Outcome;
  try {
    outcome = await play({
      ...settings,
      display,
      signal: interruption.signal,
      onUp: (cluster, perform) => {
        if (hasKeys) stopListening = listenTo(cluster, perform, quit);
      },
    });
  } finally {
    stopListening();
    display.close();
    forget();
  }
  process.stdout.write(`\n${tableOf(outcome)}${explanation}`);
  if (outcome.lost + outcome.totals.duplicated + outcome.totals.outOfOrder > 0) process.exitCode = 1;
}

try {
  const settings = readSettings();
  if (settings === 'help') process.stdout.write(help);
  else if (isRedisInstalled()) await run(settings);
  else {
    process.stderr.write(`${noRedis}\n`);
    process.exitCode = 2;
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
  process.exitCode = 2;
}
