/** The inspector's routes: its page, the page that relays to the Stately Inspector, and the recording to take away. */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fail } from '../http/fail.ts';
import { headers } from '../http/headers.ts';
import type { Guard } from './guard.ts';

export interface InspectorRoutes {
  readonly guard: Guard;
  /** The Stately Inspector's address; without it there is no way to it. */
  readonly statelyUrl: string | undefined;
  /** The lines of a recording of what is kept now. */
  readonly recording: () => Iterable<string> | AsyncIterable<string>;
}

/** Needs the assets to be served. */
export async function serveInspector(http: FastifyInstance, options: InspectorRoutes): Promise<void> {
  await http.register(async (scope) => {
    // oxlint-disable-next-line require-await -- Fastify tells hooks with a promise from those with a callback
    scope.addHook('onRequest', async (request, reply) => {
      const refusal = options.guard.refusal(request.raw);
      if (refusal !== undefined) return fail(reply, refusal.status, refusal.reason);
      return undefined;
    });
    servePages(scope, options);
    const hidden = { schema: { hide: true } };
    scope.get('/inspect/socket', hidden, (_, reply) =>
      fail(reply, 426, 'this is a WebSocket: connect with ws://'),
    );
    scope.get('/inspect/*', hidden, (request, reply) =>
      fail(reply, 404, `there is nothing at GET ${request.url}: the inspector's page is /inspect/`),
    );
    scope.get('/inspect/recording.jsonl', hidden, (_, reply) =>
      reply
        .type('application/jsonl; charset=utf-8')
        .header('Content-Disposition', 'attachment; filename="hubbub-recording.jsonl"')
        .header('Cache-Control', 'no-store')
        .send(Readable.from(linesOf(options.recording()))),
    );
  });
}

function servePages(http: FastifyInstance, { statelyUrl }: InspectorRoutes): void {
  const hidden = { schema: { hide: true } };
  http.get('/inspect', hidden, (request, reply) => pageAt(request, reply, 'inspect'));
  if (statelyUrl === undefined) return;
  const helmet = headers(new URL(statelyUrl).origin);
  http.get('/inspect/stately', { ...hidden, helmet }, (request, reply) =>
    pageAt(request, reply, 'inspect/stately'),
  );
  http.get('/inspect/stately.json', hidden, () => ({ url: statelyUrl }));
}

/** A page's links are relative to its folder, which the URL has to name as one. */
function pageAt(request: FastifyRequest, reply: FastifyReply, folder: string): FastifyReply {
  const [path = '', query] = request.url.split('?', 2);
  if (path.endsWith('/')) return reply.sendFile(`${folder}/index.html`);
  const name = path.slice(path.lastIndexOf('/') + 1);
  return reply.redirect(`${name}/${query === undefined ? '' : `?${query}`}`, 302);
}

async function* linesOf(texts: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string> {
  for await (const text of texts) yield `${text}\n`;
}
