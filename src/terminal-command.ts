/**
 * The chat and tail commands: a room on the terminal, for people and for pipes. The exit code is 0, 1 where the
 * server could not be reached, closed the room for good or did not take a line, and 2 for a mistake in what was asked.
 */
import { WebSocket } from 'ws';
import { joinRoom, type JoinOptions, type Room } from './client/index.ts';
import { ConfigError, parseDuration } from './config.ts';
import { defaultRoom, parseDisplayName, parseRoomName } from './protocol.ts';
import { onStopSignal } from './stop-signal.ts';
import { Conversation } from './terminal/conversation.ts';
import { Lookup } from './terminal/lookup.ts';
import { sayLines } from './terminal/pipe.ts';
import { harmless } from './terminal/text.ts';
import { stateLine } from './terminal/words.ts';

/** What was given on the command line. */
export interface TerminalFlags {
  readonly url: string;
  readonly name?: string;
  readonly wait?: string;
}

const failedExitCode = 1;
const defaultWait = '30s';

/** How long one who leaves waits for what is on its way; a second Ctrl-C does not. */
const leavePatienceMs = 3_000;

/** Chats in a room, or, where the input is no terminal, says each of its lines there. @throws ConfigError */
export async function runChat(room: string | undefined, flags: TerminalFlags): Promise<void> {
  const options = readOptions(room, flags);
  if (process.stdin.isTTY) await converse(options);
  else await say(options, readWait(flags.wait));
}

/** Prints what is said in a room as JSON, one message a line, until it is stopped. @throws ConfigError */
export async function runTail(name: string | undefined, flags: TerminalFlags): Promise<void> {
  const room = joinRoom(readOptions(name, flags));
  const stopTelling = tellState(room);
  const leave = () => {
    stopTelling();
    void room.close();
  };
  const undo = [stopTelling, onStopSignal(leave)];
  // `hubbub tail | head -1`: whoever reads along has had enough.
  process.stdout.on('error', leave);
  room.on('gap', ({ from, to }) => process.stdout.write(`${JSON.stringify({ type: 'gap', from, to })}\n`));
  for await (const message of room) process.stdout.write(`${JSON.stringify(message)}\n`);
  process.stdout.off('error', leave);
  for (const undoOne of undo) undoOne();
  await endOf(room);
}

async function converse({ room, name, url }: ReturnType<typeof readOptions>): Promise<void> {
  const conversation = new Conversation({
    input: process.stdin,
    output: process.stdout,
    room,
    name,
    lookup: new Lookup(url),
    join: (other, as) => joinRoom({ url, room: other, name: as, WebSocket }),
    now: Date.now,
    patienceMs: leavePatienceMs,
  });
  const undo = onStopSignal(() => conversation.leave());
  if ((await conversation.ended) === 'closed by the server') process.exitCode = failedExitCode;
  undo();
}

async function say(options: ReturnType<typeof readOptions>, waitMs: number): Promise<void> {
  const room = joinRoom(options);
  const patience = new AbortController();
  const timer = setTimeout(() => {
    if (room.state.status === 'open') return;
    process.exitCode = failedExitCode;
    patience.abort(new Error(`no connection within ${waitMs / 1_000} s`));
  }, waitMs);
  const undo = [onStopSignal((signal) => patience.abort(new Error(signal))), tellState(room)];
  const { failures } = await sayLines(room, process.stdin, patience.signal);
  clearTimeout(timer);
  for (const undoOne of undo) undoOne();
  for (const failure of failures) process.stderr.write(`hubbub: ${harmless(failure)}\n`);
  if (failures.length > 0) process.exitCode = failedExitCode;
  await endOf(room);
}

/** Tells on stderr, so that it is not taken for what was said, when the connection comes and goes. */
function tellState(room: Room): () => void {
  let { status } = room.state;
  return room.on('state', (state) => {
    const isNews = state.status !== status;
    const line = isNews && state.status !== 'open' ? stateLine(state, status, Date.now()) : undefined;
    ({ status } = state);
    if (line !== undefined) process.stderr.write(`hubbub: ${line}\n`);
  });
}

/** Leaves the room; one that the server has closed for good was left by it. */
async function endOf(room: Room): Promise<void> {
  if (room.state.status === 'closed' && room.state.close !== undefined) process.exitCode = failedExitCode;
  await room.close();
}

/** What the commands are asked. @throws ConfigError naming what cannot be. */
export function readOptions(
  room: string | undefined,
  { url, name }: TerminalFlags,
): JoinOptions & { room: string; url: URL; name: string | undefined } {
  const roomName = parseRoomName(room ?? defaultRoom);
  if (roomName === undefined)
    throw new ConfigError(`room "${room}": a name is 1–64 letters, digits, "_", "-" and "."`);
  if (name !== undefined && parseDisplayName(name) === undefined)
    throw new ConfigError(`--name ${name}: a name is 1–32 visible characters`);
  return { url: readUrl(url), room: roomName, name, WebSocket };
}

function readUrl(text: string): URL {
  const withScheme = /^[a-z]+:\/\//i.test(text) ? text : `http://${text}`;
  if (URL.canParse(withScheme)) {
    const url = new URL(withScheme);
    if (/^(http|ws)s?:$/.test(url.protocol)) return url;
  }
  throw new ConfigError(`--url ${text}: must be the URL of a server, such as http://127.0.0.1:8080`);
}

export function readWait(text = defaultWait): number {
  const waitMs = parseDuration(text);
  if (waitMs === undefined || waitMs === 0)
    throw new ConfigError(`--wait ${text}: must be a duration such as 250ms, 25s or 2m`);
  return waitMs;
}
