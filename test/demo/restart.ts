/** The restart demo: `npm run demo:restart` cuts, drains and kills a server under traffic, and counts every message. */
import { parseArgs } from 'node:util';
import { onStopSignal } from '../../src/stop-signal.ts';
import { toText } from '../bench/report/table.ts';
import { playActs, type ActResult } from './acts.ts';
import type { Crowd } from './crowd.ts';

const help = `npm run demo:restart                  a server, 50 members in 5 rooms, and what happens to them
npm run demo:restart -- --members N --rooms N --calm SECONDS --pace MILLISECONDS
`;

const explanation = `
acked       messages whose senders were told that they have their place in the room
delivered   of all that members of their rooms were to get: acked messages times members
told        what a member has not got, and was told of by a gap (recovered: false)
lost        what a member has not got and was not told of

The memory broker keeps a room, here its last 1,000 messages, in the server's own process, and each process numbers it
anew. So a drain takes nothing more from its first moment on, delivers all that it has taken, and lets members say the
rest to the next server, which tells it to those who come back later too: nothing is lost. A SIGKILL takes with it what
was on its way: members are told of a gap there, and what was delivered but not yet acked is said again to a server that
cannot know it, and so may come twice.
`;

interface Settings {
  readonly members: number;
  readonly rooms: number;
  readonly calmMs: number;
  readonly paceMs: number;
}

/** @throws Error, for the person who typed it. */
function readSettings(): Settings | 'help' {
  const { values } = parseArgs({
    options: {
      members: { type: 'string', default: '50' },
      rooms: { type: 'string', default: '5' },
      calm: { type: 'string', default: '2' },
      pace: { type: 'string', default: '500' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const positive = (name: 'members' | 'rooms' | 'calm' | 'pace'): number => {
    const value = Number(values[name]);
    if (value > 0) return value;
    throw new Error(`--${name} ${values[name]} is no number above 0`);
  };
  return {
    members: positive('members'),
    rooms: positive('rooms'),
    calmMs: 1_000 * positive('calm'),
    paceMs: positive('pace'),
  };
}

const nothingToEnd = (): void => undefined;

/** Shows how the act goes, where there is a terminal to show it on. @returns what ends that. */
function showProgress(name: string, crowd: Crowd, members: number): () => void {
  process.stderr.write(`${name}\n`);
  if (!process.stderr.isTTY) return nothingToEnd;
  const show = () => {
    process.stderr.write(
      `\r\u001B[K  ${crowd.open} of ${members} open · ${crowd.sent} sent · ${crowd.acked} acked`,
    );
  };
  const timer = setInterval(show, 100);
  return () => {
    clearInterval(timer);
    process.stderr.write('\r\u001B[K');
  };
}

function tableOf(results: readonly ActResult[]): string {
  const rows = results.map(({ name, sent, acked, delivered, due, told, lost, duplicated }) => [
    name,
    ...[sent, acked].map(String),
    `${delivered} of ${due}`,
    ...[told, lost, duplicated].map(String),
  ]);
  return toText([['what happened', 'sent', 'acked', 'delivered', 'told', 'lost', 'duplicated'], ...rows]);
}

async function run(settings: Settings): Promise<void> {
  const interruption = new AbortController();
  const forget = onStopSignal(() => interruption.abort());
  let end = nothingToEnd;
  try {
    const results = await playActs({
      ...settings,
      serverFlags: ['--history-messages', '1000'],
      signal: interruption.signal,
      onAct: (name, crowd) => {
        end();
        end = showProgress(name, crowd, settings.members);
      },
    });
    end();
    process.stdout.write(`\n${tableOf(results)}${explanation}`);
    const isBroken = results.some(({ isSafe, lost, duplicated }) => lost > 0 || (isSafe && duplicated > 0));
    if (isBroken) process.exitCode = 1;
  } catch (error) {
    end();
    if (!interruption.signal.aborted) throw error;
    process.exitCode = 130;
  } finally {
    forget();
  }
}

try {
  const settings = readSettings();
  if (settings === 'help') process.stdout.write(help);
  else await run(settings);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
  process.exitCode = 2;
}
