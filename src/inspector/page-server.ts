/** A page server is an HTTP server that serves the inspector and nothing else: for libraries' users and for recordings. */
import type { Socket as NetSocket } from 'node:net';
import helmet from '@fastify/helmet';
import Fastify, { type FastifyError } from 'fastify';
import type { Clock } from '../clock.ts';
import { fail } from '../http/fail.ts';
import { headers } from '../http/headers.ts';
import { serveAssets } from '../page.ts';
import { isForWebSocket, refuse, serveAnyway, watchAnswers } from '../upgrade.ts';
import { Door, type Host } from './door.ts';
import { Guard } from './guard.ts';
import { serveInspector, type InspectorRoutes } from './routes.ts';

export interface PageServerOptions {
  readonly host: string;
  readonly port: number;
  readonly token: string;
  /** How whoever runs it gives a token, where they can. */
  readonly tokenSetting?: string;
  readonly statelyUrl: string | undefined;
  readonly clock: Clock;
  readonly watched: Host;
  readonly recording: InspectorRoutes['recording'];
}

export interface PageServer {
  /** Where the inspector is. */
  readonly url: string;
  close(): Promise<void>;
}

/** Begins to listen. @throws the system's error where it cannot. */
export async function servePageAlone(options: PageServerOptions): Promise<PageServer> {
  const { host, port, token, tokenSetting, statelyUrl, clock, watched, recording } = options;
  const guard = new Guard({ host, token, tokenSetting });
  const door = new Door({ host: watched, guard, clock });
  const http = Fastify({ forceCloseConnections: true, routerOptions: { ignoreTrailingSlash: true } });
  await http.register(helmet, headers());
  http.setNotFoundHandler((request, reply) =>
    fail(reply, 404, `there is nothing at ${request.method} ${request.url}`),
  );
  http.setErrorHandler((error: FastifyError, _, reply) =>
    fail(reply, error.statusCode ?? 500, error.message),
  );
  await serveAssets(http);
  await serveInspector(http, { guard, statelyUrl, recording });
  http.get('/', (_, reply) => reply.redirect('inspect/', 302));
  const owesAnswer = watchAnswers(http.server);
  http.server.on('upgrade', (request, tcp, head) => {
    if (owesAnswer(tcp as NetSocket)) tcp.destroy();
    else if (!isForWebSocket(request)) serveAnyway(http.server, request, tcp as NetSocket, head);
    else if (door.isFor(request)) door.handle(request, tcp as NetSocket, head);
    else refuse(tcp as NetSocket, { status: 404, reason: 'there is no WebSocket here: try /inspect/socket' });
  });
  const origin = await http.listen({ host, port });
  return {
    url: `${origin}/inspect/`,
    close: async () => {
      door.close();
      await http.close();
    },
  };
}
