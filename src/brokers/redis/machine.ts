/**
 * The Redis broker's machine: `connecting → ready ⇄ degraded → stopped`.
 *
 * While there is no link to Redis it tries to open one, again and again, and says for how long what is to be published may
 * wait meanwhile. It never gives up by itself.
 */
import { assign, fromCallback, fromPromise, setup, type ActorRefFrom } from 'xstate';
import type { RedisBroker } from '../redis.ts';

export interface RedisBrokerInput {
  readonly broker: RedisBroker;
  readonly timeouts: { readonly brokerWaitMs: number };
}

export interface RedisBrokerContext extends RedisBrokerInput {
  /** How many tries have failed in a row. */
  readonly failures: number;
  /** Why there is no link. */
  readonly error: unknown;
}

export type RedisBrokerEvent =
  | { type: 'lost'; error: Error } // the link to Redis is no more
  | { type: 'stop' }; // the server has drained: nobody publishes any more

interface Subject {
  readonly broker: RedisBroker;
}

/** Between two tries: twice as long each time. */
const shortestDelayMs = 50;
const longestDelayMs = 2_000;

/** How long what is on its way may take when the server stops. */
const settleMs = 2_000;

/** The states of a broker that has no link: it tries to open one, and what waits does so for a while only. */
const away = {
  type: 'parallel',
  states: {
    link: {
      initial: 'trying',
      states: {
        trying: {
          invoke: {
            src: 'open',
            input: ({ context }: { context: RedisBrokerContext }): Subject => ({ broker: context.broker }),
            onDone: '#broker.ready',
            onError: { target: 'pausing', actions: 'recordFailure' },
          },
        },
        pausing: { after: { retryDelay: 'trying' } },
      },
    },
    publishers: {
      initial: 'waiting',
      states: {
        waiting: { after: { brokerWait: 'refused' } },
        refused: { entry: 'refuse' },
      },
    },
  },
} as const;

export const redisBrokerMachine = setup({
  types: {
    context: {} as RedisBrokerContext,
    input: {} as RedisBrokerInput,
    events: {} as RedisBrokerEvent,
  },
  actors: {
    /** Owns the link: it is let go of whatever the machine's end. */
    link: fromCallback<{ type: 'none' }, Subject>(({ input: { broker }, sendBack }) => {
      broker.onLost = (error) => sendBack({ type: 'lost', error });
      return () => {
        broker.onLost = undefined;
        broker.end();
      };
    }),
    open: fromPromise<void, Subject>(({ input, signal }) => input.broker.open(signal)),
    settle: fromPromise<void, Subject>(({ input }) => input.broker.settle()),
  },
  delays: {
    retryDelay: ({ context }) => Math.min(longestDelayMs, shortestDelayMs * 2 ** context.failures),
    brokerWait: ({ context }) => context.timeouts.brokerWaitMs,
    settleTimeout: settleMs,
  },
  actions: {
    resume: ({ context }) => context.broker.resume(),
    suspend: ({ context }) => context.broker.suspend(),
    refuse: ({ context }) => context.broker.refuse(),
    recordLoss: assign((_, { error }: { error: unknown }) => ({ error })),
    recordFailure: assign(({ context, event }) => ({
      failures: context.failures + 1,
      error: (event as { error?: unknown }).error,
    })),
    forgetFailures: assign({ failures: 0, error: undefined }),
  },
}).createMachine({
  id: 'broker',
  context: ({ input }) => ({ ...input, failures: 0, error: undefined }),
  invoke: { id: 'link', src: 'link', input: ({ context }) => ({ broker: context.broker }) },
  on: { stop: '.stopping' },
  initial: 'connecting',
  states: {
    connecting: away,
    ready: {
      entry: ['forgetFailures', 'resume'],
      on: {
        lost: {
          target: 'degraded',
          actions: ['suspend', { type: 'recordLoss', params: ({ event }) => event }],
        },
      },
    },
    degraded: away,
    stopping: {
      invoke: {
        src: 'settle',
        input: ({ context }) => ({ broker: context.broker }),
        onDone: 'stopped',
        onError: 'stopped',
      },
      on: { lost: 'stopped', stop: {} },
      after: { settleTimeout: 'stopped' },
    },
    stopped: { type: 'final' },
  },
});

export type RedisBrokerActor = ActorRefFrom<typeof redisBrokerMachine>;
