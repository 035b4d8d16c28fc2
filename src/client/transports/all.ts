/** Every transport of the client, by its name. */
import type { OpenSocket, TransportName } from '../socket.ts';
import { openLongPoll } from './longpoll.ts';
import { openSse } from './sse.ts';
import { openWebSocket } from './websocket.ts';

export const transports: Readonly<Record<TransportName, OpenSocket>> = {
  websocket: openWebSocket,
  sse: openSse,
  longpoll: openLongPoll,
};
