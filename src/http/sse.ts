/** The route of those who hear a room as server-sent events. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { parseEventId, parseTarget, purposeOf } from '../target.ts';
import { eventStream, SseSocket } from '../transports/sse.ts';
import { admit, arrivalParams, arrivalQuery, refusals, takeOver, type ArrivalOptions } from './arrival.ts';

const schema = {
  tags: ['rooms'],
  summary: 'Hears a room, as server-sent events',
  description:
    'One event for each message of the protocol. Those that move the client on have `{epoch}:{offset}` as their id, ' +
    'and `Last-Event-ID` goes on from there. An event `close`, with a code and a reason, is the last one.',
  params: arrivalParams,
  querystring: Type.Object(arrivalQuery),
  response: {
    200: { description: 'The events', content: { [eventStream]: { schema: Type.String() } } },
    ...refusals,
  },
};

const prefix = '/sse/';

export function serveSse(http: FastifyInstance, options: ArrivalOptions): void {
  const { admission, connections, config, random } = options;

  const open = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const target = parseTarget(request.raw.url);
    const since = parseEventId(String(request.headers['last-event-id']));
    admit(options, request, reply, purposeOf({ target, prefix, random, since }), ({ purpose, place }) => {
      const socket = new SseSocket(reply.raw, request.raw.socket, {
        remoteAddress: admission.addressOf(request.raw),
        headers: takeOver(reply),
        keepAliveMs: config.pingPeriodMs,
      });
      connections.open(socket, purpose, place);
    });
    return reply;
  };

  const answerHead = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const target = parseTarget(request.raw.url);
    admit(options, request, reply, purposeOf({ target, prefix, random }), ({ place }) => {
      place.leave();
      reply.type(eventStream).send();
    });
    return reply;
  };

  for (const url of ['/sse/:room', '/sse']) {
    const documented = url === '/sse' ? { querystring: schema.querystring, hide: true } : schema;
    http.get(url, { schema: documented, exposeHeadRoute: false }, open);
    http.head(url, { schema: { ...documented, hide: true } }, answerHead);
  }
}
