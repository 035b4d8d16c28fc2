/** The history route: what is kept of a room, for those who scroll back and for programs that read along. */
import type { FastifyInstance } from 'fastify';
import { Type, type Static } from 'typebox';
import type { Broker, History, HistoryRange, Unavailable } from '../broker.ts';
import { errorCodes, parseRoomName, serverSchemas, type ChatMessage } from '../protocol.ts';
import { fail, failure } from './fail.ts';

const defaultLimit = 50;
const maxLimit = 1_000;

const offset = (description: string) => Type.Optional(Type.Integer({ minimum: 0, description }));

const querySchema = Type.Object({
  after: offset('Only what came after this offset, the oldest first where there is more than the limit'),
  before: offset('Only what came before this offset'),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: maxLimit,
      default: defaultLimit,
      description: 'The most messages wanted',
    }),
  ),
});

const historySchema = Type.Object({
  room: Type.String(),
  epoch: Type.String({ description: "The life of the room's numbering" }),
  offset: Type.Integer({ description: 'The last message of the room' }),
  first: Type.Integer({ description: 'The oldest message kept; one more than `offset` where none is' }),
  messages: Type.Array(serverSchemas.chat, { description: 'Oldest first, without a gap' }),
  complete: Type.Boolean({
    description:
      'Whether there is nothing between the range asked for and the messages that is not kept any more',
  }),
});

export function serveHistory(http: FastifyInstance, broker: Broker): void {
  http.get<{ Params: { room: string }; Querystring: Static<typeof querySchema> }>(
    '/rooms/:room/history',
    {
      schema: {
        tags: ['rooms'],
        summary: 'What is kept of a room',
        description:
          'Without `after`: the last messages, or the last before one. With it: the first after one.',
        params: Type.Object({ room: Type.String() }),
        querystring: querySchema,
        response: { 200: historySchema, 400: failure, 404: failure, 503: failure },
      },
    },
    async (request, reply) => {
      const room = parseRoomName(request.params.room);
      if (room === undefined) return fail(reply, 400, errorCodes.bad_room);
      const range: HistoryRange = { limit: defaultLimit, ...request.query };
      const history = await read(broker, room, range);
      if (history === 'unavailable') return fail(reply, 503, 'the history cannot be read now');
      return history === undefined
        ? fail(reply, 404, `nothing is known of ${room}`)
        : shown(room, range, history);
    },
  );
}

function read(broker: Broker, room: string, range: HistoryRange): Promise<History | Unavailable | undefined> {
  return new Promise((resolve) => {
    broker.history(room, range, resolve);
  });
}

function shown(room: string, { after, limit }: HistoryRange, { position, first, entries }: History) {
  const isCutShort = entries.length === limit;
  return {
    room,
    epoch: position.epoch,
    offset: position.offset,
    first,
    messages: entries.map(({ text }) => JSON.parse(text) as ChatMessage),
    complete: after === undefined ? isCutShort || first === 1 : after + 1 >= first,
  };
}
