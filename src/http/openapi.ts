/** The HTTP side described by itself: an OpenAPI 3.1 document, made from the schemas that its routes check with. */
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { packageVersion } from '../package-version.ts';

/** Has every route that is added later put into the document, unless its schema says `hide`. */
export async function serveOpenApi(http: FastifyInstance): Promise<void> {
  await http.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'hubbub',
        version: packageVersion(),
        description:
          'The HTTP side of a multi-room chat server. Its sockets are described at `/asyncapi.json`, and every ' +
          'message at `/protocol.json`.',
        license: { name: 'MIT' },
      },
      tags: [
        { name: 'rooms', description: 'Who is where, and what was said' },
        { name: 'operation', description: 'Whether the server is well, and what it counts' },
      ],
    },
  });
  http.get('/openapi.json', { schema: { hide: true } }, () => http.swagger());
}
