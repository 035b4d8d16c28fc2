/** The sockets described: an AsyncAPI 3 document, made from the schemas that messages are checked with. */
import type { TSchema } from 'typebox';
import { packageVersion } from '../package-version.ts';
import { clientSchemas, serverSchemas } from '../protocol.ts';

type Schemas = Readonly<Record<string, TSchema>>;

/** @returns the document, as plain JSON. */
export function asyncApiDocument() {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'hubbub',
      version: packageVersion(),
      description:
        'The sockets of a multi-room chat server: one JSON message a frame. `/sse/{room}` and `/poll/{room}` carry ' +
        'the same messages from the server for clients that cannot have a WebSocket; those send by ' +
        '`POST /rooms/{room}/messages` (see `/openapi.json`).',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    channels: {
      room: {
        address: '/ws/{room}',
        title: 'A room',
        description:
          'A WebSocket that begins in one room, and may join others. `/ws/` is the room `general`.',
        parameters: { room: { description: '1–64 letters, digits, `_`, `-` and `.`', default: 'general' } },
        messages: { ...messagesOf(clientSchemas, 'say'), ...messagesOf(serverSchemas, 'hear') },
        bindings: {
          ws: {
            method: 'GET',
            query: {
              type: 'object',
              properties: {
                name: { type: 'string', description: 'The display name; a guest name unless given' },
                after: { type: 'integer', minimum: 0, description: 'The last offset that the client has' },
                epoch: { type: 'string', description: 'The epoch of that offset' },
              },
            },
          },
        },
      },
    },
    operations: {
      say: {
        action: 'receive',
        title: 'What a client sends',
        channel: { $ref: '#/channels/room' },
        messages: referencesTo(clientSchemas, 'say'),
      },
      hear: {
        action: 'send',
        title: 'What the server sends',
        channel: { $ref: '#/channels/room' },
        messages: referencesTo(serverSchemas, 'hear'),
      },
    },
  };
}

/** A chat is one message when it is said and another when it is heard, so that names tell the direction. */
function nameOf(direction: string, type: string): string {
  return `${direction}-${type}`;
}

function messagesOf(schemas: Schemas, direction: string) {
  return Object.fromEntries(
    Object.entries(schemas).map(([type, schema]) => [
      nameOf(direction, type),
      { name: type, summary: (schema as { description?: string }).description ?? '', payload: schema },
    ]),
  );
}

function referencesTo(schemas: Schemas, direction: string) {
  return Object.keys(schemas).map((type) => ({
    $ref: `#/channels/room/messages/${nameOf(direction, type)}`,
  }));
}
