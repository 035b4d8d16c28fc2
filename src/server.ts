/**
 * The server is the machine that listens and drains: `starting → listening → draining → stopped`.
 *
 * Hub, broker and connections are its children from beginning to end. Draining closes the connections, spread over time; gives
 * the last ones some grace; terminates what is left; and only then lets go of HTTP, broker and hub.
 */
import { assign, fromPromise, sendTo, setup, type ActorRefFrom, type AnyActorLogic } from 'xstate';
import { memoryBrokerMachine } from './brokers/memory.ts';
import type { Clock } from './clock.ts';
import { connectionsLogic } from './connections-actor.ts';
import type { Connections } from './connections.ts';
import { drainLogic } from './drain.ts';
import { hubLogic } from './hub-actor.ts';
import type { Hub } from './hub.ts';

export interface ServerInput {
  readonly hub: Hub;
  /** What the broker's machine works on, where it is not the one in memory. */
  readonly brokerInput?: unknown;
  readonly connections: Connections;
  readonly clock: Clock;
  readonly random: () => number;
  readonly timeouts: {
    readonly drainTimeoutMs: number;
    readonly drainGraceMs: number;
    readonly closeTimeoutMs: number;
  };
  /** Begins to listen. @returns the URL. @throws what the system says against it. */
  readonly listen: () => Promise<string>;
  /** Stops listening, lets go of every HTTP connection, and waits for the broker. */
  readonly release: () => Promise<void>;
}

export interface ServerContext extends ServerInput {
  /** Where it listens; unknown until it does. */
  readonly url: string | undefined;
  /** Why it could not start. */
  readonly error: unknown;
}

export type ServerEvent =
  | { type: 'drain' } // stop taking new work, and finish what is in hand
  | { type: 'asked' } // every connection has been asked to close
  | { type: 'emptied' }; // the last connection is gone

export const serverMachine = setup({
  types: {
    context: {} as ServerContext,
    input: {} as ServerInput,
    events: {} as ServerEvent,
  },
  actors: {
    hub: hubLogic,
    connections: connectionsLogic,
    /** The one in memory, unless another is provided. */
    broker: memoryBrokerMachine as AnyActorLogic,
    drain: drainLogic,
    listen: fromPromise<string, { listen: () => Promise<string> }>(({ input }) => input.listen()),
    release: fromPromise<void, { release: () => Promise<void> }>(({ input }) => input.release()),
  },
  delays: {
    drainGrace: ({ context }) => context.timeouts.drainGraceMs,
    closeTimeout: ({ context }) => context.timeouts.closeTimeoutMs,
  },
  guards: {
    isEmpty: ({ context }) => context.connections.size === 0,
  },
  actions: {
    announceDrain: ({ context }) => context.hub.announceDrain(),
    terminateAll: ({ context }) => {
      for (const { socket } of context.connections) socket.terminate();
    },
    stopBroker: sendTo('broker', { type: 'stop' }),
  },
}).createMachine({
  id: 'server',
  context: ({ input }) => ({ ...input, url: undefined, error: undefined }),
  invoke: [
    { id: 'broker', src: 'broker', input: ({ context }: { context: ServerContext }) => context.brokerInput },
    { id: 'hub', src: 'hub', input: ({ context }) => ({ hub: context.hub }) },
    {
      id: 'connections',
      src: 'connections',
      input: ({ context }) => ({ connections: context.connections }),
    },
  ],
  initial: 'starting',
  states: {
    starting: {
      invoke: {
        src: 'listen',
        input: ({ context }) => ({ listen: context.listen }),
        onDone: { target: 'listening', actions: assign({ url: ({ event }) => event.output }) },
        onError: { target: 'stopped', actions: assign({ error: ({ event }) => event.error }) },
      },
    },
    listening: {
      on: { drain: 'draining' },
    },
    draining: {
      entry: 'announceDrain',
      initial: 'spreading',
      states: {
        spreading: {
          always: { guard: 'isEmpty', target: 'releasing' },
          invoke: {
            src: 'drain',
            input: ({ context }) => ({
              connections: context.connections,
              clock: context.clock,
              random: context.random,
              spreadMs: context.timeouts.drainTimeoutMs - context.timeouts.drainGraceMs,
            }),
          },
          on: { asked: 'grace', emptied: 'releasing' },
        },
        grace: {
          always: { guard: 'isEmpty', target: 'releasing' },
          on: { emptied: 'releasing' },
          after: { drainGrace: 'terminating' },
        },
        terminating: {
          entry: 'terminateAll',
          always: { guard: 'isEmpty', target: 'releasing' },
          on: { emptied: 'releasing' },
          after: { closeTimeout: 'releasing' },
        },
        releasing: {
          entry: 'stopBroker',
          invoke: {
            src: 'release',
            input: ({ context }) => ({ release: context.release }),
            onDone: 'released',
            onError: {
              target: 'released',
              actions: assign({ error: ({ event }) => event.error }),
            },
          },
        },
        released: { type: 'final' },
      },
      onDone: 'stopped',
    },
    stopped: { type: 'final' },
  },
});

export type ServerActor = ActorRefFrom<typeof serverMachine>;
