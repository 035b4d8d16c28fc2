/**
 * A worker is one of the processes that share a port, over all its lives: `starting → listening → draining → gone`.
 *
 * One that dies by itself is started again, after a pause that grows while it dies early. One that is to take the place
 * of another is on trial until it is ready: it has one life.
 */
import type { Logger } from 'pino';
import { assign, fromCallback, sendTo, setup, type ActorRefFrom, type AnyActorRef } from 'xstate';
import type { Ending, Process, ProcessEvent } from './crew.ts';
import type { DrainReason } from './messages.ts';

/** What a supervisor hears of its workers. */
export type WorkerNews =
  | { type: 'worker.listening'; id: string; lines: readonly string[] }
  | { type: 'worker.ready'; id: string } // its broker is there, too
  | { type: 'worker.died'; id: string; failures: number; ending: Ending }; // it will be started again

/** What becomes of a worker at last. */
export interface WorkerEnd {
  readonly id: string;
  readonly number: number;
  /** How its last life ended, where it had one. */
  readonly ending: Ending | undefined;
  /** Whether it has left nothing behind. */
  readonly isClean: boolean;
}

export interface WorkerInput {
  /** Unlike the number, no other worker ever has it. */
  readonly id: string;
  /** Counts from 1; whoever takes a worker's place has its number. */
  readonly number: number;
  readonly isOnTrial: boolean;
  /** Starts a process. */
  readonly fork: (number: number, tell: (event: ProcessEvent) => void) => Process;
  /** Takes `WorkerNews`. */
  readonly supervisor: AnyActorRef;
  readonly logger: Logger;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly now: () => number;
  /** How long a drain may take, with all that belongs to it. */
  readonly overdueMs: number;
}

export interface WorkerContext extends WorkerInput {
  readonly pid: number | undefined;
  /** Since when it listens, where it does. */
  readonly listeningAt: number | undefined;
  /** How often in a row it died early. */
  readonly failures: number;
  /** The pause before it is started again. */
  readonly delayMs: number;
  /** How its last life ended. */
  readonly ending: Ending | undefined;
  /** Whether it did not drain in time, and was killed. */
  readonly isOverdue: boolean;
}

export type WorkerEvent = ProcessEvent | { type: 'drain'; reason: DrainReason }; // close what you have, and end

/** How long a process may take until it listens. */
const startTimeoutMs = 60_000;

/** Whoever has listened for so long did not die early. */
const settleMs = 10_000;

/** The pause after the first early death, which doubles with each further one; and the longest one. */
const backoffMs = 250;
const maxBackoffMs = 30_000;

type Command = { type: 'drain'; reason: DrainReason } | { type: 'kill' };

function supervisorOf({ context }: { context: WorkerContext }): AnyActorRef {
  return context.supervisor;
}

/** Any actor would take anything. */
function news(event: WorkerNews): WorkerNews {
  return event;
}

export const workerMachine = setup({
  types: {
    context: {} as WorkerContext,
    input: {} as WorkerInput,
    events: {} as WorkerEvent,
    output: {} as WorkerEnd,
  },
  actors: {
    /** Owns the process, which does not outlive it. */
    process: fromCallback<Command, Pick<WorkerInput, 'number' | 'fork'>>(({ input, sendBack, receive }) => {
      const process = input.fork(input.number, sendBack);
      receive((command) => (command.type === 'drain' ? process.drain(command.reason) : process.kill()));
      return () => process.kill();
    }),
  },
  delays: {
    startTimeout: startTimeoutMs,
    overdue: ({ context }) => context.overdueMs,
    backoff: ({ context }) => context.delayMs,
  },
  guards: {
    isOnTrial: ({ context }) => context.isOnTrial,
  },
  actions: {
    recordFork: assign((_, { pid }: { pid: number | undefined }) => ({ pid, listeningAt: undefined })),
    recordListening: assign({ listeningAt: ({ context }) => context.now() }),
    passTrial: assign({ isOnTrial: false }),
    recordEnding: assign((_, { ending }: { ending: Ending }) => ({ ending })),
    recordFailure: assign(({ context }) => {
      const { listeningAt, now, random } = context;
      const isEarly = listeningAt === undefined || now() - listeningAt < settleMs;
      const failures = isEarly ? context.failures + 1 : 0;
      const longestMs = Math.min(maxBackoffMs, backoffMs * 2 ** Math.max(0, failures - 1));
      return { failures, listeningAt: undefined, delayMs: Math.round((longestMs * (1 + random())) / 2) };
    }),
    recordOverdue: assign({ isOverdue: true }),
    tellListening: sendTo(supervisorOf, ({ context: { id } }, { lines }: { lines: readonly string[] }) =>
      news({ type: 'worker.listening', id, lines }),
    ),
    tellReady: sendTo(supervisorOf, ({ context: { id } }) => news({ type: 'worker.ready', id })),
    tellDeath: sendTo(supervisorOf, ({ context: { id, failures } }, { ending }: { ending: Ending }) =>
      news({ type: 'worker.died', id, failures, ending }),
    ),
    logListening: ({ context }) => context.logger.info(`${nameOf(context)}: listening`),
    logDraining: ({ context }) => context.logger.info(`${nameOf(context)}: draining`),
    logDeath: ({ context }) =>
      context.logger.error(
        `${nameOf(context)}: ${describeEnding(context.ending)}; started again in ${context.delayMs} ms`,
      ),
    logSlow: ({ context }) =>
      context.logger.error(`${nameOf(context)}: does not listen after ${startTimeoutMs} ms: killed`),
    logOverdue: ({ context }) =>
      context.logger.error(`${nameOf(context)}: still there after ${context.overdueMs} ms: killed`),
    logGone: ({ context }) => {
      const isClean = context.ending?.code === 0;
      context.logger.info(`${nameOf(context)}: gone${isClean ? '' : `, ${describeEnding(context.ending)}`}`);
    },
    kill: sendTo('process', { type: 'kill' }),
    drain: sendTo('process', (_, { reason }: { reason: DrainReason }) => ({ type: 'drain', reason })),
  },
}).createMachine({
  id: 'worker',
  context: ({ input }) => ({
    ...input,
    pid: undefined,
    listeningAt: undefined,
    failures: 0,
    delayMs: 0,
    ending: undefined,
    isOverdue: false,
  }),
  output: ({ context: { id, number, ending, isOverdue, listeningAt } }) => ({
    id,
    number,
    ending,
    // One that does not listen has nothing that it could leave.
    isClean: !isOverdue && (listeningAt === undefined || ending?.code === 0),
  }),
  initial: 'up',
  states: {
    up: {
      invoke: {
        id: 'process',
        src: 'process',
        input: ({ context: { number, fork } }) => ({ number, fork }),
      },
      initial: 'starting',
      on: {
        forked: { actions: { type: 'recordFork', params: ({ event }) => event } },
        exited: [
          {
            guard: 'isOnTrial',
            target: 'gone',
            actions: { type: 'recordEnding', params: ({ event }) => event },
          },
          {
            target: 'backingOff',
            actions: [
              { type: 'recordEnding', params: ({ event }) => event },
              'recordFailure',
              'logDeath',
              { type: 'tellDeath', params: ({ event }) => event },
            ],
          },
        ],
      },
      states: {
        starting: {
          on: {
            listening: {
              target: 'listening',
              actions: [
                'recordListening',
                'logListening',
                { type: 'tellListening', params: ({ event }) => event },
              ],
            },
            // It has nothing yet that could be drained.
            drain: 'ending',
          },
          after: { startTimeout: { actions: ['logSlow', 'kill'] } },
        },
        listening: {
          on: {
            ready: { actions: ['passTrial', 'tellReady'] },
            drain: {
              target: 'draining',
              actions: ['logDraining', { type: 'drain', params: ({ event }) => event }],
            },
          },
        },
        draining: {
          on: {
            exited: {
              target: '#worker.gone',
              actions: { type: 'recordEnding', params: ({ event }) => event },
            },
          },
          after: { overdue: { target: 'ending', actions: ['recordOverdue', 'logOverdue'] } },
        },
        ending: {
          entry: 'kill',
          on: {
            exited: {
              target: '#worker.gone',
              actions: { type: 'recordEnding', params: ({ event }) => event },
            },
          },
        },
      },
    },
    backingOff: {
      on: { drain: 'gone' },
      after: { backoff: 'up' },
    },
    gone: {
      type: 'final',
      entry: 'logGone',
    },
  },
});

export type WorkerActor = ActorRefFrom<typeof workerMachine>;

function nameOf({ number, pid }: WorkerContext): string {
  return `worker ${number} (pid ${pid})`;
}

/** In words: `ended with exit code 1`, `ended by SIGKILL`. */
export function describeEnding(ending: Ending | undefined): string {
  if (ending === undefined) return 'never started';
  const { code, signal, hopeless } = ending;
  if (hopeless !== undefined) return `could not start (${hopeless})`;
  return signal === null ? `ended with exit code ${code}` : `ended by ${signal}`;
}
