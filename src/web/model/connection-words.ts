/** What is said of a connection to those who chat: its state, its transport, and why there is none. */
import type { RoomState, TransportName } from '../../client/index.ts';

export const statusWords: Record<RoomState['status'], string> = {
  connecting: 'Connecting…',
  open: 'Connected',
  backingOff: 'Waiting to reconnect',
  closed: 'Disconnected',
};

export const transportWords: Record<TransportName, string> = {
  websocket: 'WebSocket',
  sse: 'server-sent events',
  longpoll: 'long polling',
};

export function connectionWords({ status, transport }: RoomState): string {
  if (status !== 'open' || transport === undefined) return statusWords[status];
  return `${statusWords.open} · ${transportWords[transport]}`;
}

/** What a server says by its code when it will be back; all else is a lost connection to those who chat. */
const lossesByCode: Readonly<Record<number, string>> = {
  1012: 'The server is restarting.',
  1013: 'The server has no place for more just now.',
};

/** Why there is no connection, as far as it is of use to those who chat. */
export function lossWords({ status, close }: RoomState, isOnline: boolean): string {
  if (!isOnline) return 'This device is offline. What you write waits until it is back.';
  if (status !== 'closed') return lossesByCode[close?.code ?? 0] ?? 'The connection was lost.';
  return close?.reason ? `The server closed the connection: ${close.reason}.` : 'The connection was closed.';
}

/** How the last connection ended, for those who look from close by. */
export function endingWords({ close }: RoomState): string | undefined {
  return close && `${close.code} ${close.reason}`.trim();
}
