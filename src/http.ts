/** The HTTP side: the chat page, the rooms, the figures, and whether the server is well. */
import { maxHeaderSize } from 'node:http';
import helmet from '@fastify/helmet';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import type { Logger } from 'pino';
import { Type } from 'typebox';
import type { Admission } from './admission.ts';
import type { Broker, Elsewhere, History, Position, Unavailable } from './broker.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { Connections } from './connections.ts';
import type { FiguresSource } from './figures.ts';
import { fail, failure } from './http/fail.ts';
import { headers } from './http/headers.ts';
import { asyncApiDocument } from './http/asyncapi.ts';
import { checkOrigins } from './http/cors.ts';
import { serveHistory } from './http/history.ts';
import { serveOpenApi } from './http/openapi.ts';
import { servePoll } from './http/poll.ts';
import { servePosts } from './http/posts.ts';
import { serveSse } from './http/sse.ts';
import { takeTurns } from './http/turns.ts';
import type { Hub } from './hub.ts';
import { serveInspector, type InspectorRoutes } from './inspector/routes.ts';
import { serveAssets, servePage } from './page.ts';
import { errorCodes, parseRoomName, protocolSchema } from './protocol.ts';
import type { Room } from './room.ts';

export interface HttpOptions {
  readonly admission: Admission;
  readonly broker: Broker;
  readonly hub: Hub;
  readonly connections: Connections;
  readonly inspector: InspectorRoutes;
  readonly config: Config;
  readonly clock: Clock;
  readonly random: () => number;
  readonly figures: FiguresSource;
  readonly logger: Logger;
  /** `ready`, or why it is not. */
  readonly readiness: () => string;
}

/** Time for a whole request to come, body and all: whoever is slower only means to hold a connection. */
const requestTimeoutMs = 30_000;

/** How many rooms are listed, the fullest first. */
const roomsListed = 1_000;

/** Makes the HTTP server with its routes; it does not listen yet. */
export async function createHttp(options: HttpOptions): Promise<FastifyInstance> {
  const { trustProxy } = options.config;
  const http = Fastify({
    forceCloseConnections: 'idle',
    requestTimeout: requestTimeoutMs,
    // A room's name of any length is heard out, so that each transport refuses it in its own words.
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: maxHeaderSize },
    // Else what is not finite would pass every maximum.
    ajv: { customOptions: { strictNumbers: false } },
    frameworkErrors: (error, _, reply) => void fail(reply, error.statusCode ?? 400, error.message),
    trustProxy: trustProxy.length > 0 && [...trustProxy],
  });
  takeTurns(http);
  // Whoever comes again is to come to another server.
  http.addHook('onSend', async (_, reply) => {
    if (options.admission.drainRefusal() !== undefined) reply.header('Connection', 'close');
  });
  await http.register(helmet, headers());
  http.setNotFoundHandler((request, reply) =>
    fail(reply, 404, `there is nothing at ${request.method} ${request.url}`),
  );
  http.setErrorHandler((error: FastifyError, _, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) options.logger.error({ err: error }, 'a request failed');
    return fail(reply, status, status < 500 ? error.message : 'internal error');
  });
  await serveOpenApi(http);
  await serveAssets(http);
  servePage(http);
  serveDescriptions(http);
  await http.register(async (scope) => {
    await checkOrigins(scope, options.admission);
    serveRooms(scope, options);
    serveHistory(scope, options.broker);
    serveSse(scope, options);
    servePoll(scope, options);
    await servePosts(scope, options);
  });
  await serveInspector(http, options.inspector);
  serveFigures(http, options);
  serveHealth(http, options);
  return http;
}

function serveDescriptions(http: FastifyInstance): void {
  const hidden = { schema: { hide: true } };
  http.get('/protocol.json', hidden, (_, reply) =>
    reply.type('application/schema+json').send(protocolSchema),
  );
  const asyncApi = asyncApiDocument();
  http.get('/asyncapi.json', hidden, () => asyncApi);
  http.get('/ws', hidden, (_, reply) => askForUpgrade(reply));
  http.get('/ws/:room', hidden, (_, reply) => askForUpgrade(reply));
}

function askForUpgrade(reply: FastifyReply): FastifyReply {
  reply.header('Upgrade', 'websocket').header('Connection', 'Upgrade');
  return fail(reply, 426, 'this is a WebSocket: connect with ws://');
}

// Rooms

const isComplete = Type.Boolean({ description: 'Whether nothing of other servers is unknown' });

const roomSummary = Type.Object({ name: Type.String(), members: Type.Integer() });
const roomDetails = Type.Object({
  name: Type.String(),
  members: Type.Integer(),
  names: Type.Array(Type.String()),
  complete: isComplete,
  epoch: Type.String(),
  offset: Type.Integer(),
});

function serveRooms(http: FastifyInstance, { hub, broker }: HttpOptions): void {
  const list = Type.Object({ total: Type.Integer(), rooms: Type.Array(roomSummary), complete: isComplete });
  const response = { 200: list };
  http.get(
    '/rooms',
    { schema: { tags: ['rooms'], summary: 'The rooms, the fullest first', response } },
    async () => {
      const { known, complete } = await new Promise<Elsewhere<ReadonlyMap<string, number>>>((resolve) => {
        broker.roomsElsewhere(resolve);
      });
      const counts = new Map(known);
      for (const { name, members } of hub.rooms.values()) {
        counts.set(name, (counts.get(name) ?? 0) + members.length);
      }
      const rooms = Array.from(counts, ([name, members]) => ({ name, members }));
      const fullestFirst = rooms.toSorted((a, b) => b.members - a.members || (a.name < b.name ? -1 : 1));
      return { total: rooms.length, rooms: fullestFirst.slice(0, roomsListed), complete };
    },
  );
  http.get<{ Params: { room: string } }>(
    '/rooms/:room',
    {
      schema: {
        tags: ['rooms'],
        summary: 'Who is in a room',
        params: Type.Object({ room: Type.String() }),
        response: { 200: roomDetails, 400: failure, 404: failure },
      },
    },
    async (request, reply) => {
      const name = parseRoomName(request.params.room);
      if (name === undefined) return fail(reply, 400, errorCodes.bad_room);
      const elsewhere = await new Promise<Elsewhere<readonly string[]>>((resolve) => {
        broker.namesElsewhere(name, resolve);
      });
      const here = hub.rooms.get(name);
      if (here === undefined && elsewhere.known.length === 0) return fail(reply, 404, `nobody is in ${name}`);
      const position = here?.position ?? (await positionOf(broker, name));
      return detailsOf(name, here, elsewhere, position);
    },
  );
}

async function positionOf(broker: Broker, room: string): Promise<Position | undefined> {
  const history = await new Promise<History | Unavailable | undefined>((resolve) => {
    broker.history(room, { limit: 0 }, resolve);
  });
  return history === 'unavailable' ? undefined : history?.position;
}

function detailsOf(
  name: string,
  here: Room | undefined,
  elsewhere: Elsewhere<readonly string[]>,
  position: Position | undefined,
) {
  const names = [...(here?.members ?? []).map((member) => member.name), ...elsewhere.known];
  return {
    name,
    members: Math.max(names.length, here?.size ?? 0),
    names,
    complete: elsewhere.complete,
    epoch: position?.epoch ?? '',
    offset: position?.offset ?? 0,
  };
}

const operation = { tags: ['operation'] };

// Figures

function serveFigures(http: FastifyInstance, { figures }: HttpOptions): void {
  http.get('/stats', { schema: { ...operation, summary: 'What the server counts' } }, () => figures.stats());
  http.get('/metrics', { schema: { ...operation, summary: 'The same, for Prometheus' } }, async (_, reply) =>
    reply.type(figures.contentType).send(await figures.metrics()),
  );
}

// Health

function serveHealth(http: FastifyInstance, { readiness }: HttpOptions): void {
  http.get('/healthz', { schema: { ...operation, summary: 'Whether it lives' } }, () => ({ status: 'ok' }));
  http.get('/readyz', { schema: { ...operation, summary: 'Whether it takes connections' } }, (_, reply) => {
    const status = readiness();
    if (status !== 'ready') reply.code(503).header('Retry-After', '5');
    return reply.send({ status });
  });
}
