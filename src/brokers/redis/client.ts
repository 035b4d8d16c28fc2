/** A client is one connection to a server of Redis. It never mends itself: whoever has it makes another one. */
import type { RedisClientType } from 'redis';

export type Client = RedisClientType;

/** @param patienceMs how long it may take to connect. */
export async function createClient(url: string, patienceMs: number): Promise<Client> {
  // It takes 20 MB of memory, and a server without Redis none of them. It is CommonJS: bundled, all is in its default.
  const { default: redis } = await import('redis');
  return redis.createClient({
    url,
    socket: {
      connectTimeout: patienceMs,
      // Longer than whoever watches over it takes to find that nothing is answered: they say so better.
      socketTimeout: 3 * patienceMs,
      reconnectStrategy: false,
    },
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
    commandOptions: { timeout: 0 },
  });
}
