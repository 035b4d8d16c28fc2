/**
 * Turns: where a client sends several requests without waiting (RFC 9112 section 9.3.2), its connection is for one answer
 * at a time, and so is the work. Answers that were made ahead would all wait in memory, for one who may never read them.
 */
import type { FastifyInstance } from 'fastify';

/** Has every request handled at its turn. One that never gets its turn, since the connection ends before, holds nothing. */
export function takeTurns(http: FastifyInstance): void {
  http.addHook('onRequest', (_, { raw }, next) => {
    // An answer whose turn it is has its connection.
    if (raw.socket === null) raw.once('socket', () => next());
    else next();
  });
}
