/**
 * The wire protocol: every message in both directions, as schemas that give the TypeScript type, the check at
 * the boundary and the published JSON Schema alike. One message is one text frame.
 */
import { Type, type Static } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';

// Rooms and names

/** The room a client lands in when the URL names none. */
export const defaultRoom = 'general';

// A mark, such as a vowel sign in Hindi or Thai, is part of the letter before it.
const roomNamePattern = /^(?!\p{M})(?:(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{M}\p{N}_.-]){1,64}$/u;

/**
 * Reads a room name as it came from a URL or a message.
 * @returns the name normalised to NFC, or undefined unless it is 1–64 letters, digits, `_`, `-` and `.`.
 */
export function parseRoomName(text: string): string | undefined {
  const name = normalised(text, 64);
  return name !== undefined && roomNamePattern.test(name) ? name : undefined;
}

/**
 * The time that NFC takes grows with the square of a run of marks, and anybody may send one: so what cannot become a
 * name is not looked at. A character comes from at most four UTF-16 units.
 */
function normalised(text: string, mostCharacters: number): string | undefined {
  return text.length > mostCharacters * 4 ? undefined : text.normalize('NFC');
}

/** The `sender` of what the server itself says; no member may bear it. */
export const serverName = 'server';

// A name is shown to everyone in the room, so nothing in it may be invisible or steer the text around it:
// no control, format, line separator, surrogate, private-use or blank characters.
const displayNamePattern = /^(?:(?!\p{Default_Ignorable_Code_Point}|\u2800)[^\p{C}\p{Zl}\p{Zp}]){1,32}$/u;

/**
 * Reads a display name as it came from `?name=`.
 * @returns the name trimmed and normalised to NFC, or undefined unless it is 1–32 visible characters and
 * not the server's own.
 */
export function parseDisplayName(text: string): string | undefined {
  // An emoji's variation selector is invisible too, and may be left out.
  const name = normalised(text.replaceAll('\uFE0F', '').trim(), 32);
  if (name === undefined || name.normalize('NFKC').toLowerCase() === serverName) return undefined;
  return displayNamePattern.test(name) ? name : undefined;
}

// Client → server

/** The longest id that a client may give, in UTF-16 units. */
export const maxIdLength = 64;

const roomSchema = Type.String({ description: 'A room: 1–64 letters, digits, `_`, `-` and `.`' });

/** The messages of clients, by their type. */
export const clientSchemas = {
  chat: Type.Object(
    {
      type: Type.Literal('chat'),
      room: Type.Optional(roomSchema),
      content: Type.String({ description: 'What is said' }),
      id: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: maxIdLength,
          description:
            "The sender's own id for it, such as a UUID: asks for an `ack`, and makes saying it again harmless. " +
            'What has the id of something else that this name said is not said',
        }),
      ),
    },
    { description: "Says something in a room, the URL's room unless it names another" },
  ),
  join: Type.Object(
    {
      type: Type.Literal('join'),
      room: roomSchema,
      after: Type.Optional(
        Type.Integer({
          minimum: 0,
          description: 'The last offset that the client has; what came later is replayed',
        }),
      ),
      epoch: Type.Optional(Type.String({ maxLength: maxIdLength, description: 'The epoch of that offset' })),
    },
    { description: 'Enters one more room' },
  ),
  leave: Type.Object({ type: Type.Literal('leave'), room: roomSchema }, { description: 'Leaves a room' }),
  ping: Type.Object(
    { type: Type.Literal('ping') },
    { description: "Asks for a `pong`: for clients that cannot see the transport's own pings" },
  ),
};

export type ChatRequest = Static<typeof clientSchemas.chat>;
export type JoinRequest = Static<typeof clientSchemas.join>;
export type LeaveRequest = Static<typeof clientSchemas.leave>;
export type PingRequest = Static<typeof clientSchemas.ping>;
export type ClientMessage = ChatRequest | JoinRequest | LeaveRequest | PingRequest;

// Server → client

const common = {
  room: Type.String({ description: 'The room this is about; empty when it is about none' }),
  sender: Type.String({
    description: 'The display name of who said or did it; `server` for the server itself',
  }),
  content: Type.String({ description: 'What was said, or what happened in words' }),
  timestamp: Type.String({ format: 'date-time', description: 'RFC 3339, UTC, milliseconds' }),
};
const offsetSchema = Type.Integer({
  minimum: 0,
  description: "A message's place in its room, from 1 upwards",
});
const membersSchema = Type.Integer({ minimum: 0, description: 'How many are in the room now' });

/** What an `error` message says: one closed catalogue, each code with its default words. */
export const errorCodes = {
  bad_json: 'not JSON',
  bad_shape: 'not a message of this protocol',
  unknown_type: 'unknown message type',
  binary: 'binary messages are not taken here: send text',
  bad_room: 'a room name is 1–64 letters, digits, "_", "-" and "."',
  not_in_room: 'you are not in that room',
  empty: 'nothing to say: content is empty',
  too_long: 'the message is too long',
  limit_reached: 'no more rooms for this connection',
  rate_limited: 'too many messages',
  unavailable: 'the server cannot take messages now',
} as const;
export type ErrorCode = keyof typeof errorCodes;

/** The messages of the server, by their type. */
export const serverSchemas = {
  welcome: Type.Object(
    {
      type: Type.Literal('welcome'),
      ...common,
      you: Type.String({ description: "This connection's id (UUID v7)" }),
      name: Type.String({ description: 'The display name that others see' }),
      epoch: Type.String({ description: "The life of the room's numbering" }),
      offset: Type.Integer({
        minimum: 0,
        description: "The last message's place; where not all was recovered, what follows comes after it",
      }),
      members: membersSchema,
      recovered: Type.Boolean({ description: 'Whether everything missed is replayed' }),
      pingPeriodMs: Type.Integer({
        minimum: 1,
        description: 'How long the server lets a silent peer be before it pings',
      }),
    },
    { description: 'The reply to every join: where the client stands' },
  ),
  chat: Type.Object(
    {
      type: Type.Literal('chat'),
      ...common,
      id: Type.String({ description: "The message's id (UUID v7)" }),
      offset: offsetSchema,
    },
    { description: 'What a member said' },
  ),
  ack: Type.Object(
    {
      type: Type.Literal('ack'),
      ...common,
      id: Type.String({ description: 'The id that the sender gave' }),
      offset: offsetSchema,
      epoch: Type.String({ description: "The life of the room's numbering" }),
    },
    { description: "The message with that id has its place in the room's log" },
  ),
  system: Type.Object(
    {
      type: Type.Literal('system'),
      ...common,
      event: Type.Union([
        Type.Literal('joined'),
        Type.Literal('left'),
        Type.Literal('presence'),
        Type.Literal('draining'),
      ]),
      members: membersSchema,
      joined: Type.Optional(
        Type.Integer({ minimum: 0, description: 'How many came, in a `presence` summary' }),
      ),
      left: Type.Optional(
        Type.Integer({ minimum: 0, description: 'How many went, in a `presence` summary' }),
      ),
      spreadMs: Type.Optional(
        Type.Integer({
          minimum: 0,
          description: 'The time over which clients should spread their coming back, while `draining`',
        }),
      ),
    },
    { description: 'What happened in the room' },
  ),
  error: Type.Object(
    {
      type: Type.Literal('error'),
      ...common,
      code: Type.Unsafe<ErrorCode>({ type: 'string', enum: Object.keys(errorCodes) }),
      ref: Type.Optional(Type.String({ description: 'The id of the message that was not taken' })),
      retryAfterMs: Type.Optional(Type.Integer({ minimum: 0, description: 'When to try again' })),
    },
    { description: 'Why a message was not taken; the connection stays' },
  ),
  pong: Type.Object({ type: Type.Literal('pong'), ...common }, { description: 'The answer to a `ping`' }),
};

export type WelcomeMessage = Static<typeof serverSchemas.welcome>;
export type ChatMessage = Static<typeof serverSchemas.chat>;
export type AckMessage = Static<typeof serverSchemas.ack>;
export type SystemMessage = Static<typeof serverSchemas.system>;
export type ErrorMessage = Static<typeof serverSchemas.error>;
export type PongMessage = Static<typeof serverSchemas.pong>;
export type ServerMessage =
  | WelcomeMessage
  | ChatMessage
  | AckMessage
  | SystemMessage
  | ErrorMessage
  | PongMessage;

/** The protocol as one JSON Schema (draft 2020-12): what a client may send and what a server may answer. */
export const protocolSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'hubbub protocol',
  $defs: {
    ClientMessage: { anyOf: Object.values(clientSchemas) },
    ServerMessage: { anyOf: Object.values(serverSchemas) },
  },
  anyOf: [{ $ref: '#/$defs/ClientMessage' }, { $ref: '#/$defs/ServerMessage' }],
} as const;

// Validation at the boundary

/** A message that was not understood: the code and the reason in words. */
export interface Misunderstanding {
  readonly code: ErrorCode;
  readonly reason: string;
}

export type Parsed = { ok: true; message: ClientMessage } | ({ ok: false } & Misunderstanding);

const validators = new Map<unknown, Validator>(
  Object.entries(clientSchemas).map(([type, schema]) => [type, Compile(schema)]),
);

/**
 * Reads one text frame from a client.
 * @returns the message, or why it is none. Members that the protocol does not know are ignored.
 */
export function parseClientMessage(text: string): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { ok: false, code: 'bad_json', reason: `${errorCodes.bad_json}: ${(error as Error).message}` };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, code: 'bad_shape', reason: 'a message is a JSON object with a "type"' };
  }
  const type = (value as { type?: unknown }).type;
  const validator = validators.get(type);
  if (validator === undefined) {
    const known = Object.keys(clientSchemas).join(', ');
    return { ok: false, code: 'unknown_type', reason: `${errorCodes.unknown_type}: known are ${known}` };
  }
  if (!validator.Check(value)) {
    const [first] = validator.Errors(value);
    const where = first?.instancePath ? `${first.instancePath.slice(1)} ` : '';
    return {
      ok: false,
      code: 'bad_shape',
      reason: `${String(type)}: ${where}${first?.message ?? 'wrong shape'}`,
    };
  }
  return { ok: true, message: value as ClientMessage };
}
