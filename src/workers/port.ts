/** The port of the workers: found before there are any, so that all are told the same one, and that it can be had at all. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/**
 * Listens for a moment.
 * @returns the port: a free one where 0 was asked for.
 * @throws what the system says against it.
 */
export async function findPort({ host, port }: { host: string; port: number }): Promise<number> {
  const server = createServer((socket) => socket.destroy()).listen({ host, port });
  await once(server, 'listening');
  const { port: found } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return found;
}
