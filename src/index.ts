/** hubbub as a library: the same server inside another program. */
export {
  ChatServer,
  createChatServer,
  type ChatServerOptions,
  type Inspect,
  type StopReport,
} from './chat-server.ts';
export { closeCodes, type CloseCode } from './close-codes.ts';
export type { Clock } from './clock.ts';
export { ConfigError, type Config } from './config.ts';
export type { Connection, Connections } from './connections.ts';
export { connectionMachine, type Close, type ConnectionActor } from './connection.ts';
export type { Hub, HubView } from './hub.ts';
export {
  errorCodes,
  protocolSchema,
  type ChatMessage,
  type ClientMessage,
  type ErrorCode,
  type ErrorMessage,
  type ServerMessage,
  type SystemMessage,
  type WelcomeMessage,
} from './protocol.ts';
export { serverMachine, type ServerActor } from './server.ts';
