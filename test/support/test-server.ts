/** A chat server for the length of one test, or of several: they fail if the server leaves anything behind. */
import { expect, onTestFinished } from 'vitest';
import { createChatServer, type ChatServer, type ChatServerOptions } from '../../src/index.ts';
import { trackActors } from '../../src/leaks.ts';

export type TestServerOptions = Omit<ChatServerOptions, 'inspect'>;

/** The end of a test must not take the half minute that people are given. */
const quickDrain = { drainTimeoutMs: 1_000, drainGraceMs: 500 };

/** How long a busy machine may take for a test that needs a fraction of a second on a quiet one. */
export const patient = { timeout: 60_000 };

/** Starts a server on a free port; unless the test has stopped it, it is stopped when the test ends. */
export async function serve(options: TestServerOptions = {}): Promise<ChatServer> {
  const { server, end } = makeServer(options);
  onTestFinished(end, patient.timeout);
  await server.start();
  return server;
}

/**
 * Starts a server on a free port.
 * @returns the server, and what stops it and checks that it has left nothing behind.
 */
export async function serveUntilEnd(
  options: TestServerOptions = {},
): Promise<{ server: ChatServer; end: () => Promise<void> }> {
  const parts = makeServer(options);
  await parts.server.start();
  return parts;
}

function makeServer(options: TestServerOptions): { server: ChatServer; end: () => Promise<void> } {
  const leaks = trackActors();
  const server = createChatServer({ port: 0, ...quickDrain, ...options, inspect: leaks.inspect });
  const end = async () => {
    if (server.actor.getSnapshot().status === 'active') {
      const report = await server.stop();
      expect(report.leaks).toEqual([]);
    }
    await leaks.expectNone();
    leaks.stop();
  };
  return { server, end };
}
