/** A chat server for the length of one test, or of several: they fail if the server leaves anything behind. */
import { expect, onTestFinished } from 'vitest';
import { waitFor, type AnyActorRef } from 'xstate';
import { createChatServer, type ChatServer, type ChatServerOptions } from '../../src/index.ts';
import { trackActors } from '../../src/leaks.ts';
import { topState } from '../../src/state-value.ts';

export type TestServerOptions = Omit<ChatServerOptions, 'inspect'>;

/** The end of a test must not take the half minute that people are given. */
const quickDrain = { drainTimeoutMs: 1_000, drainGraceMs: 500 };

/** How long a busy machine may take for a test that needs a fraction of a second on a quiet one. */
export const patient = { timeout: 60_000 };

/** Starts a server on a free port; unless the test has stopped it, it is stopped when the test ends. */
export async function serve(options: TestServerOptions = {}): Promise<ChatServer> {
  const { server, end } = withEnd(makeServer(options));
  onTestFinished(end, patient.timeout);
  await server.start();
  return server;
}

/** Starts several servers, as one deployment: they are stopped together when the test ends. */
export async function serveSeveral(several: readonly TestServerOptions[]): Promise<ChatServer[]> {
  const parts = several.map(makeServer);
  onTestFinished(async () => {
    await Promise.all(parts.map(({ stop }) => stop()));
    for (const { check } of parts) await check();
  }, patient.timeout);
  for (const { server } of parts) await server.start();
  return parts.map(({ server }) => server);
}

/**
 * Starts a server on a free port.
 * @returns the server, and what stops it and checks that it has left nothing behind.
 */
export async function serveUntilEnd(
  options: TestServerOptions = {},
): Promise<{ server: ChatServer; end: () => Promise<void> }> {
  const parts = withEnd(makeServer(options));
  await parts.server.start();
  return parts;
}

/** Resolves once the server's broker is in this state. */
export async function untilBroker(server: ChatServer, state: string): Promise<void> {
  const broker = server.actor.getSnapshot().children['broker'] as AnyActorRef;
  await waitFor(broker, ({ value }) => topState(value) === state, { timeout: Infinity });
}

interface Parts {
  readonly server: ChatServer;
  readonly stop: () => Promise<void>;
  readonly check: () => Promise<void>;
}

function withEnd({ server, stop, check }: Parts): { server: ChatServer; end: () => Promise<void> } {
  const end = async () => {
    await stop();
    await check();
  };
  return { server, end };
}

function makeServer(options: TestServerOptions): Parts {
  const leaks = trackActors();
  const server = createChatServer({ port: 0, ...quickDrain, ...options, inspect: leaks.inspect });
  const stop = async () => {
    if (server.actor.getSnapshot().status === 'active') {
      const report = await server.stop();
      expect(report.leaks).toEqual([]);
    }
  };
  const check = async () => {
    await leaks.expectNone();
    leaks.stop();
  };
  return { server, stop, check };
}
