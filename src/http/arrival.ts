/** What the routes of the fallback transports share: where a client wants to go, and how its request is handed over. */
import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Admission, Admitted } from '../admission.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Connections, Purpose } from '../connections.ts';
import { failure, refuse } from './fail.ts';

export interface ArrivalOptions {
  readonly admission: Admission;
  readonly connections: Connections;
  readonly config: Config;
  readonly clock: Clock;
  readonly random: () => number;
}

export const arrivalParams = Type.Object({ room: Type.String() });

export const arrivalQuery = {
  name: Type.Optional(Type.String({ description: 'The display name; a guest name unless given' })),
  after: Type.Optional(Type.Integer({ minimum: 0, description: 'The last offset that the client has' })),
  epoch: Type.Optional(Type.String({ description: 'The epoch of that offset' })),
};

export const refusals = { 400: failure, 403: failure, 429: failure, 503: failure };

/** Lets a request in, or answers it with why not. One that has gone away meanwhile is let go. */
export function admit(
  { admission }: Pick<ArrivalOptions, 'admission'>,
  { raw }: Pick<FastifyRequest, 'raw'>,
  reply: FastifyReply,
  purpose: Purpose,
  then: (admitted: Admitted) => void,
): void {
  admission.admit(raw, purpose, (answer) => {
    if ('status' in answer) refuse(reply, answer);
    else if (raw.socket.destroyed) answer.place.leave();
    else then(answer);
  });
}

/**
 * Takes an answer out of the framework's hands, for a transport.
 * @returns the headers that it has by now.
 */
export function takeOver(reply: FastifyReply): OutgoingHttpHeaders {
  reply.hijack();
  return reply.getHeaders() as OutgoingHttpHeaders;
}
