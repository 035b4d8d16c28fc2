/** How the HTTP side says no: with a status, and the reason as JSON. */
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';

/** What is sent with it. */
export const failure = Type.Object({ error: Type.String({ description: 'The reason in words' }) });

export function fail(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ error: message });
}
