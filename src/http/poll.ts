/** The route of those who hear a room by one request after the other. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type, type Static } from 'typebox';
import { closeCodes } from '../close-codes.ts';
import type { Connection, Connections, Purpose } from '../connections.ts';
import type { Place } from '../limits.ts';
import { serverSchemas } from '../protocol.ts';
import { parseTarget, purposeOf, roomIn, sinceIn } from '../target.ts';
import { LongPollSocket } from '../transports/longpoll.ts';
import { admit, arrivalParams, arrivalQuery, refusals, takeOver, type ArrivalOptions } from './arrival.ts';
import { refuse } from './fail.ts';

/** Shorter than what proxies give an answer. */
const longestWaitSeconds = 25;

const querySchema = Type.Object({
  ...arrivalQuery,
  wait: Type.Number({
    minimum: 0,
    maximum: longestWaitSeconds,
    default: longestWaitSeconds,
    description: 'The seconds for which the answer may be kept back while there is nothing to tell',
  }),
  connection: Type.String({ default: '', description: 'The `connection` of the last answer, to go on with' }),
});

const answerSchema = Type.Object({
  connection: Type.String({ description: "The connection's id; empty where there is none to go on with" }),
  epoch: Type.String(),
  offset: Type.Integer({ description: 'Where the client is with this answer: the next `after`' }),
  messages: Type.Array(Type.Union(Object.values(serverSchemas))),
  close: Type.Optional(
    Type.Object(
      { code: Type.Integer(), reason: Type.String() },
      { description: 'The connection is over, and why' },
    ),
  ),
});

const schema = {
  tags: ['rooms'],
  summary: 'Hears a room, by one request after the other',
  description:
    'Answers at once where there is something to tell, else with the first of it, or after `wait`. The next poll ' +
    'gives back `connection`, `epoch`, and `offset` as `after`. With the last two alone a new connection goes on ' +
    'from there, on any server.',
  params: arrivalParams,
  querystring: querySchema,
  response: {
    200: { description: 'What there is to tell', content: { 'application/json': { schema: answerSchema } } },
    ...refusals,
  },
};

type PollRequest = FastifyRequest<{ Querystring: Static<typeof querySchema> }>;

const prefix = '/poll/';

export function servePoll(http: FastifyInstance, options: ArrivalOptions): void {
  const { admission, connections, config, clock, random } = options;

  const take = (request: PollRequest, reply: FastifyReply): FastifyReply => {
    const target = parseTarget(request.raw.url);
    const since = sinceIn(target.query);
    const waitMs = request.query.wait * 1_000;
    const known = findPolling(connections, request.query.connection, roomIn(target.path, prefix));
    if (known?.socket.continuesFrom(since) === true) {
      known.socket.poll({ response: reply.raw, headers: takeOver(reply), waitMs });
      return reply;
    }
    const open = (purpose: Purpose, place: Place | undefined) => {
      const remoteAddress = admission.addressOf(request.raw);
      const socket = new LongPollSocket(
        { remoteAddress, clock, lingerMs: config.pongWaitMs, since },
        { response: reply.raw, headers: takeOver(reply), waitMs },
      );
      connections.open(socket, purpose, place);
    };
    const purpose = purposeOf({ target, prefix, random, name: known?.writer.name });
    if (known === undefined) {
      admit(options, request, reply, purpose, (admitted) => open(admitted.purpose, admitted.place));
      return reply;
    }
    // What takes the place of another one needs no more of the server than that has.
    const refusal = admission.drainRefusal();
    if (refusal !== undefined) return refuse(reply, refusal);
    const place = known.place?.handOver();
    replace(known);
    open(purpose, place);
    return reply;
  };

  const answerHead = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const target = parseTarget(request.raw.url);
    admit(options, request, reply, purposeOf({ target, prefix, random }), ({ place }) => {
      place.leave();
      reply.type('application/json; charset=utf-8').send();
    });
    return reply;
  };

  for (const url of ['/poll/:room', '/poll']) {
    const documented = url === '/poll' ? { querystring: querySchema, hide: true } : schema;
    http.get(url, { schema: documented, exposeHeadRoute: false }, take);
    http.head(url, { schema: { ...documented, hide: true } }, answerHead);
  }
}

type PollingConnection = Connection & { readonly socket: LongPollSocket };

/** @returns the living connection of this id, where it is one that polls this room. */
function findPolling(
  connections: Connections,
  id: string,
  room: string | undefined,
): PollingConnection | undefined {
  const connection = connections.get(id);
  if (connection?.purpose.kind !== 'chat' || connection.purpose.room !== room) return undefined;
  return connection.socket instanceof LongPollSocket ? (connection as PollingConnection) : undefined;
}

/** An answer was lost: the client goes on by another connection, and nobody polls this one any more. */
function replace({ actor, socket }: PollingConnection): void {
  const { code, reason } = closeCodes.sessionReplaced;
  actor.send({ type: 'close', code, reason });
  socket.terminate();
}
