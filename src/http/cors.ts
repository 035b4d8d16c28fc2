/** Which pages may ask: those of the server itself, and of the origins that are allowed; no others. */
import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import type { Admission } from '../admission.ts';
import { fail } from './fail.ts';

/** How long a browser may remember the answer. */
const maxAgeSeconds = 600;

/** Holds for the routes that are added to this scope. */
export async function checkOrigins(scope: FastifyInstance, admission: Admission): Promise<void> {
  scope.addHook('onRequest', (request, reply, next) => {
    const refusal = admission.originRefusal(request.headers);
    if (refusal === undefined) next();
    else fail(reply, refusal.status, refusal.reason);
  });
  await scope.register(cors, {
    // Whoever has come this far is allowed.
    origin: true,
    methods: ['GET', 'HEAD', 'POST'],
    exposedHeaders: ['Retry-After'],
    maxAge: maxAgeSeconds,
    strictPreflight: false,
  });
}
