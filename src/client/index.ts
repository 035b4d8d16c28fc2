/** hubbub's client: a room that one stays in over lost connections, in browsers and on Node. */
export type {
  ChatMessage,
  Ending,
  ErrorMessage,
  Gap,
  JoinOptions,
  Position,
  Room,
  RoomEvents,
  RoomState,
  SendOptions,
  Sent,
  SystemMessage,
  TransportName,
} from './api.ts';
export type {
  ClientClock,
  Fetch,
  PageEvent,
  PageEvents,
  RequestSettings,
  Storage,
  WebSocketClass,
  WebSocketLike,
} from './environment.ts';
export { RoomError, SendError, type RoomErrorCode, type SendErrorCode } from './errors.ts';
export { joinRoom } from './join-room.ts';
export { roomMachine } from './machine.ts';
