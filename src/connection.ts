/**
 * A connection is the machine that owns one socket: `connecting → open → closing → closed`.
 *
 * Its reader and writer are its children and carry the messages; it carries only the lifecycle. Every way to die
 * is one transition into `closing` with one close code, and `closing` is the only teardown: it stops the inbound
 * side, says goodbye, waits for the peer's, and has the hub forget the connection, before it is `closed`.
 */
import { assign, sendTo, setup, type ActorRefFrom, type StateValue } from 'xstate';
import { closeCodes } from './close-codes.ts';
import type { Clock } from './clock.ts';
import { readerLogic, type Reader, type ReaderEdge, type Session } from './reader.ts';
import { tellSteps } from './steps.ts';
import { supervise } from './supervise.ts';
import { writerLogic, type Writer, type WriterEdge } from './writer.ts';

/** Why a connection ended, and who ended it. */
export interface Close {
  readonly code: number;
  readonly reason: string;
  readonly by: 'peer' | 'server';
}

export interface ConnectionTimeouts {
  readonly handshakeTimeoutMs: number;
  readonly pingPeriodMs: number;
  readonly pongWaitMs: number;
  readonly writeWaitMs: number;
  readonly closeTimeoutMs: number;
}

export interface ConnectionInput {
  readonly reader: Reader;
  readonly writer: Writer;
  readonly session: Session;
  readonly timeouts: ConnectionTimeouts;
  readonly clock: Clock;
  readonly keeper: Keeper;
}

/** One that keeps the connections, and is told of each by its id. */
export interface Keeper {
  /** It has taken an event, and is in this state. */
  stepped(connectionId: string, eventType: string, value: StateValue): void;
  /** One of its transitions threw. */
  threw(connectionId: string, thrown: unknown): void;
}

export interface ConnectionContext extends ConnectionInput {
  /** Why it is closing; unknown until it is. */
  readonly close: Close | undefined;
  /** Whether the socket is gone. */
  readonly isGone: boolean;
}

export type ConnectionEvent =
  | ReaderEdge
  | WriterEdge
  | { type: 'close'; code: number; reason: string } // the server wants it closed: a refusal, a kick, a drain
  | { type: 'failed'; thrown: unknown }; // a transition threw

const machine = setup({
  types: {
    context: {} as ConnectionContext,
    input: {} as ConnectionInput,
    events: {} as ConnectionEvent,
    output: {} as Close,
  },
  actors: { reader: readerLogic, writer: writerLogic },
  delays: {
    handshakeTimeout: ({ context }) => context.timeouts.handshakeTimeoutMs,
    // Any sign of life puts the ping off: so a peer that falls silent is probed pingPeriod after its last one.
    pingPeriod: ({ context }) => Math.max(0, context.timeouts.pingPeriodMs - silenceMs(context)),
    pongWait: ({ context }) => context.timeouts.pongWaitMs,
    throttle: ({ context }) => Math.max(0, context.reader.throttledUntil - context.clock.now()),
    writeWait: ({ context }) => context.timeouts.writeWaitMs,
    closeTimeout: ({ context }) => context.timeouts.closeTimeoutMs,
  },
  guards: {
    // A timer may fire a little early, so what is due within a millisecond is due.
    wasHeard: ({ context }) => silenceMs(context) + 1 < context.timeouts.pingPeriodMs,
    isGone: ({ context }) => context.isGone,
  },
  actions: {
    register: ({ context }) => context.reader.open(),
    unregister: ({ context }) => context.session.close(),
    stopReading: sendTo('reader', { type: 'stop' }),
    ping: sendTo('writer', { type: 'ping' }),
    awaitSign: ({ context }) => context.reader.awaitSign(),
    sayGoodbye: sendTo('writer', ({ context }) => {
      const { code, reason } = context.close ?? closeCodes.internalError;
      // Flushing to a slow consumer would only make its goodbye later.
      return { type: 'finish', code, reason, flush: code !== closeCodes.slowConsumer.code };
    }),
    terminate: sendTo('writer', { type: 'terminate' }),
    report: ({ context: { keeper, reader } }, { thrown }: { thrown: unknown }) =>
      keeper.threw(reader.id, thrown),
    recordClose: assign((_, { code, reason }: { code: number; reason: string }) => ({
      close: { code, reason, by: 'server' } satisfies Close,
    })),
    // The peer's code is the reason, unless there was one before.
    recordGone: assign(({ context }, { code, reason }: { code: number; reason: string }) => ({
      isGone: true,
      close: context.close ?? ({ code, reason, by: 'peer' } satisfies Close),
    })),
  },
}).createMachine({
  id: 'connection',
  context: ({ input }) => ({ ...input, close: undefined, isGone: false }),
  output: ({ context }) => context.close ?? { ...closeCodes.internalError, by: 'server' },
  invoke: [
    { id: 'reader', src: 'reader', input: ({ context }) => ({ reader: context.reader }) },
    { id: 'writer', src: 'writer', input: ({ context }) => ({ writer: context.writer }) },
  ],
  initial: 'connecting',
  // However far it has come, these end it.
  on: {
    close: { target: '.closing', actions: { type: 'recordClose', params: ({ event }) => event } },
    abused: { target: '.closing', actions: { type: 'recordClose', params: closeCodes.rateLimitAbuse } },
    overflow: { target: '.closing', actions: { type: 'recordClose', params: closeCodes.slowConsumer } },
    'socket.failed': { target: '.closing', actions: { type: 'recordClose', params: ({ event }) => event } },
    'socket.closed': { target: '.closing', actions: { type: 'recordGone', params: ({ event }) => event } },
    failed: {
      target: '.closing',
      actions: [
        { type: 'report', params: ({ event }) => event },
        { type: 'recordClose', params: closeCodes.internalError },
      ],
    },
  },
  states: {
    connecting: {
      entry: 'register',
      on: { registered: 'open' },
      after: {
        handshakeTimeout: {
          target: 'closing',
          actions: { type: 'recordClose', params: closeCodes.handshakeTimeout },
        },
      },
    },
    open: {
      type: 'parallel',
      states: {
        heartbeat: {
          initial: 'alive',
          states: {
            alive: {
              after: {
                pingPeriod: [{ guard: 'wasHeard', target: 'alive', reenter: true }, { target: 'probing' }],
              },
            },
            probing: {
              entry: ['ping', 'awaitSign'],
              on: { pong: 'alive' },
              after: {
                pongWait: {
                  target: '#connection.closing',
                  actions: { type: 'recordClose', params: closeCodes.noPong },
                },
              },
            },
          },
        },
        inbound: {
          initial: 'flowing',
          states: {
            flowing: { on: { blocked: 'blocked', throttled: 'throttled' } },
            blocked: { on: { unblocked: 'flowing' } },
            throttled: { on: { blocked: 'blocked' }, after: { throttle: 'flowing' } },
          },
        },
        outbound: {
          initial: 'clear',
          states: {
            clear: { on: { high: 'congested' } },
            congested: {
              on: { low: 'clear' },
              after: {
                writeWait: {
                  target: '#connection.closing',
                  actions: { type: 'recordClose', params: closeCodes.slowConsumer },
                },
              },
            },
          },
        },
      },
    },
    closing: {
      type: 'parallel',
      entry: ['stopReading', 'sayGoodbye', 'unregister'],
      // One cause is enough; what comes after it changes nothing.
      on: {
        close: {},
        abused: {},
        overflow: {},
        'socket.failed': {},
        'socket.closed': {},
      },
      states: {
        socket: {
          initial: 'handshaking',
          // A teardown that throws is cut short; one that throws again ends the actor, and the registry salvages.
          on: {
            failed: { target: '.terminating', actions: { type: 'report', params: ({ event }) => event } },
          },
          states: {
            handshaking: {
              always: { guard: 'isGone', target: 'gone' },
              on: {
                'socket.closed': {
                  target: 'gone',
                  actions: { type: 'recordGone', params: ({ event }) => event },
                },
              },
              after: { closeTimeout: 'terminating' },
            },
            terminating: {
              entry: 'terminate',
              on: {
                'socket.closed': {
                  target: 'gone',
                  actions: { type: 'recordGone', params: ({ event }) => event },
                },
              },
              after: { closeTimeout: 'gone' },
            },
            gone: { type: 'final' },
          },
        },
        membership: {
          initial: 'leaving',
          states: {
            leaving: { on: { unregistered: 'left' } },
            left: { type: 'final' },
          },
        },
      },
      onDone: 'closed',
    },
    closed: { type: 'final' },
  },
});

/** How long the peer has been silent. A clock that was set back cannot tell: then it is time to ask the peer. */
function silenceMs({ reader, clock }: ConnectionContext): number {
  const silentMs = clock.now() - reader.lastHeardAt;
  return silentMs < 0 ? Infinity : silentMs;
}

const supervised = supervise(machine, (thrown): ConnectionEvent => ({ type: 'failed', thrown }));

export const connectionMachine = tellSteps(supervised, ({ type }, { context: { keeper, reader }, value }) =>
  keeper.stepped(reader.id, type, value),
);

export type ConnectionActor = ActorRefFrom<typeof connectionMachine>;
