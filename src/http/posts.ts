/**
 * The route of those who say something by a plain HTTP request: clients of the fallback transports, back ends, and
 * curl. It is answered with the protocol's own `ack` or `error`.
 */
import type { IncomingMessage } from 'node:http';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type, type Static, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Limiters } from '../limiters.ts';
import type { Admission } from '../admission.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Connection, Connections } from '../connections.ts';
import type { Hub } from '../hub.ts';
import { newId } from '../ids.ts';
import { errorAnswer, Posters, type PostAnswer } from '../poster.ts';
import {
  clientSchemas,
  errorCodes,
  parseDisplayName,
  parseRoomName,
  serverSchemas,
  type ErrorCode,
  type ErrorMessage,
} from '../protocol.ts';
import { guestName } from '../target.ts';

export interface PostOptions {
  readonly admission: Admission;
  readonly hub: Hub;
  readonly connections: Connections;
  readonly config: Config;
  readonly clock: Clock;
  readonly random: () => number;
}

/** What a body may hold beyond what a message may, for a name and a connection. */
const extraBytes = 512;

const bodySchema = Type.Object({
  content: clientSchemas.chat.properties.content,
  id: clientSchemas.chat.properties.id,
  name: Type.Optional(
    Type.String({ description: 'The display name to say it under; a guest name unless given' }),
  ),
  connection: Type.Optional(
    Type.String({
      description:
        'The `you` of a connection that is in the room: it is said in its name, and its limits hold',
    }),
  ),
});

const schema = {
  tags: ['rooms'],
  summary: 'Says something in a room, from within or without',
  params: Type.Object({ room: Type.String() }),
  body: bodySchema,
  response: Object.fromEntries([
    [201, serverSchemas.ack],
    ...[400, 413, 429, 503].map((status) => [status, serverSchemas.error]),
  ]) as Record<number, TSchema>,
};

type PostRequest = FastifyRequest<{ Params: { room: string }; Body: Static<typeof bodySchema> }>;

/** Adds `POST /rooms/{room}/messages`. */
export async function servePosts(http: FastifyInstance, options: PostOptions): Promise<void> {
  const posts = new Posts(options);
  const { maxMessageBytes } = options.config;
  await http.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // Whatever it says it is: curl says of all that it posts that it is a form.
    scope.addContentTypeParser<string>('*', { parseAs: 'string' }, async (_: FastifyRequest, body: string) =>
      parseJson(body),
    );
    scope.post('/rooms/:room/messages', {
      schema,
      bodyLimit: maxMessageBytes + extraBytes,
      validatorCompiler: ({ schema: expected }) => validatorOf(expected as TSchema),
      errorHandler: (error, _, reply) => void answer(reply, posts.explain(error)),
      handler: async (request: PostRequest, reply) => answer(reply, await posts.take(request)),
    });
  });
}

class Posts {
  readonly #options: PostOptions;
  readonly #posters: Posters;
  readonly #limiters: Limiters;

  constructor(options: PostOptions) {
    const { hub, clock, config } = options;
    this.#options = options;
    this.#posters = new Posters({ hub, clock, patienceMs: config.writeWaitMs });
    this.#limiters = new Limiters(config);
  }

  async take({ params, body, raw }: PostRequest): Promise<PostAnswer> {
    const { clock, config } = this.#options;
    const { content, id = newId() } = body;
    const room = parseRoomName(params.room);
    if (room === undefined) return errorAnswer('bad_room', clock, { ref: id });
    const no = (code: ErrorCode, details: { reason?: string; retryAfterMs?: number } = {}) =>
      errorAnswer(code, clock, { room, ref: id, ...details });

    const member = this.#memberOf(room, body.connection);
    const name = member?.writer.name ?? this.#nameOf(body.name);
    if (name === undefined) return no('bad_shape', { reason: badName });
    // A guest's name is another one each time, so that it would be said again.
    if (body.id !== undefined && member === undefined && body.name === undefined) {
      return no('bad_shape', { reason: idOfNobody });
    }
    const { admission } = this.#options;
    if (member === undefined && admission.drainRefusal() !== undefined) {
      return no('unavailable', { retryAfterMs: admission.retryAfterDrainSeconds * 1_000 });
    }
    const retryAfterMs = member?.reader.weigh() ?? this.#weigh(raw);
    if (retryAfterMs > 0) return no('rate_limited', { retryAfterMs });
    if (content.trim() === '') return no('empty');
    if (Buffer.byteLength(content) > config.maxMessageBytes) return no('too_long');
    return this.#posters.post({ room, name, content, id });
  }

  /** @returns what is answered to a request that could not be read. @throws an error that is not the client's. */
  explain(error: FastifyError): ErrorMessage {
    const { clock } = this.#options;
    if (error.statusCode === 413) return errorAnswer('too_long', clock);
    if (error instanceof SyntaxError) return errorAnswer('bad_json', clock, { reason: error.message });
    if (error.code !== 'FST_ERR_VALIDATION') throw error;
    return errorAnswer('bad_shape', clock, { reason: error.message });
  }

  /** @returns the connection, where it lives on this server and is in the room. */
  #memberOf(room: string, id = ''): Connection | undefined {
    const { hub, connections } = this.#options;
    const connection = connections.get(id);
    if (connection === undefined) return undefined;
    return hub.rooms.get(room)?.has(connection.writer) === true ? connection : undefined;
  }

  /** @returns undefined where what is asked for is no name. */
  #nameOf(wanted: string | undefined): string | undefined {
    return wanted === undefined ? guestName(this.#options.random) : parseDisplayName(wanted);
  }

  #weigh(request: IncomingMessage): number {
    const { admission, clock } = this.#options;
    return this.#limiters.take(admission.addressOf(request), clock.now());
  }
}

const idOfNobody = 'id: only with a name, or a connection that is in the room, is it known again';

const badName = 'name: 1–32 visible characters, and not the name of the server itself';

const statuses: Readonly<Record<ErrorCode, number>> = {
  bad_json: 400,
  bad_shape: 400,
  unknown_type: 400,
  binary: 400,
  bad_room: 400,
  not_in_room: 403,
  empty: 400,
  too_long: 413,
  limit_reached: 403,
  rate_limited: 429,
  unavailable: 503,
};

function answer(reply: FastifyReply, message: PostAnswer): FastifyReply {
  if (message.type === 'ack') return reply.code(201).send(message);
  const { code, retryAfterMs } = message;
  if (retryAfterMs !== undefined) reply.header('Retry-After', Math.ceil(retryAfterMs / 1_000));
  return reply.code(statuses[code]).send(message);
}

/** @throws SyntaxError in the protocol's own words. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new SyntaxError(`${errorCodes.bad_json}: ${(error as Error).message}`, { cause: error });
  }
}

/** The framework's own validator would take a number for a text. */
function validatorOf(expected: TSchema): (value: unknown) => { value: unknown } | { error: Error } {
  const validator = Compile(expected);
  return (value: unknown) => {
    if (validator.Check(value)) return { value };
    const [first] = validator.Errors(value);
    const where = first?.instancePath ? `${first.instancePath.slice(1)} ` : '';
    return { error: new Error(`${where}${first?.message ?? 'wrong shape'}`) };
  };
}
