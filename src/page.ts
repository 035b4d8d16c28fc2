/** The pages as the server hands them out, as Vite has built them; and the words for those who have no browser. */
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { packageFile } from './package-files.ts';

/** Where the build puts the pages. */
const folder = fileURLToPath(packageFile('dist/web/'));

/** Answers with the files that the pages are made of, and lets routes answer with a page. */
export async function serveAssets(http: FastifyInstance): Promise<void> {
  await http.register(fastifyStatic, {
    root: folder,
    serve: false,
    preCompressed: true,
    // Which page is there has to be asked for each time; what it consists of bears its hash in its name.
    cacheControl: false,
    setHeaders: (reply) => {
      reply.setHeader('Cache-Control', 'no-cache');
      reply.setHeader('Vary', 'Accept, Accept-Encoding');
    },
  });
  await http.register(fastifyStatic, {
    root: `${folder}assets`,
    prefix: '/assets/',
    decorateReply: false,
    preCompressed: true,
    index: false,
    immutable: true,
    maxAge: '365d',
    setHeaders: (reply) => {
      reply.setHeader('Vary', 'Accept-Encoding');
    },
  });
}

/** Answers `/`: with the page for a browser, and with words for anything else. */
export function servePage(http: FastifyInstance): void {
  http.get('/', { schema: { hide: true } }, (request, reply) => {
    if ((request.headers.accept ?? '').includes('text/html')) return reply.sendFile('index.html');
    const origin = `${request.protocol}://${request.host}`;
    // A client of HTTP/1.0 need not say whom it asks, and another may say anything.
    const known = URL.canParse(origin) ? origin : http.listeningOrigin;
    return reply.type('text/plain; charset=utf-8').header('Vary', 'Accept').send(plainText(known));
  });
}

/**
 * What `/` says to a terminal: what this is, and three things to try.
 * @param url where the server is, as `http://host:port`
 */
export function plainText(url: string): string {
  const { origin } = new URL(url);
  const things = [
    [`npx wscat -c ${origin.replace(/^http/, 'ws')}/ws/general`, 'enter a room; the last part names it'],
    ['{"type":"chat","content":"hello"}', 'say something: one JSON message a line'],
    [`curl ${origin}/stats`, 'see what the server counts'],
  ] as const;
  const width = Math.max(...things.map(([what]) => what.length));
  return [
    'hubbub: a multi-room WebSocket chat server',
    '',
    `Chat in a browser at ${origin}/ or from here:`,
    '',
    ...things.map(([what, why]) => `  ${what.padEnd(width)}   ${why}`),
    '',
  ].join('\n');
}
