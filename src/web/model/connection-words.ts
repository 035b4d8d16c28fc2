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

/** Why there is no connection, as far as is known. */
export function lossWords({ status, close }: RoomState, isOnline: boolean): string {
  if (!isOnline) return 'This device is offline. What you write waits until it is back.';
  const how = close === undefined ? '' : ` (${[close.code, close.reason].filter(Boolean).join(' ')})`;
  return status === 'closed' ? `The connection was closed${how}.` : `The connection was lost${how}.`;
}
