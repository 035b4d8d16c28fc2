/** How the HTTP side says no: with a status, and the reason as JSON. */
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { HttpRefusal } from '../admission.ts';

/** What is sent with it. */
export const failure = Type.Object({ error: Type.String({ description: 'The reason in words' }) });

export function fail(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ error: message });
}

export function refuse(reply: FastifyReply, { status, reason, headers = {} }: HttpRefusal): FastifyReply {
  return fail(reply.headers(headers), status, reason);
}
